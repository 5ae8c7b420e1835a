"""Who a roster row means, and what the file would change."""

from typing import Any

from schools import klass_names
from schools.roster import judging
from schools.roster import rules as roster
from schools.roster.file import Row
from schools.roster.rules import Kind, Known, Planned

HERE = ("高一", "1")
THERE = ("高一", "2")


def row(number: int = 2, **values: Any) -> Row:
    kept = {"name": "甲一", "place": list(HERE), "guardians": [], **values}
    return Row(number, [], {key: value for key, value in kept.items() if value is not None})


def known(identity: int = 1, **values: Any) -> Known:
    return Known(**{"id": identity, "version": 1, "place": HERE, "name": "甲一", **values})


def kinds(planned: list[Planned]) -> list[Kind]:
    return [this.kind for this in planned]


def test_a_number_finds_the_student_even_under_a_corrected_name() -> None:
    student = known(student_number="1")
    (planned,) = roster.plan([row(student_number="1", name="甲壹")], [student])
    assert (planned.kind, planned.changes) == (Kind.CHANGED, ("name",))


def test_a_student_with_a_different_number_is_never_the_same_one() -> None:
    student = known(student_number="1", birth_date="2010-01-01")
    planned = roster.plan([row(student_number="2", birth_date="2010-01-01")], [student])
    assert kinds(planned) == [Kind.NEW, Kind.LEAVING]


def test_the_same_student_number_under_another_citizen_number_is_refused() -> None:
    student = known(student_number="1", identifiers={"id_card": "A"})
    (planned,) = roster.plan([row(student_number="1", id_card="B")], [student])
    assert planned.kind == Kind.REFUSED


def test_a_temporary_registration_number_may_be_replaced() -> None:
    student = known(student_number="1", identifiers={"xueji": "L1"})
    (planned,) = roster.plan([row(student_number="1", xueji="G1")], [student])
    assert (planned.kind, planned.changes) == (Kind.CHANGED, ("xueji",))


def test_without_a_number_name_class_and_birth_date_decide() -> None:
    student = known(birth_date="2010-01-01")
    (same,) = roster.plan([row(birth_date="2010-01-01")], [student])
    assert same.kind == Kind.UNCHANGED
    moved = roster.plan([row(birth_date="2010-01-01", place=list(THERE))], [student])
    assert kinds(moved) == [Kind.MOVED]


def test_a_namesake_with_another_birth_date_is_another_person() -> None:
    student = known(birth_date="2010-01-01")
    planned = roster.plan([row(birth_date="2010-06-06")], [student])
    assert kinds(planned) == [Kind.NEW, Kind.LEAVING]


def test_twins_stay_two_students() -> None:
    twins = [
        known(1, name="甲一", birth_date="2010-01-01"),
        known(2, name="甲二", birth_date="2010-01-01"),
    ]
    rows = [row(2, birth_date="2010-01-01"), row(3, name="甲二", birth_date="2010-01-01")]
    planned = roster.plan(rows, twins)
    assert [(this.kind, this.known and this.known.id) for this in planned] == [
        (Kind.UNCHANGED, 1),
        (Kind.UNCHANGED, 2),
    ]


def test_two_namesakes_in_one_class_without_numbers_need_a_person() -> None:
    planned = roster.plan([row(birth_date="2010-01-01")], [known(1), known(2)])
    assert planned[0].kind == Kind.REFUSED
    assert "2 名同名" in planned[0].row.issues[0].message
    assert len(planned) == 1, "the namesakes do not leave because of a doubtful row"


def test_numbers_of_two_different_students_in_one_row_are_refused() -> None:
    students = [known(1, student_number="1"), known(2, identifiers={"xueji": "G"})]
    planned = roster.plan([row(student_number="1", xueji="G")], students)
    assert planned[0].kind == Kind.REFUSED


def test_the_same_number_twice_is_named_on_both_rows() -> None:
    planned = roster.plan([row(2, student_number="1"), row(9, student_number="1")], [])
    assert kinds(planned) == [Kind.NEW, Kind.DUPLICATE]
    assert "第 9 行" in planned[0].row.issues[0].message
    assert "第 2 行" in planned[1].row.issues[0].message


def test_one_number_with_two_names_refuses_both_rows() -> None:
    planned = roster.plan([row(2, student_number="1"), row(3, student_number="1", name="乙")], [])
    assert kinds(planned) == [Kind.REFUSED, Kind.REFUSED]


def test_an_empty_cell_never_erases_anything() -> None:
    student = known(student_number="1", sex="f", birth_date="2010-01-01")
    (planned,) = roster.plan([row(student_number="1")], [student])
    assert planned.kind == Kind.UNCHANGED


def test_only_classes_in_the_file_lose_students() -> None:
    students = [known(1, student_number="1"), known(2, name="乙"), known(3, name="丙", place=THERE)]
    planned = roster.plan([row(student_number="1")], students)
    assert [this.known.id for this in planned if this.kind == Kind.LEAVING and this.known] == [2]


def test_who_comes_back_is_enrolled_again() -> None:
    (planned,) = roster.plan([row(student_number="1")], [known(student_number="1", enrolled=False)])
    assert (planned.kind, planned.changes) == (Kind.CHANGED, ("status",))


def test_a_new_guardian_is_a_change_and_a_known_one_is_not() -> None:
    student = known(student_number="1", guardians=(("母亲", "母亲", "13900000001"),))
    same = {"name": "母亲", "relation": "", "phone": "13900000001"}
    other = same | {"phone": "13900000002"}
    assert roster.changes({"guardians": [same]}, student) == ()
    assert roster.changes({"guardians": [other]}, student) == ("guardians",)


def school(size: int) -> list[Known]:
    return [known(n, name=f"生{n}", student_number=str(n), place=HERE) for n in range(size)]


def test_another_schools_file_is_refused() -> None:
    rows = [row(n, name=f"外{n}", student_number=f"9{n}") for n in range(40)]
    students = school(40)
    gate = judging.judge(roster.plan(rows, students), students, klass_names.label)
    assert "别的学校" in gate.refused


def test_a_class_that_changes_by_more_than_three_tenths_must_be_confirmed() -> None:
    students = school(40)
    kept = [row(n, name=f"生{n}", student_number=str(n)) for n in range(30)]
    new = [row(100 + n, name=f"新{n}", student_number=f"8{n}") for n in range(8)]
    gate = judging.judge(roster.plan([*kept, *new], students), students, klass_names.label)
    assert gate.refused == ""
    assert gate.confirm == ()
    assert gate.if_whole == (
        "高一1班 现有 40 人，这份名单要新增 8 人、转入 0 人、移出 10 人，超过三成。",
    )


def test_a_namesake_who_may_have_changed_class_without_a_number_is_asked_about() -> None:
    student, room = known(name="甲一"), known(2, name="乙二", place=THERE, student_number="2")
    stays = row(name="乙二", place=list(THERE), student_number="2")
    other = row(3, name="丙三", place=list(HERE), student_number="3")
    moved = row(4, place=list(THERE))
    gate = judging.judge(
        roster.plan([stays, other, moved], [student, room]), [student, room], klass_names.label
    )
    assert "同名（甲*）" in "".join(gate.confirm)
    numbered = [
        known(name="甲一", student_number="1"),
        room,
    ]
    another = row(4, place=list(THERE), student_number="9")
    gate = judging.judge(
        roster.plan([stays, other, another], numbered), numbered, klass_names.label
    )
    assert gate.confirm == (), "two numbers are two persons"


def test_a_few_changes_need_no_confirmation_and_a_first_import_neither() -> None:
    students = school(40)
    rows = [row(n, name=f"生{n}", student_number=str(n)) for n in range(38)]
    assert judging.judge(roster.plan(rows, students), students, klass_names.label).confirm == ()
    assert judging.judge(roster.plan(rows, []), [], klass_names.label) == judging.Gate()
