"""Messages reach real receivers that go down and come back, and say nothing about anybody."""

import http.server
import json
import socket
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select

from foundation import clock, crypto, database, mail, outbox, push, webhook
from foundation.audit import AuditRow
from foundation.problems import Missing, Refused
from foundation.push import PushChannel

SENTENCE = "您有一条待办，请登录查看"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class MailServer:
    """A real SMTP server on a port that stays the same."""

    def __init__(self) -> None:
        self.port = free_port()
        self.received: list[bytes] = []
        self.controller: Controller | None = None

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.received.append(envelope.original_content)
        return "250 OK"

    def up(self) -> None:
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self.controller.start()

    def down(self) -> None:
        if self.controller is not None:
            self.controller.stop()
        self.controller = None


class HookServer:
    """A real HTTP server on a port that stays the same; `status` is what it answers."""

    def __init__(self) -> None:
        self.port = free_port()
        self.status = 204
        self.received: list[tuple[dict[str, str], bytes]] = []
        self.server: http.server.HTTPServer | None = None

    def up(self) -> None:
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.received.append((dict(self.headers), body))
                self.send_response(outer.status)
                self.send_header("Location", f"http://127.0.0.1:{outer.port}/elsewhere")
                self.end_headers()

            def log_message(self, *_words: object) -> None:
                """Stay quiet."""

        self.server = http.server.HTTPServer(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def down(self) -> None:
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()
        self.server = None


@pytest.fixture
def smtp(monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    made = MailServer()
    address = f"smtp://127.0.0.1:{made.port}?from=noreply@xinqiao.example.org"
    monkeypatch.setenv("XINQIAO_SMTP_URL", address)
    made.up()
    yield made
    made.down()


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[HookServer]:
    made = HookServer()
    monkeypatch.setenv("XINQIAO_WEBHOOK_NETWORKS", "127.0.0.0/8")
    made.up()
    yield made
    made.down()


def add(kind: str, address: str, user_id: int = 12) -> int:
    with database.writing() as session:
        return push.add_channel(
            session, by="user:12", user_id=user_id, kind=kind, address=address
        ).id


def notify(key: str = "alert:7:raised") -> int:
    with database.writing() as session:
        return push.notify(
            session, user_ids=[12], key=key, text_key="alert.raised", path="/alerts/7", urgent=True
        )


def test_a_mail_server_that_comes_back_gets_the_message_once(
    db: object, smtp: MailServer, frozen: datetime
) -> None:
    add("email", "counselor@example.org")
    smtp.down()
    assert notify() == 1
    assert outbox.drain() == 0
    smtp.up()
    with clock.frozen(frozen + timedelta(seconds=5)):
        assert outbox.drain() == 1
    with clock.frozen(frozen + timedelta(hours=1)):
        assert outbox.drain() == 0
    assert len(smtp.received) == 1


def test_a_mail_holds_an_id_and_a_link_and_nothing_else(db: object, smtp: MailServer) -> None:
    add("email", "counselor@example.org")
    notify()
    outbox.drain()
    message = message_from_bytes(smtp.received[0], policy=default)
    assert message["Subject"] == SENTENCE
    body = message.get_body()
    assert body is not None
    first, blank, identity, link = body.get_content().splitlines()
    assert (first, blank) == (SENTENCE, "")
    page, token = link.rsplit("/", 1)
    assert page == "http://127.0.0.1:8000/todo"
    assert push.path_of(token) == "/alerts/7"
    assert "alert" not in link
    assert identity.startswith("编号：")
    assert b"alert" not in smtp.received[0]


def test_a_hook_that_fails_gets_the_same_message_again(
    db: object, hook: HookServer, frozen: datetime
) -> None:
    add("webhook", f"http://127.0.0.1:{hook.port}/in?x=1")
    notify()
    hook.status = 503
    assert outbox.drain() == 0
    hook.down()
    with clock.frozen(frozen + timedelta(seconds=5)):
        assert outbox.drain() == 0
    hook.up()
    hook.status = 200
    with clock.frozen(frozen + timedelta(seconds=40)):
        assert outbox.drain() == 1
    (first, body), (second, again) = hook.received
    assert body == again
    assert first["Idempotency-Key"] == second["Idempotency-Key"]
    assert set(json.loads(body)) == {"id", "text", "link"}


def test_a_receiver_can_tell_our_call_from_a_forged_or_old_one(
    db: object, hook: HookServer, frozen: datetime
) -> None:
    channel = add("webhook", f"http://127.0.0.1:{hook.port}/")
    with database.reading() as session:
        secret = session.get_one(PushChannel, channel).secret or ""
    notify()
    outbox.drain()
    headers, body = hook.received[0]
    header = headers["X-Xinqiao-Signature"]
    assert webhook.is_genuine(header, body, secret)
    assert not webhook.is_genuine(header, body + b" ", secret)
    assert not webhook.is_genuine(header, body, "other")
    with clock.frozen(frozen + timedelta(minutes=6)):
        assert not webhook.is_genuine(header, body, secret)


def test_a_redirect_is_a_failure_and_not_followed(db: object, hook: HookServer) -> None:
    hook.status = 302
    with pytest.raises(webhook.Undelivered, match="302"):
        webhook.post(f"http://127.0.0.1:{hook.port}/", b"{}", secret="s", key="k")
    assert len(hook.received) == 1


@pytest.mark.parametrize("networks", ["", "10.0.0.0/8"])
def test_an_internal_address_is_not_called_unless_allowed(
    db: object, hook: HookServer, monkeypatch: pytest.MonkeyPatch, networks: str
) -> None:
    monkeypatch.setenv("XINQIAO_WEBHOOK_NETWORKS", networks)
    with pytest.raises(webhook.NotAllowed):
        webhook.post(f"http://127.0.0.1:{hook.port}/", b"{}", secret="s", key="k")
    assert hook.received == []


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://example.org/", "https:///x"])
def test_other_kinds_of_address_are_refused(url: str) -> None:
    with pytest.raises(webhook.NotAllowed):
        webhook.post(url, b"{}", secret="s", key="k")


def test_a_mail_down_does_not_hold_up_the_hook(
    db: object, smtp: MailServer, hook: HookServer
) -> None:
    add("email", "counselor@example.org")
    add("webhook", f"http://127.0.0.1:{hook.port}/")
    smtp.down()
    assert notify() == 2
    assert outbox.drain() == 1
    assert len(hook.received) == 1


def test_a_message_to_somebody_of_the_demo_leaves_nowhere(db: object, smtp: MailServer) -> None:
    add("email", "counselor-990101@demo.invalid")
    assert notify() == 1
    assert outbox.drain() == 1
    assert smtp.received == []


def test_a_removed_channel_gets_nothing_more(db: object, smtp: MailServer) -> None:
    channel = add("email", "counselor@example.org")
    notify()
    with database.writing() as session:
        push.remove_channel(session, by="user:12", user_id=12, channel_id=channel)
    assert outbox.drain() == 1
    assert smtp.received == []
    with database.reading() as session:
        assert push.channels_of(session, 12) == []
        events = session.scalars(select(AuditRow.event).order_by(AuditRow.id)).all()
    assert events == ["push_channel.added", "push_channel.removed"]


def test_nobody_removes_the_channel_of_another(db: object) -> None:
    channel = add("email", "counselor@example.org")
    with database.writing() as session, pytest.raises(Missing):
        push.remove_channel(session, by="user:13", user_id=13, channel_id=channel)


@pytest.mark.parametrize(
    ("kind", "address"),
    [("sms", "1"), ("email", "no address"), ("email", "a@b\nBcc: c@d"), ("webhook", "ftp://x/")],
)
def test_a_senseless_channel_is_refused(db: object, kind: str, address: str) -> None:
    with pytest.raises(Refused):
        add(kind, address)


@pytest.mark.parametrize("path", ["/students/王明", "/x?name=1", "//evil.example", "https://x/"])
def test_a_link_holds_ids_only(db: object, path: str) -> None:
    with database.writing() as session, pytest.raises(ValueError, match="path"):
        push.notify(session, user_ids=[12], key="k", path=path)


def test_without_a_mail_server_the_message_waits(
    db: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XINQIAO_SMTP_URL", raising=False)
    add("email", "counselor@example.org")
    notify()
    assert outbox.drain() == 0
    assert outbox.status()["failing"][0]["last_error"] == "NotConfigured"


def test_the_address_of_a_mail_server_is_read_completely() -> None:
    found = mail.server("smtps://me%40x:p%2Fw@mail.example.org?from=a@example.org")
    assert (found.host, found.port, found.user) == ("mail.example.org", 465, "me@x")
    assert (found.password, found.sender) == ("p/w", "a@example.org")


def test_the_id_of_a_message_says_nothing(db: object) -> None:
    assert push._code("alert:7:raised") == crypto.blind_index("push", "alert:7:raised")[:32]
