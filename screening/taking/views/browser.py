"""What the views of taking share: the blueprint, the cookie, the opened ticket, the help lines."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from flask import (
    Blueprint,
    Response,
    current_app,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from accounts.guard import wants_json
from accounts.policy import Actor
from foundation import clock
from foundation.database import reading, writing
from foundation.i18n import _
from foundation.problems import Problem
from schools import settings
from screening.models import Ticket, TicketDevice
from screening.taking.queries import setting, standing_of
from screening.taking.rules import Standing
from screening.tickets.queries import address_of, device_of, stamp_of

bp = Blueprint("taking", __name__)
WHY_OPEN = "a student has no account: a code, and then a cookie, open one ticket"
LOCKED_SINCE = timedelta(days=1)
SEEN_TO = timedelta(seconds=10)  # every note is a write while others wait
NEVER_LOCKED = timedelta(seconds=20)  # the usual save need not ask for the setting


class NotOpened(Problem):
    """No cookie for the ticket in the browser."""

    status = 401


@dataclass(frozen=True)
class Opened:
    """The ticket of this request inside the open unit."""

    session: Session
    device: TicketDevice
    ticket: Ticket
    standing: Standing
    stamp: tuple[Any, ...] = ()

    @property
    def actor(self) -> Actor:
        """Its holder."""
        return Actor.ticket(self.ticket.id)

    @property
    def address(self) -> str:
        """Its opaque name."""
        return address_of(self.ticket.id)

    @property
    def idle_lock_s(self) -> int:
        """After how many idle seconds the sheet covers itself."""
        return int(setting(self.session, self.ticket, "taking.idle_lock_s"))

    @property
    def help_lines(self) -> Any:
        """The numbers of the school's region."""
        return setting(self.session, self.ticket, "help.numbers")


def cookie_name() -> str:
    """The cookie of taking; the __Host- prefix needs https."""
    return "__Host-xq-take" if current_app.config["SECURE_COOKIES"] else "xq-take"


def put_cookie(response: Response, token: str) -> Response:
    """Give the browser its token until it is closed."""
    response.set_cookie(
        cookie_name(),
        token,
        httponly=True,
        secure=current_app.config["SECURE_COOKIES"],
        samesite="Lax",
        path="/",
    )
    return response


@bp.errorhandler(NotOpened)
def not_opened(_error: NotOpened) -> ResponseReturnValue:
    """Ask for the code again; a script gets a status it can act on and keeps its answers."""
    if request.is_json or wants_json():
        return jsonify({"state": "locked"}), 401
    return redirect(url_for("taking.code_form"), 303)


@contextmanager
def opened(address: str | None, *, write: bool = False) -> Iterator[Opened]:
    """Open a unit with the ticket that the cookie opens; locks it when writing.

    Whatever a request needs to know is read before it queues to write.

    Raises:
        NotOpened: no cookie, or a cookie of another ticket.

    """
    with reading() as session:
        it = _found(session, address)
        if not write:
            yield it
            return
        it = stamped(it)
    with inside(it) as it:
        yield it


def stamped(it: Opened) -> Opened:
    """Note in which state a ticket was looked at, for inside()."""
    return replace(it, stamp=stamp_of(it.session, it.device.id))


@contextmanager
def inside(before: Opened) -> Iterator[Opened]:
    """The ticket in a unit that writes; the very objects of `before` unless something changed.

    One unit writes at a time, so what can be worked out before must not keep others waiting.
    """
    with writing() as session:
        if stamp_of(session, before.device.id, lock=True) == before.stamp:
            session.add_all((before.device, before.ticket))
            session.info.update(before.session.info)
            yield replace(before, session=session)
        else:
            yield _found(session, before.address, lock=True)


def _found(session: Session, address: str | None, *, lock: bool = False) -> Opened:
    found = device_of(session, request.cookies.get(cookie_name()), address, lock=lock)
    if found is None:
        raise NotOpened(_("请重新输入问卷码。"))
    return Opened(session, *found, standing_of(session, found[1]))


def is_locked(open_ticket: Opened) -> bool:
    """Whether the browser was left alone so long that its PIN is asked again."""
    if open_ticket.ticket.pin_hash is None:
        return False
    alone = clock.now() - open_ticket.device.seen_at
    return alone > NEVER_LOCKED and alone > timedelta(seconds=open_ticket.idle_lock_s)


def used(open_ticket: Opened) -> None:
    """Note that the browser was just used; what a locked one still sends does not open it."""
    if clock.now() - open_ticket.device.seen_at > SEEN_TO and not is_locked(open_ticket):
        touch(open_ticket.device)


def touch(device: TicketDevice) -> None:
    """Count the idle time from now."""
    device.seen_at = clock.now()


def lock(device: TicketDevice) -> None:
    """Ask for the PIN at the next page, however short ago the browser was used."""
    device.seen_at = clock.now() - LOCKED_SINCE


def page(template: str, status: int = 200, **values: Any) -> Response:
    """A page of taking; with a cookie it offers to call a teacher."""
    known = request.cookies.get(cookie_name()) is not None
    values.setdefault("help_lines", settings.DEFAULTS["help.numbers"].value)
    values.setdefault("ask_url", url_for("taking.ask") if known else None)
    response: Response = make_response(render_template(f"taking/{template}", **values), status)
    return response
