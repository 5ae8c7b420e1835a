"""The reader of pages finds what it looks for."""

import pytest

from tests.support.pages import faults

GOOD = """<!doctype html><html lang="zh"><head><meta charset="utf-8"><title>学生 · 心桥</title></head>
<body><h1>学生</h1>{}</body></html>"""
FORM = '<form method="post" action="/x"><input type="hidden" name="csrf_token" value="t">{}</form>'


def test_a_good_page_passes() -> None:
    field = '<label for="name">姓名</label><input id="name" name="name">'
    assert list(faults(GOOD.format(FORM.format(field)))) == []


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("<h1>两个</h1>", "2 h1"),
        ('<p id="a"></p><p id="a"></p>', "id 'a' 2 times"),
        ('<input name="age">', "has no label"),
        ('<label for="nobody">x</label>', "points nowhere"),
        ("<script>alert(1)</script>", "inline script"),
        ('<p style="color:red">x</p>', "inline style"),
        ('<button onclick="x()">x</button>', "onclick"),
        ('<form method="post" action="/x"></form>', "without csrf_token"),
        ('<form method="post"><input type="hidden" name="csrf_token"></form>', "without action"),
        ("<p><div></p>", "not HTML5"),
    ],
)
def test_a_fault_is_found(body: str, complaint: str) -> None:
    assert any(complaint in fault for fault in faults(GOOD.format(body)))


def test_the_title_has_to_say_what_the_heading_says() -> None:
    assert any(
        "does not contain" in each for each in faults(GOOD.format("").replace(">学生<", ">班级<"))
    )
