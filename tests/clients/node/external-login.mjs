// A login at an external identity provider, the whole way and with every party but the browser real: a
// certified OpenID Connect provider, ZITADEL's client in the place of the login page, and a browser that
// is a few lines of `fetch`.

import assert from "node:assert/strict";
import { createServerTransport } from "@zitadel/client/node";
import { createIdpServiceClient, createSessionServiceClient, createSettingsServiceClient, createUserServiceClient } from "@zitadel/client/v2";
import { Code } from "@connectrpc/connect";
import { IDPType } from "@zitadel/proto/zitadel/idp/v2/idp_pb.js";
import { IdentityProviderType } from "@zitadel/proto/zitadel/settings/v2/login_settings_pb.js";
import { AuthenticationMethodType } from "@zitadel/proto/zitadel/user/v2/user_service_pb.js";

import { refused } from "./journey.mjs";
import { api, fresh, login, step } from "./surroundings.mjs";

const IDP = process.env.IDP_ID;
const ISSUER = process.env.IDP_ISSUER;
/** The address under which the provider knows the server; a proxy would pass it on. */
const EXTERNAL = process.env.EXTERNAL_URL;
const SUCCESS = "https://login.example.com/idp/success?requestId=1";
const FAILURE = "https://login.example.com/idp/failure";

const transport = createServerTransport(login, { baseUrl: api });
const idps = createIdpServiceClient(transport);
const sessions = createSessionServiceClient(transport);
const settings = createSettingsServiceClient(transport);
const users = createUserServiceClient(transport);

/** A browser: it keeps cookies, follows redirects between the parties, and fills forms in. */
class Browser {
  #cookies = new Map();

  async #fetch(url, form) {
    // What reaches the outer address of the server is passed on to it.
    const target = url.startsWith(EXTERNAL) ? api + url.slice(EXTERNAL.length) : url;
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await fetch(target, {
      method: form ? "POST" : "GET",
      body: form && new URLSearchParams(form),
      headers: target.startsWith(ISSUER) ? { cookie } : {},
      redirect: "manual",
    });
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      this.#cookies.set(name, value);
    }
    return answer;
  }

  /** Goes where it is sent until somebody shows a page or sends it to the login page. */
  async visit(url, form) {
    let answer = await this.#fetch(url, form);
    while (answer.status >= 300 && answer.status < 400) {
      url = new URL(answer.headers.get("location"), url).href;
      if (url.startsWith("https://login.example.com/")) return { landed: new URL(url), answer };
      answer = await this.#fetch(url);
    }
    const page = await answer.text();
    assert.equal(answer.status, 200, page);
    return { page, url };
  }

  /** The form of a page of the provider, sent with these values. */
  async submit({ page, url }, values) {
    const [, action] = /<form[^>]* action="([^"]+)"/.exec(page);
    const [, prompt] = /name="prompt" value="([^"]+)"/.exec(page);
    return this.visit(new URL(action, url).href, { prompt, ...values });
  }
}

const urls = { case: "urls", value: { successUrl: SUCCESS, failureUrl: FAILURE } };

async function begin() {
  const started = await users.startIdentityProviderIntent({ idpId: IDP, content: urls });
  assert.equal(started.nextStep.case, "authUrl");
  return started.nextStep.value;
}

/** Logs somebody in at the provider; where the browser lands. */
async function logIn(name) {
  const browser = new Browser();
  const form = await browser.visit(await begin());
  const consent = await browser.submit(form, { login: name, password: "any" });
  const back = await browser.submit(consent, {});
  assert.ok(back.landed, back.page);
  return back.landed;
}

const values = (url) => Object.fromEntries(url.searchParams);
const intentOf = (landed) => ({
  idpIntentId: landed.searchParams.get("id"),
  idpIntentToken: landed.searchParams.get("token"),
});

await step("the login page finds the provider", async () => {
  const { identityProviders } = await settings.getActiveIdentityProviders({});
  assert.deepEqual(
    identityProviders.map(({ id, name, type }) => ({ id, name, type })),
    [{ id: IDP, name: "Example", type: IdentityProviderType.OIDC }],
  );
  const { idp } = await idps.getIDPByID({ id: IDP });
  assert.equal(idp.type, IDPType.IDP_TYPE_OIDC);
  assert.equal(idp.config.config.case, "oidc");
  assert.equal(idp.config.config.value.issuer, ISSUER);
});

const name = fresh("ida");

const landed = await step("a browser goes to the provider, logs in, and comes back", async () => {
  const url = await logIn(name);
  assert.equal(url.origin + url.pathname, "https://login.example.com/idp/success");
  assert.deepEqual(Object.keys(values(url)).sort(), ["id", "requestId", "token"]);
  return url;
});

const suggested = await step("what the provider said is read", async () => {
  const found = await users.retrieveIdentityProviderIntent(intentOf(landed));
  const { idpInformation, userId, addHumanUser } = found;
  assert.equal(userId, "");
  assert.equal(idpInformation.idpId, IDP);
  assert.equal(idpInformation.userId, name);
  assert.equal(idpInformation.userName, name);
  assert.equal(idpInformation.rawInformation.email, `${name}@example.com`);
  assert.equal(idpInformation.access.case, "oauth");
  const { accessToken, idToken } = idpInformation.access.value;
  assert.notEqual(accessToken, "");
  const claims = JSON.parse(Buffer.from(idToken.split(".")[1], "base64url"));
  assert.equal(claims.iss, ISSUER);
  assert.equal(claims.sub, name);
  return addHumanUser;
});

const userId = await step("the user is made of it, and linked", async () => {
  assert.equal(suggested.profile.givenName, "Ida");
  assert.equal(suggested.profile.preferredLanguage, "de-CH");
  const link = suggested.idpLinks[0];
  const { userId } = await users.addHumanUser({ ...suggested, idpLinks: [] });
  await users.addIDPLink({ userId, idpLink: link });
  const { result } = await users.listIDPLinks({ userId });
  assert.deepEqual(
    result.map((one) => [one.idpId, one.userId, one.userName]),
    [[IDP, name, name]],
  );
  const { authMethodTypes } = await users.listAuthenticationMethodTypes({ userId });
  assert.deepEqual(authMethodTypes, [AuthenticationMethodType.IDP]);
  await refused(users.addIDPLink({ userId, idpLink: link }), {
    code: Code.AlreadyExists,
    message: "External IDP already taken",
    id: "V3-DKcYh",
  });
  return userId;
});

const user = { search: { case: "userId", value: userId } };

const session = await step("the login that came before proves it", async () => {
  const checks = { user, idpIntent: intentOf(landed) };
  const { sessionId, sessionToken } = await sessions.createSession({ checks });
  const { session } = await sessions.getSession({ sessionId, sessionToken });
  assert.equal(session.factors.user.id, userId);
  assert.ok(session.factors.intent.verifiedAt.seconds > 0n);
  return { sessionId, sessionToken };
});

await step("it works once", async () => {
  await refused(sessions.createSession({ checks: { user, idpIntent: intentOf(landed) } }), {
    code: Code.FailedPrecondition,
    message: "Intent has not succeeded",
    id: "COMMAND-Df4bw",
  });
  await refused(users.retrieveIdentityProviderIntent(intentOf(landed)), {
    code: Code.FailedPrecondition,
    message: "Intent has not succeeded",
    id: "IDP-nme4gszsvx",
  });
});

await step("whoever comes again is known", async () => {
  const again = await logIn(name);
  assert.equal(again.searchParams.get("user"), userId);
  const found = await users.retrieveIdentityProviderIntent(intentOf(again));
  assert.equal(found.userId, userId);
  const changed = await sessions.setSession({ ...session, checks: { idpIntent: intentOf(again) } });
  assert.notEqual(changed.sessionToken, "");
});

await step("somebody else at the provider is nobody here", async () => {
  const other = await logIn(fresh("eve"));
  assert.equal(other.searchParams.get("user"), null);
  await refused(sessions.createSession({ checks: { user, idpIntent: intentOf(other) } }), {
    code: Code.FailedPrecondition,
    message: "Intent meant for another user",
    id: "COMMAND-O8xk3w",
  });
});

await step("a login that is given up is told to the login page", async () => {
  const browser = new Browser();
  const { page, url } = await browser.visit(await begin());
  const [, abort] = /<a href="([^"]+\/abort)"/.exec(page);
  const { landed } = await browser.visit(new URL(abort, url).href);
  assert.equal(landed.origin + landed.pathname, FAILURE);
  assert.equal(landed.searchParams.get("error"), "access_denied");
  assert.equal(landed.searchParams.get("token"), null);
});

await step("a browser that goes back in its history gets nothing", async () => {
  const browser = new Browser();
  const auth = new URL(await begin());
  const state = auth.searchParams.get("state");
  const callback = `${EXTERNAL}/idps/callback?state=${state}&code=made-up`;
  const first = await browser.visit(callback);
  assert.equal(first.landed.searchParams.get("error"), "BTZ-1dpRf");
  const second = await browser.visit(callback);
  assert.equal(second.landed.searchParams.get("error"), "IDP-Sfrgs");
});

await step("the link is removed, and the provider proves nothing more", async () => {
  const last = await logIn(name);
  await users.removeIDPLink({ userId, idpId: IDP, linkedUserId: name });
  assert.deepEqual((await users.listIDPLinks({ userId })).result, []);
  await refused(sessions.createSession({ checks: { user, idpIntent: intentOf(last) } }), {
    code: Code.FailedPrecondition,
    message: "Intent meant for another user",
    id: "COMMAND-O8xk3w",
  });
});
