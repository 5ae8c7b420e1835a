"""Printed invitations: a slip per person with the link, a QR code and how long it holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from reportlab.platypus import Flowable

from foundation import clock, pdf
from foundation.i18n import _


@dataclass(frozen=True, slots=True)
class Slip:
    """What one slip says."""

    name: str
    role: str
    organisation: str
    link: str
    expires_at: datetime


def document(slips: Sequence[Slip], organisation: str) -> bytes:
    """The slips, six on a page, to be cut apart and handed over in person."""
    head = pdf.Letterhead(
        organisation=organisation,
        title=_("账户邀请"),
        notice=_("每张只能用一次，请当面交给本人，用后撕毁。"),
    )
    return pdf.document([pdf.cut_sheet([_slip(slip) for slip in slips], 2, 78)], head)


def _slip(slip: Slip) -> list[Flowable]:
    until = clock.local(slip.expires_at).strftime("%Y-%m-%d %H:%M")
    return [
        pdf.bold(f"{slip.name}　{slip.role}"),
        pdf.small(slip.organisation),
        pdf.qr(slip.link, 26),
        pdf.small(slip.link),
        pdf.small(_("请在 %(until)s 之前打开，设置自己的用户名和密码。", until=until)),
    ]
