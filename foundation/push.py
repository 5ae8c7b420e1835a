"""Telling a person to sign in: an id and a link, never a name, a school, a score or a reason."""

import json
import os
import re
import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import CheckConstraint, Integer, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from foundation import audit, clock, crypto, mail, outbox, webhook
from foundation.classification import INTERNAL, PERSONAL
from foundation.crypto import EncryptedText
from foundation.database import Model, UtcDateTime, reading
from foundation.i18n import _, _l
from foundation.problems import Missing, Refused

EMAIL, WEBHOOK = "email", "webhook"
# The whole text of every message. A lock screen is read by whoever stands beside it.
SENTENCE = _l("您有一条待办，请登录查看")
ADDRESS = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+")
HTTPS = re.compile(r"https?://[^/\s]+(/\S*)?")
PATH = re.compile(r"/(?!/)[A-Za-z0-9/_-]*")


class PushChannel(Model):
    """Where a person wants to be told; `secret` signs the calls of a webhook."""

    __tablename__ = "push_channel"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, info=INTERNAL)
    user_id: Mapped[int] = mapped_column(Integer, index=True, info=INTERNAL)
    kind: Mapped[str] = mapped_column(String(10), info=INTERNAL)
    address: Mapped[str] = mapped_column(EncryptedText, info=PERSONAL)
    secret: Mapped[str | None] = mapped_column(EncryptedText, info=PERSONAL)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)

    __table_args__ = (CheckConstraint("kind IN ('email', 'webhook')", name="kind"),)


def add_channel(session: Session, *, by: str, user_id: int, kind: str, address: str) -> PushChannel:
    """Add a way to reach a person; a webhook gets a fresh secret that signs its calls.

    Raises:
        Refused: unknown kind, or an address that cannot be one of that kind.

    """
    expected = {EMAIL: ADDRESS, WEBHOOK: HTTPS}.get(kind)
    if expected is None:
        raise Refused(_("只能是邮箱或网络回调。"), "kind")
    if not expected.fullmatch(address):
        raise Refused(_("地址不对：邮箱要像 name@example.org，回调要以 https:// 开头。"), "address")
    secret = secrets.token_urlsafe(32) if kind == WEBHOOK else None
    channel = PushChannel(user_id=user_id, kind=kind, address=address, secret=secret)
    channel.created_at = clock.now()
    session.add(channel)
    session.flush()
    _audited(session, "push_channel.added", by, channel)
    return channel


def remove_channel(session: Session, *, by: str, user_id: int, channel_id: int) -> None:
    """Stop using one of a person's channels; messages that wait for it are dropped.

    Raises:
        Missing: this person has no such channel.

    """
    channel = session.get(PushChannel, channel_id)
    if channel is None or channel.user_id != user_id:
        raise Missing
    _audited(session, "push_channel.removed", by, channel)
    session.delete(channel)


def channels_of(session: Session, user_id: int) -> list[PushChannel]:
    """Return the ways in which a person wants to be told."""
    own = select(PushChannel).where(PushChannel.user_id == user_id).order_by(PushChannel.id)
    return list(session.scalars(own))


def reached(session: Session, user_ids: Iterable[int]) -> set[int]:
    """Return those of the people to whom a message can go at all."""
    wanted = select(PushChannel.user_id).where(PushChannel.user_id.in_(set(user_ids)))
    return set(session.scalars(wanted))


def notify(
    session: Session,
    *,
    user_ids: Iterable[int],
    key: str,
    text_key: str = "todo",
    path: str,
    urgent: bool = False,
) -> int:
    """Queue one message per channel of these people; return how many.

    `path` is what the link opens after sign-in: ids only. `text_key` is kept for the statistics of
    the outbox and is never sent. The same `key` queues nothing twice.

    Raises:
        ValueError: the path holds more than letters, digits and dashes.

    """
    if not PATH.fullmatch(path):
        raise ValueError(f"not a plain path: {path!r}")
    wanted = select(PushChannel.id, PushChannel.kind).where(PushChannel.user_id.in_(set(user_ids)))
    rows = session.execute(wanted.order_by(PushChannel.id)).all()
    for channel, kind in rows:
        payload = {"channel": channel, "path": path, "text": text_key}
        name = f"{key}:{channel}"
        outbox.enqueue(session, f"push.{kind}", key=name, payload=payload, urgent=urgent)
    return len(rows)


@outbox.handler("push.email")
def deliver_email(payload: dict[str, Any], message_key: str) -> None:
    """Send the one sentence by mail."""
    channel = _channel(payload)
    if channel is None:
        return
    code = _code(message_key)
    text = f"{SENTENCE}\n\n{_('编号')}：{code[:8]}\n{_link(payload)}\n"
    mail.send(to=channel.address, subject=str(SENTENCE), body=text, key=code)


@outbox.handler("push.webhook")
def deliver_webhook(payload: dict[str, Any], message_key: str) -> None:
    """Post the one sentence, signed."""
    channel = _channel(payload)
    if channel is None:
        return
    code = _code(message_key)
    document = {"id": code, "text": str(SENTENCE), "link": _link(payload)}
    body = json.dumps(document, ensure_ascii=False).encode()
    webhook.post(channel.address, body, secret=channel.secret or "", key=code)


def _audited(session: Session, event: str, by: str, channel: PushChannel) -> None:
    subject = f"user:{channel.user_id}"
    details = {"channel": channel.id, "kind": channel.kind}
    audit.record(session, event, by=by, organisation_id=None, subject=subject, details=details)


def _channel(payload: dict[str, Any]) -> PushChannel | None:
    """Return the channel, or None when the person has removed it: then there is nothing to do."""
    with reading() as session:
        return session.get(PushChannel, payload["channel"])


def _code(message_key: str) -> str:
    # Our own keys name what happened ("alert:12"), which is a reason.
    return crypto.blind_index("push", message_key)[:32]


def _link(payload: dict[str, Any]) -> str:
    # the path itself ("/alerts/7") would name a reason on a lock screen
    return f"{public_url()}/todo/{_links().dumps(payload['path'])}"


def public_url() -> str:
    """Return the address that people reach this installation by, without a slash at its end."""
    here = os.environ.get("XINQIAO_HOST", "127.0.0.1"), os.environ.get("XINQIAO_PORT", "8000")
    return os.environ.get("XINQIAO_PUBLIC_URL", "http://{}:{}".format(*here)).rstrip("/")


def path_of(token: str) -> str | None:
    """Return the page that the link of a message leads to, None when the link is not ours."""
    try:
        path = str(_links().loads(token))
    except BadSignature:
        return None
    return path if PATH.fullmatch(path) else None


def _links() -> URLSafeSerializer:
    return URLSafeSerializer(crypto.secret_key(), salt="todo")
