#!/bin/sh
# A session's whole life with nothing but curl: REST and Connect in JSON, over HTTP/1.1 and over
# HTTP/2 without an upgrade. Answers are compared as texts.
set -eu

ADMIN=$(cat "$ZITADEL_ADMIN_TOKEN_FILE")
LOGIN=$(cat "$ZITADEL_SERVICE_USER_TOKEN_FILE")
PASSWORD='Secr3t-enough!'
WRONG='Wr0ng-password!'
SESSIONS=zitadel.session.v2.SessionService
USERS=zitadel.user.v2.UserService
SCRATCH=$(mktemp -d)
trap 'rm -rf "$SCRATCH"' EXIT

fail() {
    # Not on standard output, which may be taken for a value.
    printf 'FAIL %s\n%s\n' "$STEP" "$*" >&2
    exit 1
}

step() { STEP=$1; }
ok() { printf 'ok   %s\n' "$STEP"; }

# Sends a request with the bearer in $TOKEN; leaves STATUS and BODY.
call() { # method path [more arguments of curl]
    method=$1 path=$2
    shift 2
    [ -z "$TOKEN" ] || set -- --header "Authorization: Bearer $TOKEN" "$@"
    STATUS=$(curl --silent --show-error --max-time 60 "$HTTP" --request "$method" \
        --output "$SCRATCH/body" --write-out '%{http_code} %{http_version}' "$@" "$ZITADEL_API_URL$path")
    [ "${STATUS#* }" = "$VERSION" ] || fail "spoken: HTTP/${STATUS#* }"
    STATUS=${STATUS% *}
    BODY=$(cat "$SCRATCH/body")
}

connect() { # service method body
    call POST "/$1/$2" --header 'Content-Type: application/json' --data "$3"
}

# The value of a text in the last answer.
value() {
    found=$(printf '%s' "$BODY" | sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p")
    [ -n "$found" ] || fail "no $1 in $STATUS $BODY"
    printf '%s' "$found"
}

is() { # status body
    [ "$STATUS" = "$1" ] && [ "$BODY" = "$2" ] ||
        fail "$(printf 'found    %s %s\nexpected %s %s' "$STATUS" "$BODY" "$1" "$2")"
}

has() { # status text
    [ "$STATUS" = "$1" ] || fail "found $STATUS $BODY, expected $1"
    case $BODY in
    *"$2"*) ;;
    *) fail "$(printf 'no %s in\n%s' "$2" "$BODY")" ;;
    esac
}

# A refusal with an id, over REST.
refused() { # status code id message
    is "$1" "{\"code\":$2,\"message\":\"$4 ($3)\",\"details\":[{\"@type\":\"type.googleapis.com/zitadel.v1.ErrorDetail\",\"id\":\"$3\",\"message\":\"$4\"}]}"
}

# The same over Connect.
connect_refused() { # status code id message
    encoded=$({
        printf '\n%b%s' "\\0$(printf %o ${#3})" "$3"
        printf '\022%b%s' "\\0$(printf %o ${#4})" "$4"
    } | base64 -w 0 | tr -d '=')
    has "$1" "{\"code\":\"$2\",\"message\":\"$4 ($3)\",\"details\":[{\"type\":\"zitadel.v1.ErrorDetail\",\"value\":\"$encoded\""
}

human() { # name
    printf '{"username":"%s","profile":{"givenName":"Mini","familyName":"Mouse"},' "$1"
    printf '"email":{"email":"%s@mouse.example","isVerified":true},"password":{"password":"%s"}}' "$1" "$PASSWORD"
}

rest() {
    name=rest-$1-$$
    printf -- '-- REST over HTTP/%s\n' "$VERSION"

    step 'a user is added and read'
    TOKEN=$ADMIN
    call POST /v2/users/human --data "$(human "$name")"
    [ "$STATUS" = 200 ] || fail "$STATUS $BODY"
    user=$(value userId)
    call GET "/v2/users/$user"
    has 200 "\"preferredLoginName\":\"$name\""
    call POST /v2/users --data "{\"queries\":[{\"loginNameQuery\":{\"loginName\":\"$name\"}}]}"
    has 200 '"totalResult":"1"'
    call POST /v2/users/human --data "$(human "$name")"
    refused 409 6 V3-DKcYh 'User already exists'
    ok

    step 'a session is created with a user and a password'
    TOKEN=$LOGIN
    call POST /v2/sessions --data "{\"checks\":{\"user\":{\"loginName\":\"$name\"},\"password\":{\"password\":\"$PASSWORD\"}},\"metadata\":{\"device\":\"bGFwdG9w\"},\"lifetime\":\"3600s\"}"
    has 201 '"sequence":"6"'
    id=$(value sessionId)
    first=$(value sessionToken)
    ok

    step 'it is read by right and by its token'
    call GET "/v2/sessions/$id"
    has 200 '"metadata":{"device":"bGFwdG9w"}'
    has 200 "\"loginName\":\"$name\""
    by_right=$BODY
    call GET "/v2/sessions/$id?sessionToken=$first"
    is 200 "$by_right"
    call GET "/v2/sessions/$id?session_token=$first"
    is 200 "$by_right"
    ok

    step 'it is changed; the old token is dead'
    call PATCH "/v2/sessions/$id" --data '{"metadata":{"device":"","place":"WsO8cmljaA=="},"lifetime":"7200s"}'
    has 200 '"sequence":"9"'
    second=$(value sessionToken)
    call GET "/v2/sessions/$id?sessionToken=$second"
    has 200 '"metadata":{"place":"WsO8cmljaA=="}'
    call GET "/v2/sessions/$id?sessionToken=$first"
    refused 403 7 QUERY-dsfr3 Errors.PermissionDenied
    call DELETE "/v2/sessions/$id" --data "{\"sessionToken\":\"$first\"}"
    refused 403 7 COMMAND-sGr42 'Session Token is invalid'
    ok

    step 'its token is a bearer of its user'
    TOKEN=$second
    call POST /v2/sessions/search --data '{}'
    has 200 "\"id\":\"$id\""
    TOKEN=$LOGIN
    ok

    step 'sessions are listed with queries'
    call POST /v2/sessions/search --data "{\"query\":{\"limit\":1},\"queries\":[{\"userIdQuery\":{\"id\":\"$user\"}}],\"sortingColumn\":\"SESSION_FIELD_NAME_CREATION_DATE\"}"
    has 200 '"totalResult":"1"'
    has 200 "\"id\":\"$id\""
    ok

    step 'a wrong password is counted'
    for attempts in 1 2; do
        call POST /v2/sessions --data "{\"checks\":{\"user\":{\"userId\":\"$user\"},\"password\":{\"password\":\"$WRONG\"}}}"
        is 400 "{\"code\":3,\"message\":\"Password is invalid (COMMAND-3M0fs)\",\"details\":[{\"@type\":\"type.googleapis.com/zitadel.v1.CredentialsCheckError\",\"id\":\"COMMAND-3M0fs\",\"message\":\"Password is invalid\",\"failedAttempts\":$attempts}]}"
    done
    ok

    step 'refusals have their bodies'
    call GET /v2/sessions/1
    refused 404 5 QUERY-SFeaa 'Session does not exist'
    call POST /v2/sessions --data '{"checks":{"user":{"userId":"1"}}}'
    refused 404 5 QUERY-Dfbg2 'User could not be found'
    call POST /v2/sessions --data '{"lifetime":"0s"}'
    is 400 '{"code":3,"message":"invalid CreateSessionRequest.Lifetime: value must be greater than 0s"}'
    call PUT "/v2/sessions/$id" --data '{}'
    is 405 '{"code":12,"message":"Method Not Allowed"}'
    call GET /v2/nothing
    is 404 '{"code":5,"message":"Not Found"}'
    TOKEN=no-token
    call POST /v2/sessions --data '{}'
    refused 401 16 AUTH-7fs1e Errors.Token.Invalid
    TOKEN=
    call POST /v2/sessions --data '{}'
    is 401 '{"code":16,"message":"auth header missing"}'
    TOKEN=$STRANGER
    call POST /v2/sessions --data '{}'
    refused 404 5 AUTHZ-cdgFk 'membership not found'
    TOKEN=$LOGIN
    ok

    step 'it ends once'
    call DELETE "/v2/sessions/$id" --data "{\"sessionToken\":\"$second\"}"
    has 200 '"sequence":"10"'
    ended=$BODY
    call GET "/v2/sessions/$id"
    refused 404 5 QUERY-SFeaa 'Session does not exist'
    call DELETE "/v2/sessions/$id" --data "{\"sessionToken\":\"$second\"}"
    is 200 "$ended"
    ok
}

over_connect() {
    name=connect-$1-$$
    printf -- '-- Connect over HTTP/%s\n' "$VERSION"

    step 'a user is added, and a session is created for it'
    TOKEN=$ADMIN
    connect $USERS AddHumanUser "$(human "$name")"
    [ "$STATUS" = 200 ] || fail "$STATUS $BODY"
    user=$(value userId)
    TOKEN=$LOGIN
    connect $SESSIONS CreateSession "{\"checks\":{\"user\":{\"userId\":\"$user\"},\"password\":{\"password\":\"$PASSWORD\"}}}"
    has 200 '"sequence":"4"'
    id=$(value sessionId)
    first=$(value sessionToken)
    connect $SESSIONS GetSession "{\"sessionId\":\"$id\",\"sessionToken\":\"$first\"}"
    has 200 "\"loginName\":\"$name\""
    read=$BODY
    call GET "/v2/sessions/$id"
    is 200 "$read"
    ok

    step 'it is changed and found'
    connect $SESSIONS SetSession "{\"sessionId\":\"$id\",\"lifetime\":\"60s\"}"
    has 200 '"sequence":"6"'
    second=$(value sessionToken)
    connect $SESSIONS GetSession "{\"sessionId\":\"$id\",\"sessionToken\":\"$first\"}"
    connect_refused 403 permission_denied QUERY-dsfr3 Errors.PermissionDenied
    connect $SESSIONS ListSessions "{\"queries\":[{\"userIdQuery\":{\"id\":\"$user\"}}]}"
    has 200 '"totalResult":"1"'
    ok

    step 'refusals have their bodies'
    connect $SESSIONS CreateSession "{\"checks\":{\"user\":{\"userId\":\"$user\"},\"password\":{\"password\":\"$WRONG\"}}}"
    has 400 '{"code":"invalid_argument","message":"Password is invalid (COMMAND-3M0fs)","details":[{"type":"zitadel.v1.CredentialsCheckError","value":"Cg1DT01NQU5ELTNNMGZzEhNQYXNzd29yZCBpcyBpbnZhbGlkGAE"'
    connect $SESSIONS GetSession '{"sessionId":"1"}'
    connect_refused 404 not_found QUERY-SFeaa 'Session does not exist'
    connect $SESSIONS GetSession '{}'
    is 400 '{"code":"invalid_argument","message":"invalid GetSessionRequest.SessionId: value length must be between 1 and 200 runes, inclusive"}'
    TOKEN=no-token
    connect $SESSIONS ListSessions '{}'
    connect_refused 401 unauthenticated AUTH-7fs1e Errors.Token.Invalid
    TOKEN=
    connect $SESSIONS ListSessions '{}'
    is 401 '{"code":"unauthenticated","message":"auth header missing"}'
    TOKEN=$STRANGER
    connect $SESSIONS CreateSession '{}'
    connect_refused 404 not_found AUTHZ-cdgFk 'membership not found'
    TOKEN=$LOGIN
    ok

    step 'it ends once'
    connect $SESSIONS DeleteSession "{\"sessionId\":\"$id\",\"sessionToken\":\"$second\"}"
    has 200 '"sequence":"7"'
    ended=$BODY
    connect $SESSIONS DeleteSession "{\"sessionId\":\"$id\",\"sessionToken\":\"$second\"}"
    is 200 "$ended"
    ok
}

# Somebody without a role, made over Connect, as REST has no route for it.
HTTP=--http1.1 VERSION=1.1
step 'a service user gets a token'
TOKEN=$ADMIN
call POST /v2/users/human --data "$(human "first-$$")"
org=$(value resourceOwner)
connect $USERS CreateUser "{\"organizationId\":\"$org\",\"machine\":{\"name\":\"Stranger\"}}"
machine=$(value id)
connect $USERS AddPersonalAccessToken "{\"userId\":\"$machine\",\"expirationDate\":\"2100-01-01T00:00:00Z\"}"
STRANGER=$(value token)
ok

rest one
over_connect one
HTTP=--http2-prior-knowledge VERSION=2
rest two
over_connect two
