// `@zitadel/node`: grpc-js beneath nice-grpc. Its helpers speak v2beta, the messages of v2 lie beside
// them in the package.

import assert from "node:assert/strict";
import { inspect } from "node:util";
import { BinaryReader } from "@bufbuild/protobuf/wire";
import { ClientError, Status, createChannel, createClientFactory } from "nice-grpc";
import { createAccessTokenInterceptor, createSessionClient, createUserClient } from "@zitadel/node/dist/api/index.js";
import { CredentialsCheckError, ErrorDetail } from "@zitadel/node/dist/api/generated/zitadel/message.js";
import { SessionFieldName } from "@zitadel/node/dist/api/generated/zitadel/session/v2/session.js";
import { SessionServiceDefinition } from "@zitadel/node/dist/api/generated/zitadel/session/v2/session_service.js";
import { UserServiceDefinition } from "@zitadel/node/dist/api/generated/zitadel/user/v2/user_service.js";
import { UserState } from "@zitadel/node/dist/api/generated/zitadel/user/v2/user.js";

import { PASSWORD, admin, api, bytes, fresh, login, step } from "./surroundings.mjs";

const DETAILS = {
  "type.googleapis.com/zitadel.v1.ErrorDetail": ErrorDetail,
  "type.googleapis.com/zitadel.v1.CredentialsCheckError": CredentialsCheckError,
};

/** The fields of a message that are texts, bytes or messages, by number. */
function fields(data) {
  const reader = new BinaryReader(data);
  const found = {};
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    if (type === 2) {
      found[number] = reader.bytes();
    } else {
      reader.skip(type);
    }
  }
  return found;
}

/** The one detail of a `google.rpc.Status`. */
function detail(status) {
  const any = fields(fields(status)[3]);
  const type = DETAILS[Buffer.from(any[1]).toString()];
  assert.ok(type, Buffer.from(any[1]).toString());
  return type.decode(any[2]);
}

/** Waits for a refusal: code and text as the client throws them, the detail from the trailers. */
async function refused(call, { code, message, id, failedAttempts }) {
  let trailer;
  const error = await call({ onTrailer: (metadata) => (trailer = metadata) }).then(
    (answer) => new Error(`it was answered: ${inspect(answer)}`),
    (reason) => reason,
  );
  assert.ok(error instanceof ClientError, `${error}`);
  assert.equal(Status[error.code], Status[code]);
  assert.equal(error.details, id ? `${message} (${id})` : message);
  const status = trailer.get("grpc-status-details-bin");
  if (!id) {
    assert.equal(fields(status)[3], undefined);
  } else if (failedAttempts === undefined) {
    assert.deepEqual(detail(status), { id, message });
  } else {
    assert.deepEqual(detail(status), { id, message, failedAttempts });
  }
}

const BAD_TOKEN = { code: Status.UNAUTHENTICATED, message: "Errors.Token.Invalid", id: "AUTH-7fs1e" };
const DEAD_TOKEN = { code: Status.PERMISSION_DENIED, message: "Errors.PermissionDenied", id: "QUERY-dsfr3" };
const NO_MEMBERSHIP = { code: Status.NOT_FOUND, message: "membership not found", id: "AUTHZ-cdgFk" };
const NO_SESSION = { code: Status.NOT_FOUND, message: "Session does not exist", id: "QUERY-SFeaa" };

const channel = createChannel(api);

/** A client of a service whose definition is in the package. */
function client(definition, token) {
  let factory = createClientFactory();
  if (token !== undefined) {
    factory = factory.use(createAccessTokenInterceptor(token));
  }
  return factory.create(definition, channel);
}

const users = client(UserServiceDefinition, admin);

const user = await step("a user is added", async () => {
  const name = fresh("mini");
  const added = await users.addHumanUser({
    username: name,
    profile: { givenName: "Mini", familyName: "Mouse" },
    email: { email: `${name}@mouse.example`, isVerified: true },
    password: { password: PASSWORD },
  });
  const read = await users.getUserByID({ userId: added.userId });
  assert.equal(read.user.state, UserState.USER_STATE_ACTIVE);
  assert.equal(read.user.preferredLoginName, name);
  assert.equal(read.user.human.profile.displayName, "Mini Mouse");
  return { id: added.userId, name, org: added.details.resourceOwner };
});

await step("a user is added and found by the helper, which speaks v2beta", async () => {
  const older = createUserClient(api, createAccessTokenInterceptor(admin));
  const name = fresh("minnie");
  const added = await older.addHumanUser({
    username: name,
    profile: { givenName: "Minnie", familyName: "Mouse" },
    email: { email: `${name}@mouse.example`, isVerified: true },
  });
  const { user: read } = await older.getUserByID({ userId: added.userId });
  assert.equal(read.preferredLoginName, name);
  assert.equal(read.human.profile.displayName, "Minnie Mouse");
  const found = await older.listUsers({ queries: [{ loginNameQuery: { loginName: name } }] });
  assert.deepEqual(found.result.map((one) => one.userId), [added.userId]);
  await older.deleteUser({ userId: added.userId });
});

const stranger = await step("a service user gets a token", async () => {
  const machine = await users.createUser({
    organizationId: user.org,
    machine: { name: "Stranger" },
  });
  const tomorrow = new Date(Date.now() + 86_400_000);
  const made = await users.addPersonalAccessToken({ userId: machine.id, expirationDate: tomorrow });
  return made.token;
});

/** The life of a session; the same through both versions of the service. */
async function journey(clientFor) {
  const sessions = clientFor(login);
  const wrong = { password: "Wr0ng-password!" };

  const started = await step("a session is created", async () => {
    const made = await sessions.createSession({
      checks: { user: { loginName: user.name }, password: { password: PASSWORD } },
      metadata: { device: Buffer.from("laptop") },
      userAgent: { fingerprintId: "print", ip: "203.0.113.7", header: { a: { values: ["b", "c"] } } },
      lifetime: { seconds: 3600, nanos: 0 },
    });
    assert.equal(made.details.sequence.toString(), "6");
    return made;
  });
  const sessionId = started.sessionId;

  await step("it is read by right and by its token", async () => {
    const { session } = await sessions.getSession({ sessionId });
    assert.equal(session.id, sessionId);
    assert.equal(session.sequence.toString(), "6");
    assert.deepEqual(session.changeDate, started.details.changeDate);
    assert.equal(session.expirationDate - session.changeDate, 3_600_000);
    assert.equal(session.factors.user.id, user.id);
    assert.equal(session.factors.user.loginName, user.name);
    assert.deepEqual(session.factors.password.verifiedAt, session.changeDate);
    assert.equal(session.metadata.device.toString(), "laptop");
    assert.deepEqual(session.userAgent.header, { a: { values: ["b", "c"] } });
    const byToken = await sessions.getSession({ sessionId, sessionToken: started.sessionToken });
    assert.deepEqual(byToken.session, session);
  });

  const changed = await step("it is changed; the old token is dead", async () => {
    const set = await sessions.setSession({
      sessionId,
      sessionToken: started.sessionToken,
      metadata: { place: bytes("Zürich") },
      lifetime: { seconds: 7200, nanos: 0 },
    });
    assert.equal(set.details.sequence.toString(), "9");
    const { session } = await sessions.getSession({ sessionId, sessionToken: set.sessionToken });
    assert.equal(session.metadata.place.toString(), "Zürich");
    assert.equal(session.metadata.device.toString(), "laptop");
    await refused((o) => sessions.getSession({ sessionId, sessionToken: started.sessionToken }, o), DEAD_TOKEN);
    return set;
  });

  await step("it is listed", async () => {
    const found = await sessions.listSessions({
      queries: [{ userIdQuery: { id: user.id } }, { idsQuery: { ids: [sessionId] } }],
      query: { limit: 5, asc: true },
      sortingColumn: SessionFieldName.SESSION_FIELD_NAME_CREATION_DATE,
    });
    assert.equal(found.details.totalResult.toString(), "1");
    assert.deepEqual(found.sessions.map((one) => one.id), [sessionId]);
  });

  await step("a wrong password is counted", async () => {
    for (const failedAttempts of [1, 2]) {
      await refused((o) => sessions.setSession({ sessionId, checks: { password: wrong } }, o), {
        code: Status.INVALID_ARGUMENT,
        message: "Password is invalid",
        id: "COMMAND-3M0fs",
        failedAttempts,
      });
    }
    await sessions.createSession({ checks: { user: { userId: user.id }, password: { password: PASSWORD } } });
  });

  await step("refusals have their codes", async () => {
    await refused((o) => clientFor(stranger).createSession({}, o), NO_MEMBERSHIP);
    await refused((o) => clientFor("no-token").createSession({}, o), BAD_TOKEN);
    await refused((o) => clientFor(undefined).createSession({}, o), {
      code: Status.UNAUTHENTICATED,
      message: "auth header missing",
    });
    await refused((o) => sessions.getSession({ sessionId: "1" }, o), NO_SESSION);
    await refused((o) => sessions.createSession({ checks: { user: { userId: "1" } } }, o), {
      code: Status.NOT_FOUND,
      message: "User could not be found",
      id: "QUERY-Dfbg2",
    });
    await refused((o) => sessions.getSession({ sessionId: "" }, o), {
      code: Status.INVALID_ARGUMENT,
      message: "invalid GetSessionRequest.SessionId: value length must be between 1 and 200 runes, inclusive",
    });
  });

  await step("it ends once", async () => {
    const ended = await sessions.deleteSession({ sessionId, sessionToken: changed.sessionToken });
    assert.equal(ended.details.sequence.toString(), "10");
    await refused((o) => sessions.getSession({ sessionId, sessionToken: changed.sessionToken }, o), NO_SESSION);
    assert.deepEqual(await sessions.deleteSession({ sessionId, sessionToken: changed.sessionToken }), ended);
  });
}

console.log("-- v2beta, through the package's helper");
await journey((token) =>
  token === undefined ? createSessionClient(api) : createSessionClient(api, createAccessTokenInterceptor(token)),
);
console.log("-- v2");
await journey((token) => client(SessionServiceDefinition, token));
channel.close();
// The helper's own channels cannot be closed.
process.exit(0);
