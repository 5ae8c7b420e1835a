"""Signed HTTP notification to an address that an administrator has entered."""

import hashlib
import hmac
import http.client
import ipaddress
import os
from urllib.parse import urlsplit

from foundation import clock

SECONDS = 10.0
LONGEST_ANSWER = 1_000_000


class Undelivered(RuntimeError):
    """The receiver did not answer with 2xx."""

    def __init__(self, status: int) -> None:
        """Keep the status."""
        super().__init__(f"status {status}")
        self.status = status


class NotAllowed(ValueError):
    """The address is not one this installation may call."""


def post(
    url: str, body: bytes, *, secret: str, key: str, content_type: str = "application/json"
) -> bytes:
    """Send a document once, without following redirects; return what the receiver answered.

    Headers: `Idempotency-Key` (the same at every try) and `X-Xinqiao-Signature: t=<unix
    seconds>,v1=<hex HMAC-SHA256 of "t.body">`.

    Raises:
        NotAllowed: not https, or an internal address outside XINQIAO_WEBHOOK_NETWORKS.
        Undelivered: an answer other than 2xx.
        OSError, http.client.HTTPException: no answer.

    """
    parts = urlsplit(url)
    headers = {"Content-Type": content_type, "Idempotency-Key": key}
    headers["X-Xinqiao-Signature"] = signature(body, secret, int(clock.now().timestamp()))
    connection = _connection(parts.scheme, parts.hostname or "", parts.port)
    try:
        connection.connect()
        _check_peer(connection, parts.scheme)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", path, body, headers)
        response = connection.getresponse()
        answer = response.read(LONGEST_ANSWER)
        if not 200 <= response.status < 300:
            raise Undelivered(response.status)
        return answer
    finally:
        connection.close()


def signature(body: bytes, secret: str, seconds: int) -> str:
    """Return the signature header of a body sent at a moment (Unix seconds)."""
    digest = hmac.new(secret.encode(), b"%d." % seconds + body, hashlib.sha256).hexdigest()
    return f"t={seconds},v1={digest}"


def is_genuine(header: str, body: bytes, secret: str, *, tolerance: int = 300) -> bool:
    """Say whether a call-back was signed with our secret within the tolerance (seconds)."""
    seconds = header.removeprefix("t=").partition(",")[0]
    if not seconds.isdecimal() or abs(clock.now().timestamp() - int(seconds)) > tolerance:
        return False
    return hmac.compare_digest(header, signature(body, secret, int(seconds)))


def _connection(scheme: str, host: str, port: int | None) -> http.client.HTTPConnection:
    if scheme not in {"http", "https"} or not host:
        raise NotAllowed("only https addresses")
    kind = http.client.HTTPSConnection if scheme == "https" else http.client.HTTPConnection
    return kind(host, port, timeout=SECONDS)


def _check_peer(connection: http.client.HTTPConnection, scheme: str) -> None:
    # The connected address counts, not the name: a name may change between check and call.
    peer = ipaddress.ip_address(connection.sock.getpeername()[0])
    internal = any(peer in network for network in _internal_networks())
    if not internal and (scheme != "https" or not peer.is_global):
        raise NotAllowed(f"{peer} is not public https and not in XINQIAO_WEBHOOK_NETWORKS")


def _internal_networks() -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    names = os.environ.get("XINQIAO_WEBHOOK_NETWORKS", "").split(",")
    return [ipaddress.ip_network(name.strip()) for name in names if name.strip()]
