"""What must hold for every HTML page that a test fetches."""

from collections import Counter
from collections.abc import Iterator
from xml.etree.ElementTree import Element

import html5lib
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

LABELLED = {"input", "select", "textarea"}
NEEDS_NO_LABEL = {"hidden", "submit", "button", "image", "reset"}
DATA_BLOCKS = {"application/json", "application/ld+json"}


class CheckedClient(FlaskClient):
    """A test client that reads every page it gets."""

    def open(self, *args: object, **kwargs: object) -> TestResponse:
        """Fetch, then complain about the page."""
        response: TestResponse = super().open(*args, **kwargs)  # type: ignore[arg-type]
        page = response.mimetype == "text/html" and response.status_code not in range(300, 400)
        if page and not response.is_streamed:
            complaints = list(faults(response.get_data(as_text=True)))
            assert not complaints, f"{response.request.path}: {complaints}"
        return response


def faults(html: str) -> Iterator[str]:
    """Every rule that the page breaks, in words."""
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    tree: Element = parser.parse(html)
    for (line, column), code, details in parser.errors:
        yield f"not HTML5 at {line}:{column}: {code} {details}"
    yield from heading_faults(tree)
    yield from identity_faults(tree)
    yield from label_faults(tree)
    yield from inline_faults(tree)
    yield from form_faults(tree)


def words(element: Element | None) -> str:
    """The text of an element with single blanks."""
    return " ".join("".join(element.itertext()).split()) if element is not None else ""


def heading_faults(tree: Element) -> Iterator[str]:
    """One h1, and the title says it."""
    headings = [words(h1) for h1 in tree.iter("h1")]
    title = words(tree.find("head/title"))
    if len(headings) != 1:
        yield f"{len(headings)} h1: {headings}"
    elif headings[0] not in title:
        yield f"title {title!r} does not contain h1 {headings[0]!r}"


def identity_faults(tree: Element) -> Iterator[str]:
    """An id names one element, and references point somewhere."""
    ids = Counter(element.get("id") for element in tree.iter() if element.get("id"))
    yield from (f"id {name!r} {times} times" for name, times in ids.items() if times > 1)
    for element in tree.iter():
        for attribute in ("for", "aria-describedby", "aria-labelledby", "aria-controls"):
            for name in element.get(attribute, "").split():
                if name not in ids:
                    yield f"{element.tag} {attribute}={name!r} points nowhere"


def label_faults(tree: Element) -> Iterator[str]:
    """Every field that a person fills in has a name."""
    named = {label.get("for") for label in tree.iter("label")}
    wrapped = {field for label in tree.iter("label") for field in label.iter()}
    for field in tree.iter():
        if field.tag not in LABELLED or field.get("type") in NEEDS_NO_LABEL:
            continue
        spoken = field.get("aria-label") or field.get("aria-labelledby")
        if not (spoken or field.get("id") in named or field in wrapped):
            yield f"{field.tag} {field.get('name')!r} has no label"


def inline_faults(tree: Element) -> Iterator[str]:
    """Nothing that the content security policy would refuse."""
    for element in tree.iter():
        data = element.get("type") in DATA_BLOCKS
        if element.tag == "script" and not element.get("src") and not data:
            yield "inline script"
        if element.tag == "style" or element.get("style") is not None:
            yield f"inline style in {element.tag}"
        handlers = [name for name in element.attrib if name.startswith("on")]
        yield from (f"{name} on {element.tag}" for name in handlers)
        if element.get("href", "").startswith("javascript:"):
            yield "javascript: address"


def form_faults(tree: Element) -> Iterator[str]:
    """A form that writes says where to, and carries its token."""
    for form in tree.iter("form"):
        if form.get("method", "get").lower() != "post":
            continue
        if not form.get("action"):
            yield "POST form without action"
        if not any(field.get("name") == "csrf_token" for field in form.iter("input")):
            yield f"POST form {form.get('action')!r} without csrf_token"
