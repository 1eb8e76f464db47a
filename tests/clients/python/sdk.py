"""ZITADEL's own SDK: Connect in JSON over HTTP/1.1, as `zitadel_client` writes and reads it."""

import base64
import datetime

import zitadel_client as zitadel
from zitadel_client.exceptions import ApiError
from zitadel_client.models import (
    InternalPermissionServiceCreateAdministratorRequest as CreateAdministrator,
    InternalPermissionServiceDeleteAdministratorRequest as DeleteAdministrator,
    InternalPermissionServiceResourceType as Resource,
    OrganizationServiceListOrganizationsRequest as ListOrganizations,
    OrganizationServiceSearchQuery as OrganizationQuery,
    SessionServiceCheckPassword as CheckPassword,
    SessionServiceChecks as Checks,
    SessionServiceCheckUser as CheckUser,
    SessionServiceCreateSessionRequest as CreateSession,
    SessionServiceDeleteSessionRequest as DeleteSession,
    SessionServiceExpirationDateQuery as ExpirationDateQuery,
    SessionServiceGetSessionRequest as GetSession,
    SessionServiceHeaderValues as HeaderValues,
    SessionServiceIDsQuery as IDsQuery,
    SessionServiceListQuery as ListQuery,
    SessionServiceListSessionsRequest as ListSessions,
    SessionServiceSearchQuery as SessionQuery,
    SessionServiceSessionFieldName as SessionField,
    SessionServiceSetSessionRequest as SetSession,
    SessionServiceTimestampQueryMethod as TimestampMethod,
    SessionServiceUserAgent as UserAgent,
    SessionServiceUserIDQuery as UserIDQuery,
    SettingsServiceGetLockoutSettingsRequest as GetLockoutSettings,
    SettingsServiceGetLoginSettingsRequest as GetLoginSettings,
    SettingsServiceGetPasswordComplexitySettingsRequest as GetPasswordComplexitySettings,
    SettingsServiceRequestContext as RequestContext,
    UserServiceAddHumanUserRequest as AddHumanUser,
    UserServiceAddPersonalAccessTokenRequest as AddPersonalAccessToken,
    UserServiceCreateUserRequest as CreateUser,
    UserServiceDeleteUserRequest as DeleteUser,
    UserServiceGetUserByIDRequest as GetUserByID,
    UserServiceListQuery as UserListQuery,
    UserServiceListUsersRequest as ListUsers,
    UserServiceLockUserRequest as LockUser,
    UserServiceLoginNameQuery as LoginNameQuery,
    UserServiceMachine as Machine,
    UserServicePassword as Password,
    UserServiceRemovePersonalAccessTokenRequest as RemovePersonalAccessToken,
    UserServiceSearchQuery as UserQuery,
    UserServiceSetHumanEmail as SetHumanEmail,
    UserServiceSetHumanProfile as SetHumanProfile,
    UserServiceTextQueryMethod as TextMethod,
)

from surroundings import ADMIN, API, LOGIN, PASSWORD, WRONG, equal, fresh, step


def client(token):
    return zitadel.Zitadel.with_access_token(API, token)


def encoded(text):
    """Values of metadata are base64 in this SDK."""
    return base64.b64encode(text.encode()).decode()


def field(number, text):
    data = text.encode()
    return bytes([number << 3 | 2, len(data)]) + data


def refused(call, status, code, message, id=None, failed_attempts=None):
    """Waits for a refusal and compares what the SDK hands out of it: status and body."""
    try:
        answer = call()
    except ApiError as error:
        headers = {name.lower(): value for name, value in error.response_headers.items()}
        equal((error.code, headers["content-type"]), (status, "application/json"))
        body = error.response_body
    else:
        raise AssertionError(f"it was answered: {answer!r}")
    equal(body["code"], code)
    equal(body["message"], message if id is None else f"{message} ({id})")
    if id is None:
        equal(body.get("details", []), [])
        return
    [detail] = body["details"]
    value = field(1, id) + field(2, message)
    debug = {"id": id, "message": message}
    if failed_attempts is None:
        equal(detail["type"], "zitadel.v1.ErrorDetail")
    else:
        equal(detail["type"], "zitadel.v1.CredentialsCheckError")
        value += bytes([3 << 3, failed_attempts])
        debug["failedAttempts"] = failed_attempts
    equal(detail["value"], base64.b64encode(value).decode().rstrip("="))
    equal(detail.get("debug", debug), debug)


def by_id(user_id, password=None):
    return Checks(
        user=CheckUser(user_id=user_id),
        password=CheckPassword(password=password) if password else None,
    )


admin, login = client(ADMIN), client(LOGIN)
name = fresh("mini")

with step("a user is added and read"):
    added = admin.users.add_human_user(AddHumanUser(
        username=name,
        profile=SetHumanProfile(given_name="Mini", family_name="Mouse"),
        email=SetHumanEmail(email=f"{name}@mouse.example", is_verified=True),
        password=Password(password=PASSWORD),
    ))
    user_id = added.user_id
    user = admin.users.get_user_by_id(GetUserByID(user_id=user_id)).user
    equal(user.state.value, "USER_STATE_ACTIVE")
    equal(user.preferred_login_name, name)
    equal(user.human.profile.display_name, "Mini Mouse")
    equal(user.human.email.is_verified, True)
    equal(user.details.sequence, added.details.sequence)
    organization_id = added.details.resource_owner

with step("a login name is taken once"):
    refused(
        lambda: admin.users.add_human_user(AddHumanUser(
            username=name,
            profile=SetHumanProfile(given_name="Mini", family_name="Mouse"),
            email=SetHumanEmail(email=f"{name}@mouse.example", is_verified=True),
        )),
        409, "already_exists", "User already exists", "V3-DKcYh",
    )

with step("a user is found by login name"):
    found = admin.users.list_users(ListUsers(
        query=UserListQuery(limit=5, asc=True),
        queries=[UserQuery(login_name_query=LoginNameQuery(
            login_name=name.upper(), method=TextMethod.TEXT_QUERY_METHOD_EQUALS_IGNORE_CASE,
        ))],
    ))
    equal(found.details.total_result, "1")
    equal([one.user_id for one in found.result], [user_id])

with step("a session is created"):
    before = datetime.datetime.now(datetime.timezone.utc)
    made = login.sessions.create_session(CreateSession(
        checks=Checks(user=CheckUser(login_name=name), password=CheckPassword(password=PASSWORD)),
        metadata={"device": encoded("laptop")},
        user_agent=UserAgent(
            fingerprint_id=f"print of {name}", ip="203.0.113.7",
            header={"user-agent": HeaderValues(values=["one", "two"])},
        ),
        lifetime="3600s",
    ))
    equal(made.details.sequence, "6")
    session_id = made.session_id

with step("it is read by right and by its token"):
    session = login.sessions.get_session(GetSession(session_id=session_id)).session
    equal(session.sequence, "6")
    equal(session.change_date, made.details.change_date)
    equal(session.expiration_date - session.change_date, datetime.timedelta(hours=1))
    equal(session.factors.user.id, user_id)
    equal(session.factors.user.login_name, name)
    equal(session.factors.user.organization_id, organization_id)
    equal(session.factors.password.verified_at, session.change_date)
    equal(session.factors.totp, None)
    # The SDK leaves the text of an answer as it is.
    equal(session.metadata, {"device": encoded("laptop")})
    equal(session.user_agent.header["user-agent"].values, ["one", "two"])
    by_token = login.sessions.get_session(GetSession(session_id=session_id, session_token=made.session_token))
    equal(by_token.session, session)

with step("fields that are set to nothing are unset"):
    request = GetSession.from_dict({"sessionId": session_id, "sessionToken": None})
    equal(login.sessions.get_session(request).session, session)

with step("it is changed; the old token is dead"):
    changed = login.sessions.set_session(SetSession(
        session_id=session_id, session_token=made.session_token,
        metadata={"device": "", "place": encoded("Zürich")}, lifetime="7200s",
    ))
    equal(changed.details.sequence, "9")
    read = login.sessions.get_session(GetSession(session_id=session_id, session_token=changed.session_token)).session
    equal(read.metadata, {"place": encoded("Zürich")})
    equal(read.expiration_date - read.change_date, datetime.timedelta(hours=2))
    old = GetSession(session_id=session_id, session_token=made.session_token)
    refused(lambda: login.sessions.get_session(old), 403, "permission_denied",
            "Errors.PermissionDenied", "QUERY-dsfr3")
    refused(lambda: client(made.session_token).sessions.list_sessions(ListSessions()), 403,
            "permission_denied", "Errors.PermissionDenied", "QUERY-dsfr3")

with step("its token is a bearer of its user"):
    own = client(changed.session_token).sessions.list_sessions(ListSessions())
    equal([one.id for one in own.sessions], [session_id])

with step("sessions are listed with queries"):
    second = login.sessions.create_session(CreateSession(checks=by_id(user_id))).session_id
    of_user = SessionQuery(user_id_query=UserIDQuery(id=user_id))
    column = SessionField.SESSION_FIELD_NAME_CREATION_DATE
    newest = login.sessions.list_sessions(ListSessions(queries=[of_user], sorting_column=column))
    equal([one.id for one in newest.sessions], [second, session_id])
    equal(newest.details.total_result, "2")
    page = login.sessions.list_sessions(ListSessions(
        queries=[of_user], sorting_column=column, query=ListQuery(offset=1, limit=1, asc=True),
    ))
    equal([one.id for one in page.sessions], [second])
    ids = SessionQuery(ids_query=IDsQuery(ids=[session_id, "0"]))
    equal([one.id for one in login.sessions.list_sessions(ListSessions(queries=[ids])).sessions], [session_id])
    # A timestamp with an offset, as the SDK writes it. What never expires is later than any time.
    half_past_five = datetime.timezone(datetime.timedelta(hours=5, minutes=30))
    moment = (before + datetime.timedelta(minutes=90)).astimezone(half_past_five)
    for method, expected in (
        (TimestampMethod.TIMESTAMP_QUERY_METHOD_GREATER, [second, session_id]),
        (TimestampMethod.TIMESTAMP_QUERY_METHOD_LESS, None),
    ):
        expires = SessionQuery(expiration_date_query=ExpirationDateQuery(expiration_date=moment, method=method))
        found = login.sessions.list_sessions(ListSessions(queries=[of_user, expires], sorting_column=column))
        equal(found.sessions and [one.id for one in found.sessions], expected)

with step("a wrong password is counted"):
    for attempts in (1, 2):
        refused(lambda: login.sessions.create_session(CreateSession(checks=by_id(user_id, WRONG))), 400,
                "invalid_argument", "Password is invalid", "COMMAND-3M0fs", attempts)
    right = login.sessions.create_session(CreateSession(checks=by_id(user_id, PASSWORD)))
    equal(right.details.sequence, "4")

with step("a caller without a role may nothing; a role helps at once"):
    machine = admin.users.create_user(CreateUser(
        organization_id=organization_id, username=fresh("stranger"), machine=Machine(name="Stranger"),
    ))
    pat = admin.users.add_personal_access_token(AddPersonalAccessToken(
        user_id=machine.id,
        expiration_date=datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1),
    ))
    stranger = client(pat.token)
    refused(lambda: stranger.sessions.create_session(CreateSession()), 404, "not_found",
            "membership not found", "AUTHZ-cdgFk")
    equal(stranger.sessions.list_sessions(ListSessions()).sessions or [], [])
    instance = Resource(instance=True)
    admin.internal_permissions.create_administrator(CreateAdministrator(
        user_id=machine.id, resource=instance, roles=["IAM_OWNER_VIEWER"],
    ))
    equal(stranger.sessions.get_session(GetSession(session_id=session_id)).session.id, session_id)
    refused(lambda: stranger.sessions.create_session(CreateSession()), 403, "permission_denied",
            "No matching permissions found", "AUTH-AWfge")
    admin.internal_permissions.delete_administrator(DeleteAdministrator(user_id=machine.id, resource=instance))
    refused(lambda: stranger.sessions.create_session(CreateSession()), 404, "not_found",
            "membership not found", "AUTHZ-cdgFk")
    admin.users.remove_personal_access_token(RemovePersonalAccessToken(user_id=machine.id, token_id=pat.token_id))
    refused(lambda: stranger.sessions.list_sessions(ListSessions()), 401, "unauthenticated",
            "Errors.Token.Invalid", "AUTH-7fs1e")

with step("nobody in particular may nothing"):
    nobody = zitadel.Zitadel(zitadel.auth.no_auth_authenticator.NoAuthAuthenticator(API))
    refused(lambda: nobody.sessions.list_sessions(ListSessions()), 401, "unauthenticated", "auth header missing")

with step("what does not exist is not found"):
    refused(lambda: login.sessions.get_session(GetSession(session_id="1")), 404, "not_found",
            "Session does not exist", "QUERY-SFeaa")
    refused(lambda: login.sessions.create_session(CreateSession(checks=by_id("1"))), 404, "not_found",
            "User could not be found", "QUERY-Dfbg2")

with step("what breaks a rule is refused with the rule"):
    refused(lambda: login.sessions.get_session(GetSession(session_id="")), 400, "invalid_argument",
            "invalid GetSessionRequest.SessionId: value length must be between 1 and 200 runes, inclusive")
    refused(lambda: login.sessions.create_session(CreateSession(lifetime="0s")), 400, "invalid_argument",
            "invalid CreateSessionRequest.Lifetime: value must be greater than 0s")

with step("settings and organisations are looked up"):
    context = RequestContext(instance=True)
    policy = login.settings.get_login_settings(GetLoginSettings(ctx=context)).settings
    equal(policy.allow_username_password, True)
    equal(policy.password_check_lifetime, "864000s")
    complexity = login.settings.get_password_complexity_settings(GetPasswordComplexitySettings(ctx=context)).settings
    equal((complexity.min_length, complexity.requires_symbol), ("8", True))
    lockout = login.settings.get_lockout_settings(GetLockoutSettings(ctx=context)).settings
    equal(lockout.max_password_attempts, None)
    default = login.organizations.list_organizations(ListOrganizations(queries=[OrganizationQuery(default_query={})]))
    equal([one.id for one in default.result], [organization_id])

with step("a session ends once"):
    end = DeleteSession(session_id=session_id, session_token=changed.session_token)
    ended = login.sessions.delete_session(end)
    equal(ended.details.sequence, "10")
    refused(lambda: login.sessions.get_session(GetSession(session_id=session_id)), 404, "not_found",
            "Session does not exist", "QUERY-SFeaa")
    equal(login.sessions.delete_session(end), ended)

with step("sessions end with their user"):
    admin.users.lock_user(LockUser(user_id=user_id))
    refused(lambda: login.sessions.get_session(GetSession(session_id=second)), 404, "not_found",
            "Session does not exist", "QUERY-SFeaa")
    refused(lambda: login.sessions.create_session(CreateSession(checks=by_id(user_id))), 400,
            "failed_precondition", "Errors.User.NotActive", "SESSION-Gj4ko")
    admin.users.delete_user(DeleteUser(user_id=user_id))
    refused(lambda: login.sessions.create_session(CreateSession(checks=by_id(user_id))), 404, "not_found",
            "User could not be found", "QUERY-Dfbg2")
