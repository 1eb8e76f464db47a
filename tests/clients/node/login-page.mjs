// What ZITADEL's login page asks for while a person logs in with a password, in its order and over
// its own client: five requests of a browser, twenty-eight calls. Then what it does besides: a wrong
// password, the account picker, a change of the password, registering, logging out.

import assert from "node:assert/strict";
import { timestampMs } from "@zitadel/client";
import { createServerTransport } from "@zitadel/client/node";
import {
  createOrganizationServiceClient,
  createSessionServiceClient,
  createSettingsServiceClient,
  createUserServiceClient,
  makeReqCtx,
} from "@zitadel/client/v2";
import { Code, ConnectError } from "@connectrpc/connect";
import { CredentialsCheckErrorSchema } from "@zitadel/proto/zitadel/message_pb.js";
import { TextQueryMethod } from "@zitadel/proto/zitadel/object/v2/object_pb.js";
import { PasskeysType } from "@zitadel/proto/zitadel/settings/v2/login_settings_pb.js";
import { AuthenticationMethodType } from "@zitadel/proto/zitadel/user/v2/user_service_pb.js";
import { UserState } from "@zitadel/proto/zitadel/user/v2/user_pb.js";

import { refused } from "./journey.mjs";
import { PASSWORD, admin, api, fresh, login, step } from "./surroundings.mjs";

/** The page waits no longer than this for any call. */
const TIMEOUT_MS = 8000;

let calls = [];

const count = (next) => async (request) => {
  calls.push(request.method.name);
  return next(request);
};

const page = createServerTransport(login, {
  baseUrl: api,
  defaultTimeoutMs: TIMEOUT_MS,
  interceptors: [count],
});
const organizations = createOrganizationServiceClient(page);
const sessions = createSessionServiceClient(page);
const settings = createSettingsServiceClient(page);
const users = createUserServiceClient(page);

/** One request of the browser, and how many calls it comes to. */
async function request(name, expected, work) {
  calls = [];
  const result = await step(name, work);
  assert.equal(calls.length, expected, calls.join(", "));
  return result;
}

const loginSettings = async (org) => (await settings.getLoginSettings({ ctx: makeReqCtx(org) })).settings;
const branding = async (org) => (await settings.getBrandingSettings({ ctx: makeReqCtx(org) })).settings;

/** Texts of the page that were changed on the server; the page has its own without them. */
async function translation(org) {
  const level = org ? { case: "organizationId", value: org } : { case: "instance", value: true };
  await settings.getHostedLoginTranslation({ level, locale: "en" }).catch((error) => {
    assert.ok(error instanceof ConnectError, `${error}`);
  });
}

async function onlyPassword(userId) {
  const methods = await users.listAuthenticationMethodTypes({ userId });
  assert.deepEqual(methods.authMethodTypes, [AuthenticationMethodType.PASSWORD]);
}

/** What the page keeps of a session in its cookie. */
async function cookie({ sessionId, sessionToken }) {
  const { session } = await sessions.getSession({ sessionId, sessionToken });
  assert.notEqual(session.factors.user.loginName, "");
  // Decides about the cookie's SameSite.
  await settings.getSecuritySettings({});
  return {
    id: sessionId,
    token: sessionToken,
    loginName: session.factors.user.loginName,
    organization: session.factors.user.organizationId,
    changed: timestampMs(session.changeDate),
    session,
  };
}

const name = fresh("mini");
const { userId, details } = await createUserServiceClient(
  createServerTransport(admin, { baseUrl: api }),
).addHumanUser({
  username: name,
  profile: { givenName: "Mini", familyName: "Mouse" },
  email: { email: `${name}@mouse.example`, verification: { case: "isVerified", value: true } },
  passwordType: { case: "password", value: { password: PASSWORD } },
});

await request("the page for the login name", 6, async () => {
  await translation();
  const found = await organizations.listOrganizations({
    queries: [{ query: { case: "defaultQuery", value: {} } }],
  });
  assert.deepEqual(found.result.map((one) => one.id), [details.resourceOwner]);
  const [org] = found.result;
  const policy = await loginSettings(org.id);
  assert.equal(policy.allowUsernamePassword, true);
  assert.equal(policy.passkeysType, PasskeysType.ALLOWED);
  assert.deepEqual(await loginSettings(), policy);
  const providers = await settings.getActiveIdentityProviders({ ctx: makeReqCtx(org.id) });
  assert.deepEqual(providers.identityProviders, []);
  assert.equal((await branding(org.id)).lightTheme.primaryColor, "#5469d4");
});

const known = await request("the login name is sent", 7, async () => {
  const policy = await loginSettings();
  const found = await users.listUsers({
    queries: [
      {
        query: {
          case: "loginNameQuery",
          value: { loginName: name.toUpperCase(), method: TextQueryMethod.EQUALS_IGNORE_CASE },
        },
      },
    ],
  });
  assert.equal(found.details.totalResult, 1n);
  const [user] = found.result;
  assert.equal(user.userId, userId);
  assert.equal(user.state, UserState.ACTIVE);
  assert.equal((await loginSettings(user.details.resourceOwner)).disableLoginWithEmail, policy.disableLoginWithEmail);
  const made = await sessions.createSession({
    checks: { user: { search: { case: "userId", value: userId } } },
    userAgent: {
      fingerprintId: "f6a1f1f3-8b4c-4a51-9a55-0f7c9bcf0c5e",
      ip: "203.0.113.7",
      description: "Firefox, , Linux",
      header: { "user-agent": { values: ["Mozilla/5.0 (X11; Linux x86_64)"] } },
    },
    lifetime: policy.passwordCheckLifetime,
  });
  const kept = await cookie(made);
  assert.equal(kept.session.factors.password, undefined);
  await onlyPassword(kept.session.factors.user.id);
  return kept;
});

await request("the page for the password", 4, async () => {
  await translation(known.organization);
  const { session } = await sessions.getSession({ sessionId: known.id, sessionToken: known.token });
  assert.equal(session.factors.user.displayName, "Mini Mouse");
  await branding(known.organization);
  assert.equal((await loginSettings(known.organization)).ignoreUnknownUsernames, false);
});

await request("a wrong password is sent", 2, async () => {
  const wrong = sessions.setSession({
    sessionId: known.id,
    sessionToken: known.token,
    checks: { password: { password: "Wr0ng-password!" } },
    metadata: {},
  });
  const error = await wrong.catch((reason) => reason);
  assert.equal(Code[error.code], "InvalidArgument");
  const [check] = error.findDetails(CredentialsCheckErrorSchema);
  assert.equal(check.failedAttempts, 1);
  const lockout = await settings.getLockoutSettings({ ctx: makeReqCtx(known.organization) });
  assert.equal(lockout.settings.maxPasswordAttempts, 0n);
});

const proven = await request("the password is sent", 7, async () => {
  const set = await sessions.setSession({
    sessionId: known.id,
    sessionToken: known.token,
    checks: { password: { password: PASSWORD } },
    metadata: {},
    lifetime: { seconds: 864_000n },
  });
  const kept = await cookie({ sessionId: known.id, sessionToken: set.sessionToken });
  assert.ok(kept.session.factors.password.verifiedAt);
  const { user } = await users.getUserByID({ userId });
  const human = user.type.value;
  assert.equal(human.email.isVerified, true);
  assert.equal(human.passwordChangeRequired, false);
  assert.ok(human.passwordChanged);
  const policy = await loginSettings(kept.organization);
  assert.equal(policy.forceMfa, false);
  const expiry = await settings.getPasswordExpirySettings({ ctx: makeReqCtx(kept.organization) });
  assert.equal(expiry.settings.maxAgeDays, 0n);
  await onlyPassword(userId);
  return kept;
});

await request("the page that says who is logged in", 4, async () => {
  await translation(proven.organization);
  const { session } = await sessions.getSession({ sessionId: proven.id, sessionToken: proven.token });
  assert.equal(session.factors.user.displayName, "Mini Mouse");
  assert.ok(session.expirationDate);
  await branding(proven.organization);
  await loginSettings(proven.organization);
});

await request("the account picker", 1, async () => {
  const { sessions: found } = await sessions.listSessions({
    queries: [{ query: { case: "idsQuery", value: { ids: [proven.id, "1"] } } }],
  });
  assert.deepEqual(found.map((one) => one.id), [proven.id]);
});

const changed = `${PASSWORD}-2`;
await request("the password is changed by its owner", 2, async () => {
  const complexity = await settings.getPasswordComplexitySettings({ ctx: makeReqCtx(proven.organization) });
  assert.equal(complexity.settings.minLength, 8n);
  assert.equal(complexity.settings.requiresSymbol, true);
  const own = createServerTransport(proven.token, { baseUrl: api, interceptors: [count] });
  await createUserServiceClient(own).setPassword({ userId, newPassword: { password: changed, changeRequired: false } });
});

await request("somebody registers", 4, async () => {
  await settings.getLegalAndSupportSettings({ ctx: makeReqCtx() });
  const email = `${fresh("goofy")}@goof.example`;
  const added = await users.addHumanUser({
    username: email,
    organization: { org: { case: "orgId", value: proven.organization } },
    profile: { givenName: "Goofy", familyName: "Goof" },
    email: { email, verification: { case: "isVerified", value: true } },
    passwordType: { case: "password", value: { password: PASSWORD } },
  });
  const made = await sessions.createSession({
    checks: {
      user: { search: { case: "userId", value: added.userId } },
      password: { password: PASSWORD },
    },
  });
  const { session } = await sessions.getSession(made);
  assert.equal(session.factors.user.loginName, email);
});

await request("the session is ended", 3, async () => {
  const again = await sessions.createSession({
    checks: { user: { search: { case: "userId", value: userId } }, password: { password: changed } },
  });
  await sessions.deleteSession({ sessionId: again.sessionId, sessionToken: again.sessionToken });
  await refused(sessions.getSession({ sessionId: again.sessionId, sessionToken: again.sessionToken }), {
    code: Code.NotFound,
    message: "Session does not exist",
    id: "QUERY-SFeaa",
  });
});
