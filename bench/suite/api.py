"""The API of a running server, as far as setting a measurement up needs it."""

import http.client
import json
import os
import pathlib
import sys
import urllib.parse

PASSWORD = "Bench-Password-1!"


class Api:
    """A server and the token of its administrator."""

    def __init__(self, url, data_dir):
        self.url = url
        self.netloc = urllib.parse.urlsplit(url).netloc
        self.token = (pathlib.Path(data_dir) / "admin.pat").read_text().strip()

    def headers(self, content_type="application/json"):
        named = {"Authorization": f"Bearer {self.token}"}
        return {**named, "Content-Type": content_type} if content_type else named

    def send(self, method, path, body, headers):
        """The status and the bytes of an answer."""
        connection = http.client.HTTPConnection(self.netloc, timeout=30)
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        return answer.status, data

    def call(self, method, path, body=None):
        """The bytes of an answer that must be good."""
        sent = None if body is None else json.dumps(body)
        status, data = self.send(method, path, sent, self.headers() if sent else self.headers(None))
        if status >= 300:
            sys.exit(f"{method} {path}: {status} {data.decode()}")
        return data

    def user(self):
        """Makes a person with a password."""
        name = f"bench-{os.getpid()}-{os.urandom(4).hex()}"
        made = self.call("POST", "/v2/users/human", {
            "username": name,
            "profile": {"givenName": "Bench", "familyName": "Mark"},
            "email": {"email": f"{name}@example.com", "isVerified": True},
            "password": {"password": PASSWORD},
        })
        return json.loads(made)["userId"]

    def session(self, user):
        """Opens a session; its id and token."""
        made = json.loads(self.call("POST", "/v2/sessions", {"checks": {"user": {"userId": user}}}))
        return made["sessionId"], made["sessionToken"]
