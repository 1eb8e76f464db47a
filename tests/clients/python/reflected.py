"""grpcio and nothing of ZITADEL's: every message comes from the server's own reflection."""

import datetime

import grpc
from google.protobuf import descriptor_pool, message_factory
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

from surroundings import ADMIN, API, LOGIN, PASSWORD, WRONG, equal, fresh, step

channel = grpc.insecure_channel(API.removeprefix("http://"))
reflection = ProtoReflectionDescriptorDatabase(channel)
pool = descriptor_pool.DescriptorPool(reflection)
SESSIONS, USERS = "zitadel.session.v2.SessionService", "zitadel.user.v2.UserService"


def message(name):
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(name))


class Service:
    """Calls of one service with one token; a request is given as a dictionary of its fields."""

    def __init__(self, name, token):
        self.name = name
        self.metadata = [] if token is None else [("authorization", f"Bearer {token}")]
        self.methods = pool.FindServiceByName(name).methods_by_name

    def __getattr__(self, method):
        described = self.methods[method]
        request = message_factory.GetMessageClass(described.input_type)
        answer = message_factory.GetMessageClass(described.output_type)
        call = channel.unary_unary(
            f"/{self.name}/{method}", request.SerializeToString, answer.FromString,
        )
        return lambda fields={}: call(request(**fields), metadata=self.metadata, timeout=30)


def refused(call, code, text, id=None, failed_attempts=None):
    """Waits for a refusal: code, text, and the detail in the trailers."""
    try:
        answer = call()
    except grpc.RpcError as error:
        found = (error.code(), error.details())
        trailers = dict(error.trailing_metadata())
    else:
        raise AssertionError(f"it was answered: {answer}")
    equal(found, (code, text if id is None else f"{text} ({id})"))
    status = message("google.rpc.Status").FromString(trailers["grpc-status-details-bin"])
    equal((status.code, status.message), (code.value[0], found[1]))
    if id is None:
        equal(list(status.details), [])
        return
    [packed] = status.details
    if failed_attempts is None:
        expected = message("zitadel.v1.ErrorDetail")(id=id, message=text)
    else:
        expected = message("zitadel.v1.CredentialsCheckError")(
            id=id, message=text, failed_attempts=failed_attempts)
    equal(packed.type_url, f"type.googleapis.com/{expected.DESCRIPTOR.full_name}")
    equal(type(expected).FromString(packed.value), expected)


with step("the server says what it serves"):
    services = set(reflection.get_services())
    wanted = {SESSIONS, USERS, "zitadel.session.v2beta.SessionService", "grpc.health.v1.Health"}
    equal(wanted - services, set())

with step("the server says that it serves"):
    health = health_pb2_grpc.HealthStub(channel)
    for service in ("", SESSIONS):
        request = health_pb2.HealthCheckRequest(service=service)
        equal(health.Check(request).status, health_pb2.HealthCheckResponse.SERVING)
    refused(lambda: health.Check(health_pb2.HealthCheckRequest(service="nothing")), grpc.StatusCode.NOT_FOUND,
            "unknown service nothing")
    watch = health.Watch(health_pb2.HealthCheckRequest(service=SESSIONS))
    equal(next(watch).status, health_pb2.HealthCheckResponse.SERVING)
    watch.cancel()

sessions, users = Service(SESSIONS, LOGIN), Service(USERS, ADMIN)
name = fresh("mini")

with step("a user is added and found"):
    added = users.AddHumanUser(dict(
        username=name,
        profile=dict(given_name="Mini", family_name="Mouse"),
        email=dict(email=f"{name}@mouse.example", is_verified=True),
        password=dict(password=PASSWORD),
    ))
    user_id, organization_id = added.user_id, added.details.resource_owner
    found = users.ListUsers(dict(queries=[dict(login_name_query=dict(login_name=name))]))
    equal((found.details.total_result, [one.user_id for one in found.result]), (1, [user_id]))
    equal(found.result[0].human.profile.display_name, "Mini Mouse")


def by_id(id, password=None):
    checks = dict(user=dict(user_id=id))
    if password is not None:
        checks["password"] = dict(password=password)
    return dict(checks=checks)


with step("a session is created and read"):
    made = sessions.CreateSession(dict(
        checks=dict(user=dict(login_name=name), password=dict(password=PASSWORD)),
        metadata={"device": b"laptop", "raw": bytes(range(256))},
        lifetime=dict(seconds=3600),
    ))
    equal(made.details.sequence, 6)
    session_id = made.session_id
    session = sessions.GetSession(dict(session_id=session_id)).session
    equal(session.sequence, 6)
    equal(session.change_date, made.details.change_date)
    equal(dict(session.metadata), {"device": b"laptop", "raw": bytes(range(256))})
    equal(session.factors.user.login_name, name)
    equal(session.factors.password.verified_at, made.details.change_date)
    equal(session.expiration_date.seconds - session.change_date.seconds, 3600)
    equal(sessions.GetSession(dict(session_id=session_id, session_token=made.session_token)).session, session)

with step("it is changed; the old token is dead"):
    changed = sessions.SetSession(dict(
        session_id=session_id, session_token=made.session_token,
        metadata={"device": b"", "raw": b"no"}, lifetime=dict(seconds=7200),
    ))
    equal(changed.details.sequence, 9)
    read = sessions.GetSession(dict(session_id=session_id, session_token=changed.session_token)).session
    equal(dict(read.metadata), {"raw": b"no"})
    refused(lambda: sessions.GetSession(dict(session_id=session_id, session_token=made.session_token)),
            grpc.StatusCode.PERMISSION_DENIED, "Errors.PermissionDenied", "QUERY-dsfr3")

with step("sessions are listed with queries"):
    queries = [dict(user_id_query=dict(id=user_id)), dict(expiration_date_query=dict(
        expiration_date=read.expiration_date, method="TIMESTAMP_QUERY_METHOD_EQUALS"))]
    found = sessions.ListSessions(dict(
        queries=queries, query=dict(limit=3, asc=True), sorting_column="SESSION_FIELD_NAME_CREATION_DATE"))
    equal((found.details.total_result, list(found.sessions)), (1, [read]))

with step("a wrong password is counted"):
    for attempts in (1, 2):
        refused(lambda: sessions.CreateSession(by_id(user_id, WRONG)), grpc.StatusCode.INVALID_ARGUMENT,
                "Password is invalid", "COMMAND-3M0fs", attempts)
    equal(sessions.CreateSession(by_id(user_id, PASSWORD)).details.sequence, 4)

with step("a caller without a role may nothing"):
    machine = users.CreateUser(dict(organization_id=organization_id, machine=dict(name="Stranger")))
    tomorrow = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)
    pat = users.AddPersonalAccessToken(dict(user_id=machine.id, expiration_date=tomorrow))
    stranger = Service(SESSIONS, pat.token)
    refused(stranger.CreateSession, grpc.StatusCode.NOT_FOUND, "membership not found", "AUTHZ-cdgFk")
    equal(list(stranger.ListSessions().sessions), [])

with step("refusals have their codes"):
    refused(Service(SESSIONS, None).ListSessions, grpc.StatusCode.UNAUTHENTICATED, "auth header missing")
    refused(Service(SESSIONS, "no-token").ListSessions, grpc.StatusCode.UNAUTHENTICATED,
            "Errors.Token.Invalid", "AUTH-7fs1e")
    refused(lambda: sessions.GetSession(dict(session_id="1")), grpc.StatusCode.NOT_FOUND,
            "Session does not exist", "QUERY-SFeaa")
    refused(lambda: sessions.CreateSession(by_id("1")), grpc.StatusCode.NOT_FOUND,
            "User could not be found", "QUERY-Dfbg2")
    refused(lambda: sessions.GetSession({}), grpc.StatusCode.INVALID_ARGUMENT,
            "invalid GetSessionRequest.SessionId: value length must be between 1 and 200 runes, inclusive")
    nothing = channel.unary_unary(f"/{SESSIONS}/Nothing")
    try:
        nothing(b"", metadata=sessions.metadata, timeout=30)
        raise AssertionError("it was answered")
    except grpc.RpcError as error:
        equal(error.code(), grpc.StatusCode.UNIMPLEMENTED)

with step("a session ends once"):
    end = dict(session_id=session_id, session_token=changed.session_token)
    ended = sessions.DeleteSession(end)
    equal(ended.details.sequence, 10)
    refused(lambda: sessions.GetSession(dict(session_id=session_id)), grpc.StatusCode.NOT_FOUND,
            "Session does not exist", "QUERY-SFeaa")
    equal(sessions.DeleteSession(end), ended)

channel.close()
