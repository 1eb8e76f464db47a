"""Has codes sent by mail, proves an address with one of them and logs in with another."""

import email
import email.policy
import json
import os
import re
import time
import urllib.request

url = os.environ["ZITADEL_API_URL"]
folder = os.environ["MAILS"]
with open(os.environ["ZITADEL_ADMIN_TOKEN_FILE"]) as file:
    token = file.read().strip()


def call(method, path, body=None):
    request = urllib.request.Request(
        url + path,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"authorization": f"Bearer {token}", "content-type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def add(name, address):
    return call(
        "POST",
        "/v2/users/human",
        {
            "username": name,
            "profile": {"givenName": "Mini", "familyName": "Möuse <b>"},
            "email": {"email": address, "sendCode": {}},
        },
    )["userId"]


def received(name):
    path = os.path.join(folder, name)
    while not os.path.exists(path):
        time.sleep(0.05)
    with open(path, "rb") as file:
        return email.message_from_binary_file(file, policy=email.policy.default)


# Refused for good: nobody waits for it.
add("nobody", "nobody@mouse.example")
user = add("mini", "mini@mouse.example")
mail = received("1.eml")
assert mail["from"] == "Bartizan <login@bartizan.example>", mail["from"]
assert mail["to"] == "mini@mouse.example", mail["to"]
assert mail["reply-to"] == "help@bartizan.example", mail["reply-to"]
assert mail["message-id"].endswith("@bartizan.example>"), mail["message-id"]
plain = mail.get_body(("plain",)).get_content()
html = mail.get_body(("html",)).get_content()
assert "Mini Möuse <b>" in plain, plain
assert "Mini Möuse &lt;b&gt;" in html, html
code = re.search(r"[?&]code=([^&\s]+)", plain)[1]
assert html.count(code) >= 2, html
print("ok a mail with a code")
call("POST", f"/v2/users/{user}/email/verify", {"verificationCode": code})
read = call("GET", f"/v2/users/{user}")
assert read["user"]["human"]["email"]["isVerified"], read
print("ok the code proves the address")
assert os.listdir(folder) == ["1.eml"], os.listdir(folder)

call("POST", f"/v2/users/{user}/otp_email", {})
session = call(
    "POST",
    "/v2/sessions",
    {"checks": {"user": {"userId": user}}, "challenges": {"otpEmail": {}}},
)["sessionId"]
plain = received("2.eml").get_body(("plain",)).get_content()
code = re.search(r"[?&]code=([0-9]{8})", plain)[1]
call("PATCH", f"/v2/sessions/{session}", {"checks": {"otpEmail": {"code": code}}})
factors = call("GET", f"/v2/sessions/{session}")["session"]["factors"]
assert factors["otpEmail"]["verifiedAt"], factors
print("ok the code logs its user in")
