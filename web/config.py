"""Settings of the process, read from the environment once; a bad value stops the start."""

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from foundation import push

LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class BadConfig(RuntimeError):
    """The environment asks for something unsafe or senseless."""


@dataclass(frozen=True)
class Config:
    """Where the installation lives and how the world reaches it."""

    home: Path
    database_url: str | None
    public_url: str
    secure_cookies: bool
    plain_http: bool


def from_environment() -> Config:
    """Read XINQIAO_*.

    Raises:
        BadConfig: plain http on an address that other machines reach, without consent to it.

    """
    host = os.environ.get("XINQIAO_HOST", "127.0.0.1")
    public_url = push.public_url()
    parts = urlsplit(public_url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise BadConfig(f"XINQIAO_PUBLIC_URL is not a web address: {public_url}")
    secure = parts.scheme == "https"
    exposed = parts.hostname not in LOOPBACK or host not in LOOPBACK
    plain = not secure and exposed
    if plain and os.environ.get("XINQIAO_ALLOW_HTTP") != "1":
        raise BadConfig(
            "Plain http is served on loopback only. Set XINQIAO_PUBLIC_URL to an https address "
            "(with a proxy in front), or XINQIAO_ALLOW_HTTP=1 inside a closed school network."
        )
    return Config(
        home=Path(os.environ.get("XINQIAO_HOME", "instance")),
        database_url=os.environ.get("XINQIAO_DATABASE_URL") or None,
        public_url=public_url,
        secure_cookies=secure,
        plain_http=plain,
    )
