"""A mail server for tests, on aiosmtpd. Each mail becomes a JSON file in a folder, parsed by Python's own mail parser.

It prints `ready PORT` once it listens. Of receivers, `refused@…` is refused for good and `later@…` at the first try;
`broken@…` gets the connection cut after the mail was sent, before the answer.
"""

import argparse
import asyncio
import itertools
import json
import os
import ssl
from email import message_from_bytes, policy

from aiosmtpd.smtp import SMTP, AuthResult


class Keeper:
    def __init__(self, folder, is_tls):
        self.folder = folder
        self.is_tls = is_tls
        self.numbers = itertools.count(1)
        self.seen = set()

    async def handle_RCPT(self, server, session, envelope, address, options):
        name = address.split("@")[0]
        if name == "refused":
            return "550 5.1.1 nobody of that name"
        if name == "later" and address not in self.seen:
            self.seen.add(address)
            return "451 4.3.0 come back later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        mail = message_from_bytes(envelope.content, policy=policy.default)
        plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
        kept = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "tls": session.ssl is not None or self.is_tls,
            "user": session.auth_data.login.decode() if session.authenticated else None,
            "headers": [[name, str(value)] for name, value in mail.items()],
            "type": mail.get_content_type(),
            "parts": [part.get_content_type() for part in mail.iter_parts()],
            "defects": [repr(d) for part in mail.walk() for d in part.defects]
            + [repr(d) for value in mail.values() for d in value.defects],
            "text": plain and plain.get_content(),
            "html": html and html.get_content(),
            "longestLine": max(len(line) for line in envelope.content.split(b"\r\n")),
        }
        file = os.path.join(self.folder, f"{next(self.numbers):04}.json")
        with open(file + ".partial", "w", encoding="utf-8") as out:
            json.dump(kept, out)
        os.rename(file + ".partial", file)
        if envelope.rcpt_tos[0].startswith("broken@") and envelope.rcpt_tos[0] not in self.seen:
            self.seen.add(envelope.rcpt_tos[0])
            server.transport.abort()
        return "250 taken"


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--tls", choices=["tls", "starttls", "none"], default="none")
    parser.add_argument("--cert")
    parser.add_argument("--key")
    parser.add_argument("--user")
    parser.add_argument("--password")
    args = parser.parse_args()
    context = None
    if args.tls != "none":
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(args.cert, args.key)

    def sign_in(server, session, envelope, mechanism, data):
        right = (args.user.encode(), args.password.encode()) == (data.login, data.password)
        return AuthResult(success=right, handled=False, auth_data=data if right else None)

    options = {"hostname": "mail.test", "enable_SMTPUTF8": False}
    if args.tls == "starttls":
        options |= {"tls_context": context, "require_starttls": True}
    if args.user:
        # aiosmtpd knows of TLS only where it began it itself.
        options |= {"authenticator": sign_in, "auth_required": True, "auth_require_tls": args.tls == "starttls"}
    keeper = Keeper(args.folder, args.tls == "tls")
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(keeper, loop=loop, **options),
        "127.0.0.1",
        args.port,
        ssl=context if args.tls == "tls" else None,
    )
    print("ready", server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
