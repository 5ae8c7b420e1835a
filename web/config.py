"""Settings of the process, read from the environment once; a bad value stops the start."""

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from foundation import push

MOST_BY_DEFAULT, MOST_PROCESSES = 4, 64
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
    web_processes: int = 1


def from_environment() -> Config:
    """Read XINQIAO_*.

    Raises:
        BadConfig: plain http on an address that other machines reach, without consent to it; or a
            number of processes that is none.

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
        web_processes=_web_processes(),
    )


def _web_processes() -> int:
    wish = os.environ.get("XINQIAO_WEB_PROCESSES", "").strip()
    if not wish:
        return min(MOST_BY_DEFAULT, len(os.sched_getaffinity(0)))
    if not (wish.isascii() and wish.isdigit() and 1 <= int(wish) <= MOST_PROCESSES):
        raise BadConfig(f"XINQIAO_WEB_PROCESSES is a number from 1 to {MOST_PROCESSES}: {wish}")
    return int(wish)
