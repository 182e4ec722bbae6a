#!/usr/bin/env python3
"""smtp_server PLAIN_PORT TLS_PORT CERTIFICATE KEY MAILDIR PASSWORD: aiosmtpd, which takes mails of `board` into a Maildir.

On the first port it begins in clear and wants STARTTLS before anything else, on the second it begins with TLS."""
import signal
import ssl
import sys

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Mailbox
from aiosmtpd.smtp import AuthResult

plain_port, tls_port, certificate, key, maildir, password = sys.argv[1:]
tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
tls.load_cert_chain(certificate, key)


class Inbox(Mailbox):
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody@"):
            return "550 5.1.1 there is nobody of that name"
        envelope.rcpt_tos.append(address)
        return "250 OK"


def knows(server, session, envelope, mechanism, data):
    # `handled` would mean that the answer was sent from here.
    return AuthResult(success=(data.login, data.password) == (b"board", password.encode()), handled=False)


asks = {"hostname": "127.0.0.1", "authenticator": knows, "auth_required": True}
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
servers = [
    Controller(Inbox(maildir), port=int(plain_port), tls_context=tls, require_starttls=True, **asks),
    # `auth_require_tls` means STARTTLS; here all is inside of TLS.
    Controller(Inbox(maildir), port=int(tls_port), ssl_context=tls, auth_require_tls=False, **asks),
]
for server in servers:
    server.start()
signal.sigwait({signal.SIGTERM})
for server in servers:
    server.stop()
