"""axe-core in a page: what breaks WCAG 2.2 A and AA, in words."""

from pathlib import Path

import axe_playwright_python
from playwright.sync_api import Page

SOURCE = next(Path(axe_playwright_python.__file__).parent.rglob("axe.min.js")).read_text(
    encoding="utf-8"
)
# target-size is off unless asked for by name.
RUN = """targets => axe.run({
  runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa'],
  rules: {'target-size': {enabled: targets}}, resultTypes: ['violations']})"""
# Reflow (1.4.10): the page itself never scrolls sideways; a wide table scrolls in its own frame.
TOO_WIDE = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  const framed = each => each && (getComputedStyle(each).overflowX !== 'visible'
    || framed(each.parentElement));
  return [...document.querySelectorAll('body *')]
    .filter(each => each.getBoundingClientRect().right > width && !framed(each.offsetParent))
    .slice(0, 4).map(each => each.outerHTML.slice(0, 160));
}"""
WIDTHS = (360, 1280)
HEIGHT = 800


def bring(page: Page) -> None:
    """Puts axe into the document that is shown; not as a script element, the CSP forbids it."""
    page.evaluate(SOURCE)


def violations(page: Page, *, targets: bool = True) -> list[str]:
    """The violations as the document stands now; targets: whether anybody can tap on it."""
    found = page.evaluate(RUN, targets)["violations"]
    return [
        f"{each['id']}: {node['html'][:160]} {_seen(node)}"
        for each in found
        for node in each["nodes"][:3]
    ]


def _seen(node: dict[str, list[dict[str, str]]]) -> str:
    return " ".join(check["message"] for check in [*node["any"], *node["all"]])[:160]


def at_widths(page: Page) -> list[str]:
    """The violations on a phone and on a desk, and whether the phone has to scroll sideways."""
    found = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        found += [f"{width} px: {each}" for each in violations(page)]
        found += [f"{width} px: too wide: {each}" for each in page.evaluate(TOO_WIDE)]
    return found


def in_print(page: Page) -> list[str]:
    """The violations on paper."""
    page.emulate_media(media="print")
    found = [f"print: {each}" for each in violations(page, targets=False)]
    page.emulate_media(media="screen")
    return found
