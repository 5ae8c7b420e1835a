"""What the states of an import, its rows and their fields are called on pages and in files."""

from foundation.i18n import _
from schools.models import RosterRow
from schools.roster.rules import Kind


def kind_names() -> dict[str, str]:
    """What a row would do, in words."""
    return {
        Kind.NEW.value: _("新增"),
        Kind.CHANGED.value: _("信息变化"),
        Kind.MOVED.value: _("转班"),
        Kind.LEAVING.value: _("不在名单里"),
        Kind.DUPLICATE.value: _("重复"),
        Kind.REFUSED.value: _("有错误"),
        Kind.UNCHANGED.value: _("没有变化"),
    }


def done_names() -> dict[str, str]:
    """How a row ended, in words."""
    return {
        "done": _("已完成"),
        "review": _("预览后有变化，没有覆盖，请重新核对"),
        "undone": _("已撤销"),
        "kept": _("之后又有改动，没有撤销"),
    }


def state_names() -> dict[str, str]:
    """The states of an import, in words."""
    return {
        "previewed": _("待确认"),
        "committed": _("已导入"),
        "undone": _("已撤销"),
        "cancelled": _("已放弃"),
    }


def field_names() -> dict[str, str]:
    """The fields that a row may change, in words."""
    return {
        "name": _("姓名"),
        "sex": _("性别"),
        "birth_date": _("出生日期"),
        "student_number": _("学号"),
        "boarding": _("住宿情况"),
        "xueji": _("学籍号"),
        "id_card": _("身份证号"),
        "exam": _("考号"),
        "guardians": _("监护人"),
        "place": _("班级"),
        "status": _("在读状态"),
    }


def sentences(row: RosterRow) -> list[str]:
    """What is wrong with a row, each with the column as the user's file calls it."""
    return [
        f"{issue['column']}：{issue['message']}" if issue["column"] else issue["message"]
        for issue in row.errors
    ]


def outcome(row: RosterRow) -> str:
    """One cell that tells the owner of the file what became of the row."""
    parts = [kind_names()[row.kind], *sentences(row)]
    if row.done:
        parts.append(done_names()[row.done])
    return "；".join(parts)


def needs(tables: set[str]) -> str:
    """Why a class stays, by the tables that still refer to it."""
    names = {
        "student": _("还有学生"),
        "staff_role": _("有班主任、联系人或邀请"),
        "campaign_klass": _("参加了测评"),
    }
    found = [name for table, name in names.items() if table in tables]
    return _("、").join(found) or _("有其他记录")
