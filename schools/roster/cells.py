"""Reading one cell of a roster: identity numbers, dates, names, telephone numbers, yes and no."""

import re
import unicodedata
from datetime import date, datetime, timedelta

from foundation.i18n import _
from foundation.spreadsheets import Cell
from schools.names import normalised, words

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_EXCEL_DAY_ZERO = date(1899, 12, 30)
_DATE = re.compile(
    r"^(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:\s+0?0:00(:00)?)?$"
)
_COMPACT = re.compile(r"^(\d{4})(\d{2})(\d{2})$")
_ROUNDED = re.compile(r"^\d(\.\d+)?E\+?1\d$", re.IGNORECASE)
_MOBILE = re.compile(r"^1[3-9]\d{9}$")
_LANDLINE = re.compile(r"^0\d{2,3}-?\d{7,8}(-\d{1,5})?$")
_LOST_CHARACTER = re.compile("[?？□�]")
_NUMBER = re.compile(r"^[0-9A-Za-z_\-/.]{1,40}$")
EXACT_UP_TO = 1e15
OLDEST_YEAR = 1900


class BadCell(ValueError):
    """A cell that cannot be meant; its message is for the person who made the file."""


def text(value: Cell) -> str:
    """A cell as a person reads it: whole numbers without ".0", dates as 2010-03-05."""
    if value is None or isinstance(value, bool):
        return "" if value is None else str(value).lower()
    if isinstance(value, float) and value.is_integer() and abs(value) < EXACT_UP_TO:
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return str(value).strip()


def folded(value: Cell) -> str:
    """Text with full-width digits and letters made plain, quotes before it and blanks dropped."""
    plain = unicodedata.normalize("NFKC", text(value)).lstrip("'’‘`")
    return re.sub(r"[\s\u200b-\u200f\ufeff]", "", plain)


def name(value: Cell) -> str:
    """A person's name. Raises BadCell for lost characters, digits and over-long text."""
    kept = normalised(text(value))
    if _LOST_CHARACTER.search(kept):
        raise BadCell(_("姓名里有“?”或“□”，像是生僻字在保存时丢失了，请重新输入这个字。"))
    if any(char.isdigit() for char in kept):
        raise BadCell(_("姓名里有数字，请核对是否错列。"))
    if len(kept) > 60:
        raise BadCell(_("姓名超过 60 个字，请核对是否错列。"))
    return kept


def number(value: Cell) -> str:
    """A student's or exam number. Raises BadCell for damaged and impossible ones."""
    _refuse_rounded(value)
    plain = folded(value).upper()
    if not _NUMBER.match(plain):
        raise BadCell(_("号码里只能有数字、字母和连接号，最长 40 位。"))
    return plain


def _refuse_rounded(value: Cell) -> None:
    """Excel keeps 15 digits of a number: the rest of an 18-digit one is gone for good."""
    too_long = isinstance(value, int | float) and abs(value) >= EXACT_UP_TO
    if too_long or _ROUNDED.match(folded(value)):
        raise BadCell(
            _("号码被 Excel 当成数字截断了（末几位已经丢失）。请把这一列设为“文本”后重新填写。")
        )


def check_digit(seventeen: str) -> str:
    """The last character of a citizen number (GB 11643, ISO 7064 MOD 11-2)."""
    return _CHECKS[sum(int(d) * w for d, w in zip(seventeen, _WEIGHTS, strict=True)) % 11]


def id_card(value: Cell) -> str:
    """An 18-digit citizen or residence-permit number with a right check digit and date."""
    _refuse_rounded(value)
    plain = folded(value).upper()
    if re.fullmatch(r"\d{15}", plain):
        raise BadCell(_("这是 15 位旧号码，请填写 18 位身份证号。"))
    if not re.fullmatch(r"\d{17}[\dX]", plain):
        raise BadCell(_("身份证号应为 18 位。"))
    if check_digit(plain[:17]) != plain[17]:
        raise BadCell(_("身份证号的校验位不对，请核对有没有填错数字。"))
    if born_by(plain) is None:
        raise BadCell(_("身份证号里的出生日期不存在，请核对。"))
    return plain


def xueji(value: Cell) -> str:
    """A national registration number: G or J with a check digit, L (temporary), or 16 digits."""
    _refuse_rounded(value)
    plain = folded(value).upper()
    if re.fullmatch(r"\d{16}", plain):
        return plain
    if not re.fullmatch(r"[GJL]\d{17}[\dX]", plain):
        raise BadCell(_("学籍号应为 G、J 或 L 开头的 19 位。"))
    if plain[0] != "L" and check_digit(plain[1:18]) != plain[18]:
        raise BadCell(_("学籍号的校验位不对，请核对有没有填错数字。"))
    return plain


def born_by(citizen_number: str) -> date | None:
    """The birth date inside an 18-digit number."""
    try:
        return date(*map(int, (citizen_number[6:10], citizen_number[10:12], citizen_number[12:14])))
    except ValueError:
        return None


def sex_by(citizen_number: str) -> str:
    """The sex inside an 18-digit number: an odd 17th digit is male."""
    return "m" if int(citizen_number[16]) % 2 else "f"


def birth_date(value: Cell, today: date) -> date:
    """A birth date in any of the shapes that rosters use. Raises BadCell otherwise."""
    found = _as_date(value)
    if found is None:
        raise BadCell(_("看不懂这个日期，请写成 2010-03-05 这样的年月日。"))
    if not date(OLDEST_YEAR, 1, 1) <= found <= today:
        raise BadCell(_("出生日期不在合理的范围内，请核对年份。"))
    return found


def _as_date(value: Cell) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    plain = unicodedata.normalize("NFKC", text(value)).strip().lstrip("'’‘`").strip()
    if plain.isdigit() and 4 < len(plain) < 6:
        return _EXCEL_DAY_ZERO + timedelta(days=int(plain))
    found = _DATE.match(plain) or _COMPACT.match(plain)
    if not found:
        return None
    try:
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None


def phone(value: Cell) -> str:
    """A mobile or a landline number, digits only (landlines keep their hyphens)."""
    plain = re.sub(r"[()]", "", folded(value)).removeprefix("+86").replace("—", "-")
    digits = plain.replace("-", "")
    mobile = digits.removeprefix("86") if len(digits) == 13 else digits
    if _MOBILE.match(mobile):
        return mobile
    if _LANDLINE.match(plain):
        return plain
    raise BadCell(_("电话号码不对：手机应为 11 位，座机请带区号。"))


def choice(field: str, value: Cell) -> str:
    """One of the words of roster_words.toml: sex "m"/"f", boarding "yes"/"no"."""
    plain = folded(value).lower()
    for meaning, synonyms in words()["values"][field].items():
        if plain in synonyms:
            return str(meaning)
    known = "、".join(group[0] for group in words()["values"][field].values())
    raise BadCell(_("这里请填：%(words)s。", words=known))
