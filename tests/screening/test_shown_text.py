"""What stands around the questions of a student: the time they ask about, and whose they are."""

from flask import Flask

from tests.screening.taking_room import browser, room


def page_of(app: Flask, key: str) -> str:
    class_room = room(instruments=[key])
    student = browser(app).first(class_room)
    return student.client.get(student.page).get_data(as_text=True)


def test_a_text_without_an_instruction_still_names_the_time_it_asks_about(app: Flask) -> None:
    assert "过去两周" in page_of(app, "who-5")


def test_an_instruction_or_a_stem_that_was_seen_stands_alone(app: Flask) -> None:
    page = page_of(app, "k6")
    assert "在过去30天中，您经常会感到……" in page
    assert "过去 30 天" not in page


def test_the_holder_of_a_free_text_is_named_where_his_licence_asks_for_it(app: Flask) -> None:
    page = page_of(app, "who-5")
    assert "World Health Organization" in page
    assert "CC BY-NC-SA 3.0 IGO" in page
