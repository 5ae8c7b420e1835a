"""Every address names its permission, or says why it is open."""

import re

from flask import Flask
from werkzeug.routing import Rule

WORD = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*(\.[a-z]+)?")
ARGUMENT = re.compile(r"<(?:(?P<kind>[a-z]+)(?:\([^)]*\))?:)?(?P<name>\w+)>")
FILES = {"static"}


def rules(app: Flask) -> list[Rule]:
    """The routes of the project's own views."""
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint.split(".")[-1] not in FILES]


def test_every_route_names_a_permission_or_the_reason_why_it_is_open(application: Flask) -> None:
    unguarded = [
        rule.endpoint
        for rule in rules(application)
        if not hasattr(application.view_functions[rule.endpoint], "permission")
        and not getattr(application.view_functions[rule.endpoint], "public", "")
    ]
    assert unguarded == []


def test_no_route_is_both_guarded_and_open(application: Flask) -> None:
    both = [
        rule.endpoint
        for rule in rules(application)
        if hasattr(application.view_functions[rule.endpoint], "permission")
        and hasattr(application.view_functions[rule.endpoint], "public")
    ]
    assert both == []


def test_addresses_are_words_joined_by_hyphens(application: Flask) -> None:
    odd = [
        rule.rule
        for rule in rules(application)
        for part in ARGUMENT.sub("", rule.rule).split("/")
        if part and not WORD.fullmatch(part)
    ]
    assert odd == []


def test_a_number_in_an_address_is_typed(application: Flask) -> None:
    untyped = [
        rule.rule
        for rule in rules(application)
        for argument in ARGUMENT.finditer(rule.rule)
        if re.fullmatch(r"id|\w+_id|year|page|number", argument["name"])
        and argument["kind"] not in {"int", "uuid"}
    ]
    assert untyped == []
