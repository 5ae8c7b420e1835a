"""Names of people and of classes."""

import pytest

from schools import klass_names, names


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (" 王 思远 ", "王思远"),
        ("阿依古丽•买买提", "阿依古丽·买买提"),
        ("’张𬭸", "张𬭸"),
        ("Anna  Maria", "Anna Maria"),
        ("凌\u200b云", "凌云"),
        ("侮辱", "侮辱"),
    ],
)
def test_names_keep_their_characters_and_lose_stray_ones(written: str, kept: str) -> None:
    assert names.normalised(written) == kept


@pytest.mark.parametrize(
    ("name", "full", "initials"),
    [
        ("单晓明", "shanxiaoming", "sxm"),
        ("曾乐", "zengle", "zl"),
        ("尉迟敬", "yuchijing", "ycj"),
        ("阿依古丽·买买提", "ayigulimaimaiti", "ayglmmt"),
        ("Anna Maria", "annamaria", "am"),
    ],
)
def test_surnames_are_read_as_surnames(name: str, full: str, initials: str) -> None:
    assert names.pinyin(name) == (full, initials)


@pytest.mark.parametrize(
    ("grade", "klass", "place"),
    [
        ("", "高一（3）班", ("高一", "3")),
        ("", "高一3班", ("高一", "3")),
        ("高中一年级", "三班", ("高一", "3")),
        ("高1", "高一(03)班", ("高一", "3")),
        ("七年级", "初一（12）班", ("初一", "12")),
        ("", "高二十二班", ("高二", "12")),
        ("2026级", "临床1班", ("2026级", "临床1")),
        ("", "2026级3班", ("2026级", "3")),
        ("计算机学院", "软件2401", ("计算机学院", "软件2401")),
        ("", "高三实验班", ("高三", "实验")),
        ("", "3班", ("", "3")),
    ],
)
def test_one_class_has_one_key_however_it_is_written(
    grade: str, klass: str, place: tuple[str, str]
) -> None:
    assert klass_names.split(grade, klass) == place


def test_a_name_is_shown_in_part() -> None:
    assert [names.masked(name) for name in ("王", "王明", "王小明")] == ["王", "王*", "王*明"]
