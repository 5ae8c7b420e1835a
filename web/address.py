"""The address that is printed and sent: whoever prints hears it while only this computer opens it."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from flask import current_app

from accounts.policy import Actor, Permission
from foundation.i18n import _

# Sheets and letters, referral letters, invitations; the system administrator can set it.
PRINTERS = (
    Permission.SHEET_PRINT,
    Permission.REFERRAL_WORK,
    Permission.STAFF_GRANT,
    Permission.OUTBOX_VIEW,
)
NOBODY_COMES_BY = """没有设置对外网址 XINQIAO_PUBLIC_URL：打印的二维码、转介函和邀请链接写的是 {address}，
只有这台电脑打得开。给学校使用之前请设置它，例如 XINQIAO_PUBLIC_URL=https://xinqiao.example.org ./run
XINQIAO_PUBLIC_URL is not set: printed codes, letters and links say {address}, which only this \
computer can open. Set it before others use the system."""
NOBODY_COMES_BY_DEMO = """演示：二维码和链接只有这台电脑打得开（没有设置 XINQIAO_PUBLIC_URL）。 \
Demo: codes and links open on this computer only."""


def is_only_here(address: str) -> bool:
    """Whether a phone or another computer cannot come by this address."""
    host = urlsplit(address).hostname or ""
    try:
        number = ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    return number.is_loopback or number.is_unspecified


def at_start(address: str, *, demo: bool) -> str | None:
    """What the window of ./run says about the address, if anything."""
    if not is_only_here(address):
        return None
    return (NOBODY_COMES_BY_DEMO if demo else NOBODY_COMES_BY).format(address=address)


def warnings(actor: Actor | None) -> dict[str, str | None]:
    """What the pages say: to everybody in a demo, else to those who print or can set it."""
    address = str(current_app.config["PUBLIC_URL"])
    local, demo = is_only_here(address), bool(current_app.config["DEMO"])
    prints = actor is not None and any(actor.may(permission) for permission in PRINTERS)
    return {
        "demo_address": _("二维码和链接只有这台电脑打得开。") if local and demo else None,
        "local_address": _told(actor, address) if local and prints and not demo else None,
        "plain_http": _("这里的连接没有加密：只能在封闭的校园网里使用。")
        if current_app.config["PLAIN_HTTP"]
        else None,
    }


def _told(actor: Actor | None, address: str) -> str:
    if actor is not None and actor.may(Permission.OUTBOX_VIEW):
        return _(
            "没有设置对外网址：打印的二维码、转介函和邀请链接写的是 %(address)s，只有服务器自己打得开。"
            "请设置 XINQIAO_PUBLIC_URL（学校里用的网址，例如 https://xinqiao.example.org），再重新启动。",
            address=address,
        )
    return _(
        "先不要打印或发出二维码、转介函和邀请链接：它们写的是 %(address)s，手机和别的电脑打不开。"
        "请系统管理员设置对外网址（XINQIAO_PUBLIC_URL）。",
        address=address,
    )
