"""What is asked of the server."""

import base64
import json
import re
import sys

from .api import PASSWORD
from .load import Request

SERVICE = "/zitadel.session.v2.SessionService/"
BY_TOKEN = "/v2/sessions/{id}?sessionToken={token}"


def _post(api, name, path, body):
    return Request(name, "POST", path, api.headers(), json.dumps(body).encode())


def create(api, user, name="create"):
    return _post(api, name, "/v2/sessions", {"checks": {"user": {"userId": user}}})


def create_with_password(api, user, name="create with password"):
    checks = {"user": {"userId": user}, "password": {"password": PASSWORD}}
    return _post(api, name, "/v2/sessions", {"checks": checks})


def newest(api, user, name="list newest 20"):
    return _post(api, name, "/v2/sessions/search", {
        "queries": [{"userIdQuery": {"id": user}}],
        "query": {"limit": 20},
        "sortingColumn": "SESSION_FIELD_NAME_CREATION_DATE",
    })


def get(api, targets, name="get with token", refused=False):
    return Request(name, "GET", BY_TOKEN, api.headers(), targets=targets, refused=refused)


def set_lifetime(api, targets, name="set lifetime"):
    body = b'{"lifetime":"3600s"}'
    return Request(name, "PATCH", "/v2/sessions/{id}", api.headers(), body, targets)


def delete(api, targets, name="delete with token"):
    body = b'{"sessionToken":"{token}"}'
    return Request(name, "DELETE", "/v2/sessions/{id}", api.headers(), body, targets, once=True)


def forged(line):
    """The line of a target with a token of the right form and a wrong MAC, which is at its end."""
    return line[:-8] + ("A" * 8 if not line.endswith("A" * 8) else "B" * 8)


def _field(number, data):
    """A field of a message: texts and messages, shorter than 2**14 bytes."""
    data = data.encode() if isinstance(data, str) else data
    length = bytes([len(data)]) if len(data) < 128 else bytes([len(data) & 127 | 128, len(data) >> 7])
    return bytes([number << 3 | 2]) + length + data


def _envelope(message):
    return b"\0" + len(message).to_bytes(4, "big") + message


def in_every_protocol(api, user, session, token):
    """Get and create over each protocol: (protocol, operation, request). Bodies are encoded once."""
    as_messages = {
        "get": ("GetSession", {"sessionId": session, "sessionToken": token},
                _field(1, session) + _field(2, token)),
        "create": ("CreateSession", {"checks": {"user": {"userId": user}}},
                   _field(1, _field(1, _field(1, user)))),
    }
    path = BY_TOKEN.replace("{id}", session).replace("{token}", token)
    yield "REST", "get", Request("REST get", "GET", path, api.headers(None))
    yield "REST", "create", create(api, user, "REST create")
    for operation, (method, as_json, message) in as_messages.items():
        for protocol, body, content_type in (
            ("Connect JSON", json.dumps(as_json).encode(), "application/json"),
            ("Connect protobuf", message, "application/proto"),
            ("gRPC-Web", _envelope(message), "application/grpc-web+proto"),
            ("gRPC-Web text", base64.b64encode(_envelope(message)), "application/grpc-web-text"),
            ("gRPC", _envelope(message), "application/grpc+proto"),
        ):
            yield protocol, operation, Request(
                f"{protocol} {operation}", "POST", SERVICE + method, api.headers(content_type), body,
                grpc=protocol == "gRPC")


def check(api, protocol, request):
    """Sends it once, where HTTP/1.1 will do, and looks at the answer: over gRPC-Web a refusal is 200 too."""
    if request.grpc:
        return
    status, data = api.send(request.method, request.path, request.body or None, request.headers)
    if protocol == "gRPC-Web text":
        # Each part may end in padding of its own.
        data = b"".join(map(base64.b64decode, re.findall(rb"[^=]+=*", data)))
    good = status < 300
    if protocol.startswith("gRPC-Web"):
        # A message first, then the trailers.
        good = good and data[:1] == b"\0" and re.search(rb"grpc-status: ?0\r?\n", data)
    if not good:
        sys.exit(f"{request.name}: {status} {data!r}")
