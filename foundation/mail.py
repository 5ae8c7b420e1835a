"""Mail by SMTP, to the server that XINQIAO_SMTP_URL names."""

import os
import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate
from urllib.parse import parse_qs, unquote, urlsplit

from foundation import clock

SECONDS = 10.0


class NotConfigured(RuntimeError):
    """No mail server is named; the message waits in the outbox."""


@dataclass(frozen=True)
class Server:
    """`security` is "smtps" (TLS at once), "starttls" (TLS or nothing) or "smtp" (none)."""

    security: str
    host: str
    port: int
    user: str
    password: str
    sender: str


def server(url: str) -> Server:
    """Read smtps://user:password@host:465?from=address, starttls://… or smtp://….

    Raises:
        NotConfigured: the address is empty or incomplete.

    """
    parts = urlsplit(url)
    ports = {"smtp": 25, "starttls": 587, "smtps": 465}
    sender = parse_qs(parts.query).get("from", [""])[0]
    if parts.scheme not in ports or not parts.hostname or not sender:
        raise NotConfigured("XINQIAO_SMTP_URL is smtps://user:password@host:port?from=address")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    port = parts.port or ports[parts.scheme]
    return Server(parts.scheme, parts.hostname, port, user, password, sender)


def send(*, to: str, subject: str, body: str, key: str) -> None:
    """Hand one plain text to the mail server; `key` becomes the Message-ID.

    Nobody lives under .invalid (RFC 6761), where the people of the demo have their addresses: such
    a message counts as sent and leaves nowhere.

    Raises:
        NotConfigured: no mail server is named.
        OSError, smtplib.SMTPException: it did not take the message.

    """
    if to.lower().endswith(".invalid"):
        return
    target = server(os.environ.get("XINQIAO_SMTP_URL", ""))
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = target.sender, to, subject
    message["Date"] = formatdate(clock.now().timestamp())
    message["Message-ID"] = f"<{key}@{target.sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(body)
    with _connect(target) as connection:
        if target.user:
            connection.login(target.user, target.password)
        connection.send_message(message)


def _connect(target: Server) -> smtplib.SMTP:
    tls = ssl.create_default_context()
    if target.security == "smtps":
        return smtplib.SMTP_SSL(target.host, target.port, timeout=SECONDS, context=tls)
    connection = smtplib.SMTP(target.host, target.port, timeout=SECONDS)
    if target.security == "starttls":
        try:
            connection.starttls(context=tls)
        except BaseException:
            connection.close()
            raise
    return connection
