"""Templates keep to the content security policy, and every form that writes is protected."""

import re

from tests.support.project import ROOT, templates

COMMENT = re.compile(r"{#.*?#}", re.DOTALL)
LOGIC = re.compile(r"{{.*?}}|{%.*?%}", re.DOTALL)
IMPORT = re.compile(r"{%-?\s*from\s+[^%]*?\s+import\s+([^%]*?)\s*-?%}")
INLINE = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>|<style\b|\sstyle=|\son[a-z]+=|javascript:")
UNESCAPED = re.compile(r"\|\s*safe\b")
FORM = re.compile(r"<form\b(?P<attributes>[^>]*)>(?P<body>.*?)</form>", re.DOTALL)
CHINESE = re.compile(r"[\u3400-\u9fff]")
BRAND = "心桥"


def sources() -> dict[str, str]:
    """Every template without its comments, by name."""
    return {
        str(path.relative_to(ROOT)): COMMENT.sub("", path.read_text(encoding="utf-8"))
        for path in templates()
    }


def test_no_template_has_an_inline_script_or_style() -> None:
    found = {}
    for name, text in sources().items():
        hits = INLINE.findall(LOGIC.sub("", text)) + UNESCAPED.findall(text)
        found[name] = [hit for hit in hits if "application/json" not in hit]
    assert {name: hits for name, hits in found.items() if hits} == {}


def test_every_form_that_writes_has_an_action_and_a_token() -> None:
    faulty = []
    for name, text in sources().items():
        # Expressions first: they may hold a > of their own.
        plain = LOGIC.sub(lambda logic: logic[0].replace(">", "≥"), text)
        for form in FORM.finditer(plain):
            attributes = form["attributes"]
            if 'method="post"' in attributes.lower():
                whole = " action=" in attributes and "csrf" in form["body"]
                faulty += [] if whole else [f"{name}: <form{attributes}>"]
    assert faulty == []


def test_every_imported_macro_is_used() -> None:
    unused = []
    for name, text in sources().items():
        for names in IMPORT.findall(text):
            for macro in re.sub(r"\s+with(out)? context", "", names).split(","):
                used = macro.split(" as ")[-1].strip()
                if not re.search(rf"\b{used}\b", IMPORT.sub("", text)):
                    unused.append(f"{name}: {used}")
    assert unused == []


def test_words_on_a_page_can_be_translated() -> None:
    bare = {
        name: sorted(
            set(
                re.findall(
                    r"[^\n<>]*[\u3400-\u9fff][^\n<>]*", LOGIC.sub("", text).replace(BRAND, "")
                )
            )
        )
        for name, text in sources().items()
    }
    assert {name: lines for name, lines in bare.items() if lines} == {}
