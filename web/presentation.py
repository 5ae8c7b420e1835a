"""Filters that say times in words; the lead registers them with `register(app)`."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import segno
from flask import Flask
from markupsafe import Markup

from foundation import clock
from foundation.i18n import _

SOON = timedelta(hours=2)


@dataclass(frozen=True)
class Left:
    """Time until a due moment: `state` is over, soon or later; `words` is for people."""

    state: str
    words: str


def remaining(when: datetime) -> Left:
    """Say how long is left, or by how much it is overdue."""
    left = when - clock.now()
    if left < timedelta(0):
        return Left("over", _("超时 %(span)s", span=span(-left)))
    return Left("soon" if left <= SOON else "later", _("剩 %(span)s", span=span(left)))


def span(length: timedelta) -> str:
    """Say a length of time in its two largest useful units."""
    minutes = int(length.total_seconds() // 60)
    days, hours = divmod(minutes // 60, 24)
    if days >= 2:
        return _("%(n)s 天", n=days)
    if days or hours:
        rest = minutes % 60
        total = days * 24 + hours
        if rest and total < 10:
            return _("%(h)s 小时 %(m)s 分", h=total, m=rest)
        return _("%(n)s 小时", n=total)
    return _("%(n)s 分", n=max(minutes, 1))


def local_time(when: datetime | None) -> str:
    """Say a moment in Shanghai: 11月21日 22:47, with the year when it is another one."""
    if when is None:
        return ""
    there = clock.local(when)
    return f"{local_date(there.date())} {there:%H:%M}"


def local_date(day: date | datetime | None) -> str:
    """Say a calendar day: 11月21日, with the year when it is another one."""
    if day is None:
        return ""
    there = clock.local(day).date() if isinstance(day, datetime) else day
    values = {"y": there.year, "m": there.month, "d": there.day}
    if there.year != clock.today().year:
        return _("%(y)s年%(m)s月%(d)s日", **values)
    return _("%(m)s月%(d)s日", **values)


def qr(address: str) -> Markup:
    """Draw a QR code as inline SVG without styles (the policy allows none)."""
    return Markup(segno.make(address, error="m").svg_inline(scale=4))  # noqa: S704 - our own SVG


def init_app(app: Flask) -> None:
    """Give templates the filters that say times in words, and one that reads a stored time."""
    app.add_template_filter(datetime.fromisoformat, "read_time")
    for wording in (remaining, local_time, local_date, qr):
        app.add_template_filter(wording)
