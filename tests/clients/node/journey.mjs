// A session's whole life through `@zitadel/client`, over whatever transport it is given.
// Every transport must come to the same values.

import assert from "node:assert/strict";
import { inspect } from "node:util";
import { create } from "@bufbuild/protobuf";
import { timestampDate, timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { createSessionServiceClient, createUserServiceClient } from "@zitadel/client/v2";
import { TextQueryMethod } from "@zitadel/proto/zitadel/object/v2/object_pb.js";
import { CredentialsCheckErrorSchema, ErrorDetailSchema } from "@zitadel/proto/zitadel/message_pb.js";
import { SessionFieldName, UserAgentSchema } from "@zitadel/proto/zitadel/session/v2/session_pb.js";
import { UserState } from "@zitadel/proto/zitadel/user/v2/user_pb.js";

import { PASSWORD, admin, bytes, fresh, login, step } from "./surroundings.mjs";

/** Waits for a refusal and compares all that a program can read from it. */
export async function refused(call, { code, message, id, failedAttempts }) {
  const error = await call.then(
    (answer) => new Error(`it was answered: ${inspect(answer)}`),
    (reason) => reason,
  );
  assert.ok(error instanceof ConnectError, `${error}`);
  const found = {
    code: Code[error.code],
    message: error.rawMessage,
    details: error.findDetails(ErrorDetailSchema).map((one) => [one.id, one.message]),
    checks: error
      .findDetails(CredentialsCheckErrorSchema)
      .map((one) => [one.id, one.message, one.failedAttempts]),
  };
  const counted = failedAttempts !== undefined;
  assert.deepEqual(found, {
    code: Code[code],
    message: id ? `${message} (${id})` : message,
    details: id && !counted ? [[id, message]] : [],
    checks: id && counted ? [[id, message, failedAttempts]] : [],
  });
}

const TOMORROW = timestampFromMs(Date.now() + 86_400_000);

const byId = (userId) => ({ user: { search: { case: "userId", value: userId } } });
const byName = (loginName) => ({ user: { search: { case: "loginName", value: loginName } } });

const NO_MEMBERSHIP = { code: Code.NotFound, message: "membership not found", id: "AUTHZ-cdgFk" };
const BAD_TOKEN = { code: Code.Unauthenticated, message: "Errors.Token.Invalid", id: "AUTH-7fs1e" };
const DEAD_TOKEN = { code: Code.PermissionDenied, message: "Errors.PermissionDenied", id: "QUERY-dsfr3" };
const NO_SESSION = { code: Code.NotFound, message: "Session does not exist", id: "QUERY-SFeaa" };
const NO_USER = { code: Code.NotFound, message: "User could not be found", id: "QUERY-Dfbg2" };
const wrongPassword = (failedAttempts) => ({
  code: Code.InvalidArgument,
  message: "Password is invalid",
  id: "COMMAND-3M0fs",
  failedAttempts,
});

/**
 * @param transport makes a transport for a bearer token
 * @param anonymous a transport that sends no token
 */
export async function journey({ transport, anonymous }) {
  const sessions = createSessionServiceClient(transport(login));
  const users = createUserServiceClient(transport(admin));
  const name = fresh("mini");

  const user = await step("a user is added and read", async () => {
    const added = await users.addHumanUser({
      username: name,
      profile: { givenName: "Mini", familyName: "Mouse" },
      email: { email: `${name}@mouse.example`, verification: { case: "isVerified", value: true } },
      passwordType: { case: "password", value: { password: PASSWORD } },
      metadata: [{ key: "shoe", value: bytes("39") }],
    });
    const read = await users.getUserByID({ userId: added.userId });
    assert.equal(read.user.userId, added.userId);
    assert.equal(read.user.state, UserState.ACTIVE);
    assert.equal(read.user.preferredLoginName, name);
    assert.deepEqual(read.user.loginNames, [name]);
    assert.equal(read.user.type.case, "human");
    assert.equal(read.user.type.value.profile.displayName, "Mini Mouse");
    assert.equal(read.user.type.value.email.isVerified, true);
    assert.deepEqual(read.user.details.sequence, added.details.sequence);
    assert.deepEqual(read.user.details.resourceOwner, added.details.resourceOwner);
    return { id: added.userId, org: added.details.resourceOwner };
  });

  await step("a login name is taken once", () =>
    refused(
      users.addHumanUser({
        username: name.toUpperCase(),
        profile: { givenName: "Mini", familyName: "Mouse" },
        email: { email: `${name}@mouse.example`, verification: { case: "isVerified", value: true } },
      }),
      { code: Code.AlreadyExists, message: "User already exists", id: "V3-DKcYh" },
    ));

  await step("a user is found by login name, in any case", async () => {
    const found = await users.listUsers({
      query: { limit: 10, asc: true },
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
    assert.deepEqual(found.result.map((one) => one.userId), [user.id]);
  });

  const started = await step("a session is created with a user and a password", async () => {
    const made = await sessions.createSession({
      checks: { ...byName(name), password: { password: PASSWORD } },
      metadata: { device: bytes("laptop"), place: bytes("Zürich") },
      userAgent: create(UserAgentSchema, {
        fingerprintId: `print of ${name}`,
        ip: "203.0.113.7",
        description: "Firefox",
        header: { "user-agent": { values: ["Mozilla/5.0", "like nothing"] } },
      }),
      lifetime: { seconds: 3600n, nanos: 0 },
    });
    // added, user, password, metadata, lifetime, token
    assert.equal(made.details.sequence, 6n);
    assert.match(made.sessionId, /^[0-9]+$/);
    assert.notEqual(made.sessionToken, "");
    assert.equal(made.challenges, undefined);
    return made;
  });
  const id = started.sessionId;

  await step("it is read by right and by its token", async () => {
    const byRight = (await sessions.getSession({ sessionId: id })).session;
    assert.equal(byRight.id, id);
    assert.equal(byRight.sequence, 6n);
    assert.deepEqual(byRight.changeDate, started.details.changeDate);
    assert.deepEqual(byRight.creationDate, started.details.changeDate);
    assert.equal(byRight.factors.user.id, user.id);
    assert.equal(byRight.factors.user.loginName, name);
    assert.equal(byRight.factors.user.displayName, "Mini Mouse");
    assert.equal(byRight.factors.user.organizationId, user.org);
    assert.deepEqual(byRight.factors.user.verifiedAt, started.details.changeDate);
    assert.deepEqual(byRight.factors.password.verifiedAt, started.details.changeDate);
    assert.equal(byRight.factors.totp, undefined);
    assert.deepEqual(byRight.metadata, { device: bytes("laptop"), place: bytes("Zürich") });
    assert.equal(byRight.userAgent.fingerprintId, `print of ${name}`);
    assert.equal(byRight.userAgent.ip, "203.0.113.7");
    assert.equal(byRight.userAgent.description, "Firefox");
    assert.deepEqual(byRight.userAgent.header["user-agent"].values, ["Mozilla/5.0", "like nothing"]);
    assert.equal(byRight.expirationDate.seconds, started.details.changeDate.seconds + 3600n);
    assert.equal(byRight.expirationDate.nanos, started.details.changeDate.nanos);
    const byToken = await sessions.getSession({ sessionId: id, sessionToken: started.sessionToken });
    assert.deepEqual(byToken.session, byRight);
  });

  const changed = await step("metadata and lifetime are changed; the old token is dead", async () => {
    const set = await sessions.setSession({
      sessionId: id,
      sessionToken: started.sessionToken,
      metadata: { device: bytes("phone"), place: bytes("") },
      lifetime: { seconds: 7200n, nanos: 500_000_000 },
    });
    // metadata, lifetime, token
    assert.equal(set.details.sequence, 9n);
    assert.notEqual(set.sessionToken, "");
    assert.notEqual(set.sessionToken, started.sessionToken);
    const read = await sessions.getSession({ sessionId: id, sessionToken: set.sessionToken });
    assert.deepEqual(read.session.metadata, { device: bytes("phone") });
    assert.deepEqual(read.session.changeDate, set.details.changeDate);
    const lasts = timestampDate(read.session.expirationDate) - timestampDate(set.details.changeDate);
    assert.equal(lasts, 7_200_500);
    await refused(sessions.getSession({ sessionId: id, sessionToken: started.sessionToken }), DEAD_TOKEN);
    await refused(sessions.deleteSession({ sessionId: id, sessionToken: started.sessionToken }), {
      code: Code.PermissionDenied,
      message: "Session Token is invalid",
      id: "COMMAND-sGr42",
    });
    return set;
  });

  await step("a change of nothing is no change", async () => {
    const set = await sessions.setSession({ sessionId: id });
    assert.equal(set.details.sequence, 9n);
    assert.equal(set.sessionToken, "");
    await sessions.getSession({ sessionId: id, sessionToken: changed.sessionToken });
  });

  await step("the token of a session is a bearer of its user", async () => {
    const own = createSessionServiceClient(transport(changed.sessionToken));
    const listed = await own.listSessions({});
    assert.deepEqual(listed.sessions.map((one) => one.id), [id]);
    await refused(createSessionServiceClient(transport(started.sessionToken)).listSessions({}), DEAD_TOKEN);
  });

  await step("sessions are listed with queries, sorted, in pages", async () => {
    const second = await sessions.createSession({ checks: byId(user.id) });
    const third = await sessions.createSession({ checks: byId(user.id) });
    assert.equal(third.details.sequence, 3n);
    const all = [id, second.sessionId, third.sessionId];
    const ofUser = { query: { case: "userIdQuery", value: { id: user.id } } };
    const sorted = { sortingColumn: SessionFieldName.CREATION_DATE };
    const oldest = await sessions.listSessions({ ...sorted, queries: [ofUser], query: { asc: true } });
    assert.equal(oldest.details.totalResult, 3n);
    assert.deepEqual(oldest.sessions.map((one) => one.id), all);
    const newest = await sessions.listSessions({ ...sorted, queries: [ofUser], query: { limit: 2 } });
    assert.deepEqual(newest.sessions.map((one) => one.id), [all[2], all[1]]);
    assert.equal(newest.details.totalResult, 3n);
    const page = await sessions.listSessions({
      ...sorted,
      queries: [ofUser],
      query: { asc: true, offset: 1n, limit: 1 },
    });
    assert.deepEqual(page.sessions.map((one) => one.id), [all[1]]);
    const both = await sessions.listSessions({
      queries: [ofUser, { query: { case: "idsQuery", value: { ids: [all[0], "0"] } } }],
    });
    assert.deepEqual(both.sessions, [(await sessions.getSession({ sessionId: id })).session]);
    const print = await sessions.listSessions({
      queries: [{ query: { case: "userAgentQuery", value: { fingerprintId: `print of ${name}` } } }],
    });
    assert.deepEqual(print.sessions.map((one) => one.id), [id]);
    await refused(sessions.listSessions({ query: { limit: 1001 } }), {
      code: Code.InvalidArgument,
      message: "Limit exceeded",
      id: "QUERY-4M0fs",
    });
  });

  await step("a wrong password is counted and changes nothing", async () => {
    const wrong = { password: { password: "Wr0ng-password!" } };
    await refused(sessions.createSession({ checks: { ...byId(user.id), ...wrong } }), wrongPassword(1));
    await refused(sessions.setSession({ sessionId: id, checks: wrong }), wrongPassword(2));
    const read = await sessions.getSession({ sessionId: id, sessionToken: changed.sessionToken });
    assert.equal(read.session.sequence, 9n);
    const right = await sessions.createSession({ checks: { ...byId(user.id), password: { password: PASSWORD } } });
    assert.equal(right.details.sequence, 4n);
    await refused(sessions.createSession({ checks: { ...byId(user.id), ...wrong } }), wrongPassword(1));
  });

  await step("a caller without a role may nothing, and its token can be taken away", async () => {
    const machine = await users.createUser({
      organizationId: user.org,
      username: fresh("stranger"),
      userType: { case: "machine", value: { name: "Stranger", description: "No role at all" } },
    });
    await refused(users.addPersonalAccessToken({ userId: machine.id }), {
      code: Code.InvalidArgument,
      message: "invalid AddPersonalAccessTokenRequest.ExpirationDate: value is required",
    });
    const pat = await users.addPersonalAccessToken({ userId: machine.id, expirationDate: TOMORROW });
    const stranger = createSessionServiceClient(transport(pat.token));
    await refused(stranger.createSession({}), NO_MEMBERSHIP);
    await refused(stranger.getSession({ sessionId: id }), NO_MEMBERSHIP);
    await refused(stranger.setSession({ sessionId: id, lifetime: { seconds: 1n } }), NO_MEMBERSHIP);
    await refused(stranger.deleteSession({ sessionId: id }), NO_MEMBERSHIP);
    assert.deepEqual((await stranger.listSessions({})).sessions, []);
    // Whoever is known may read with the session's token.
    const read = await stranger.getSession({ sessionId: id, sessionToken: changed.sessionToken });
    assert.equal(read.session.id, id);
    await refused(createUserServiceClient(transport(pat.token)).lockUser({ userId: user.id }), NO_MEMBERSHIP);

    const listed = await users.listPersonalAccessTokens({
      filters: [{ filter: { case: "userIdFilter", value: { id: machine.id } } }],
    });
    assert.deepEqual(
      listed.result.map((one) => [one.id, one.userId, one.organizationId, one.expirationDate]),
      [[pat.tokenId, machine.id, user.org, TOMORROW]],
    );
    await users.removePersonalAccessToken({ userId: machine.id, tokenId: pat.tokenId });
    await refused(stranger.listSessions({}), BAD_TOKEN);
  });

  await step("nobody in particular may nothing", async () => {
    const nobody = createSessionServiceClient(anonymous);
    const missing = { code: Code.Unauthenticated, message: "auth header missing" };
    await refused(nobody.listSessions({}), missing);
    await refused(nobody.getSession({ sessionId: id, sessionToken: changed.sessionToken }), missing);
    await refused(createSessionServiceClient(transport("no-token")).createSession({}), BAD_TOKEN);
  });

  await step("what does not exist is not found", async () => {
    await refused(sessions.getSession({ sessionId: "1" }), NO_SESSION);
    await refused(sessions.setSession({ sessionId: "1", lifetime: { seconds: 1n } }), NO_SESSION);
    assert.equal((await sessions.deleteSession({ sessionId: "1" })).details.sequence, 0n);
    await refused(sessions.createSession({ checks: byId("1") }), NO_USER);
    await refused(sessions.createSession({ checks: byName(fresh("nobody")) }), NO_USER);
    await refused(users.getUserByID({ userId: "1" }), NO_USER);
  });

  await step("what breaks a rule is refused with the rule", async () => {
    const invalid = (message) => ({ code: Code.InvalidArgument, message });
    const LENGTH = "value length must be between 1 and 200 runes, inclusive";
    await refused(sessions.getSession({ sessionId: "" }), invalid(`invalid GetSessionRequest.SessionId: ${LENGTH}`));
    await refused(
      sessions.createSession({ lifetime: { seconds: 0n } }),
      invalid("invalid CreateSessionRequest.Lifetime: value must be greater than 0s"),
    );
    await refused(
      sessions.createSession({ checks: byId("") }),
      invalid(
        "invalid CreateSessionRequest.Checks: embedded message failed validation | caused by: " +
          "invalid Checks.User: embedded message failed validation | caused by: " +
          `invalid CheckUser.UserId: ${LENGTH}`,
      ),
    );
    await refused(
      sessions.createSession({ checks: { password: { password: PASSWORD } } }),
      { code: Code.FailedPrecondition, message: "User ID missing", id: "COMMAND-Sfw3f" },
    );
  });

  await step("a session ends once", async () => {
    const ended = await sessions.deleteSession({ sessionId: id, sessionToken: changed.sessionToken });
    assert.equal(ended.details.sequence, 10n);
    await refused(sessions.getSession({ sessionId: id, sessionToken: changed.sessionToken }), NO_SESSION);
    await refused(sessions.getSession({ sessionId: id }), NO_SESSION);
    await refused(sessions.setSession({ sessionId: id, lifetime: { seconds: 1n } }), {
      code: Code.FailedPrecondition,
      message: "Session already terminated",
      id: "COMMAND-Hewfq",
    });
    await refused(createSessionServiceClient(transport(changed.sessionToken)).listSessions({}), {
      ...NO_SESSION,
      message: "Errors.Session.NotExisting",
    });
    const again = await sessions.deleteSession({ sessionId: id, sessionToken: changed.sessionToken });
    assert.deepEqual(again.details, ended.details);
  });

  await step("sessions end with their user", async () => {
    const open = await sessions.createSession({ checks: { ...byId(user.id), password: { password: PASSWORD } } });
    await users.lockUser({ userId: user.id });
    await refused(sessions.getSession({ sessionId: open.sessionId }), NO_SESSION);
    await refused(sessions.createSession({ checks: byId(user.id) }), {
      code: Code.FailedPrecondition,
      message: "Errors.User.NotActive",
      id: "SESSION-Gj4ko",
    });
    await refused(users.lockUser({ userId: user.id }), {
      code: Code.FailedPrecondition,
      message: "User is not active or initial",
      id: "COMMAND-lgws8wtsqf",
    });
    await users.unlockUser({ userId: user.id });
    await sessions.createSession({ checks: byId(user.id) });
    await users.deleteUser({ userId: user.id });
    await refused(sessions.createSession({ checks: byId(user.id) }), NO_USER);
    const left = await sessions.listSessions({
      queries: [{ query: { case: "userIdQuery", value: { id: user.id } } }],
    });
    assert.deepEqual(left.sessions, []);
  });
}
