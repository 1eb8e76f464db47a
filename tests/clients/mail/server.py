"""A mail server: server.py MODE FOLDER [CERTIFICATE KEY]. Writes each mail to a file of the folder."""

import asyncio
import os
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

mode, folder = sys.argv[1:3]
tls = None
if mode != "none":
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(*sys.argv[3:5])


def authenticate(server, session, envelope, mechanism, data):
    right = LoginPassword(b"bartizan", "pässword".encode())
    return AuthResult(success=data == right, handled=False)


class Handler:
    mails = 0
    later = True

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody@"):
            return f"550 5.1.1 {address}: nobody here"
        if self.later:
            # The first attempt of all.
            self.later = False
            return "451 4.7.1 try again later"
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server, session, envelope):
        Handler.mails += 1
        path = os.path.join(folder, f"{Handler.mails}.eml")
        with open(path + ".part", "wb") as file:
            file.write(envelope.content)
        os.rename(path + ".part", path)
        return "250 taken"


async def main():
    handler = Handler()

    def protocol():
        safe = mode != "none"
        return SMTP(
            handler,
            hostname="mail.example",
            tls_context=tls if mode == "starttls" else None,
            require_starttls=mode == "starttls",
            auth_require_tls=mode == "starttls",
            auth_required=safe,
            authenticator=authenticate,
        )

    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        protocol, "127.0.0.1", 0, ssl=tls if mode == "tls" else None
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
