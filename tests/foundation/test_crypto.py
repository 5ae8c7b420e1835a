"""Encrypted values open only where they were written, with a key of the ring."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text

from foundation import crypto, database, keyring, push
from foundation.keyring import KeyRing, Unreadable, UnsafeKeys
from foundation.push import PushChannel

RING = KeyRing.new()


@given(st.binary(), st.text())
def test_every_value_comes_back(plain: bytes, place: str) -> None:
    assert RING.open(RING.seal(plain, place), place) == plain


@given(st.binary(), st.data())
def test_any_changed_byte_is_noticed(plain: bytes, data: st.DataObject) -> None:
    sealed = bytearray(RING.seal(plain, "a.b"))
    index = data.draw(st.integers(0, len(sealed) - 1))
    sealed[index] ^= data.draw(st.integers(1, 255))
    with pytest.raises(Unreadable):
        RING.open(bytes(sealed), "a.b")


@given(st.binary(), st.integers(0, 40))
def test_a_cut_value_is_noticed(plain: bytes, length: int) -> None:
    sealed = RING.seal(plain, "a.b")
    with pytest.raises(Unreadable):
        RING.open(sealed[: min(length, len(sealed) - 1)], "a.b")


@given(st.binary())
def test_a_value_moved_to_another_column_is_noticed(plain: bytes) -> None:
    with pytest.raises(Unreadable):
        RING.open(RING.seal(plain, "student.name"), "guardian.name")


@given(st.binary())
def test_old_values_open_after_a_rotation(plain: bytes) -> None:
    turned = RING.rotated()
    assert turned.open(RING.seal(plain, "a.b"), "a.b") == plain
    with pytest.raises(Unreadable):
        RING.open(turned.seal(plain, "a.b"), "a.b")


def test_a_ring_survives_its_file() -> None:
    ring = RING.rotated().rotated()
    assert KeyRing.loads(ring.dumps()) == ring


@pytest.mark.parametrize("document", [b"", b"{}", b"[]", b'{"current": "x"}'])
def test_a_broken_ring_is_refused(document: bytes) -> None:
    with pytest.raises(UnsafeKeys):
        KeyRing.loads(document)


def test_a_ring_others_may_read_is_refused(tmp_path: Path) -> None:
    crypto.configure(tmp_path)
    keyring.ring_path(tmp_path).chmod(0o640)
    with pytest.raises(UnsafeKeys, match="chmod"):
        crypto.configure(tmp_path)


def test_the_second_start_uses_the_keys_of_the_first(tmp_path: Path) -> None:
    assert crypto.configure(tmp_path) == crypto.configure(tmp_path)


def test_blind_indexes_of_two_purposes_share_nothing(tmp_path: Path) -> None:
    crypto.configure(tmp_path)
    assert crypto.blind_index("phone", "1") == crypto.blind_index("phone", "1")
    assert crypto.blind_index("phone", "1") != crypto.blind_index("name", "1")


def add_channel(address: str) -> None:
    with database.writing() as session:
        push.add_channel(session, by="user:1", user_id=1, kind="email", address=address)


def stored() -> list[bytes]:
    with database.reading() as session:
        rows = session.execute(text("SELECT address FROM push_channel ORDER BY id"))
        return [bytes(row[0]) for row in rows]


def test_the_table_holds_no_plain_text(db: object) -> None:
    add_channel("one@example.org")
    assert b"one@example.org" not in stored()[0]


def test_rotation_wraps_every_value_anew(db: object) -> None:
    add_channel("one@example.org")
    before, fresh = stored(), crypto.rotate()
    add_channel("two@example.org")
    with database.writing() as session:
        assert crypto.reencrypt(session) == 1
        assert crypto.reencrypt(session) == 0
    assert stored()[0] != before[0]
    assert {value[1:5].hex() for value in stored()} == {fresh}
    with database.reading() as session:
        addresses = session.scalars(select(PushChannel.address).order_by(PushChannel.id)).all()
    assert addresses == ["one@example.org", "two@example.org"]


def test_a_process_learns_the_key_another_one_added(db: object, home: Path) -> None:
    here = crypto.ring()
    crypto.rotate()
    add_channel("one@example.org")
    crypto._ring = here
    with database.reading() as session:
        assert session.scalars(select(PushChannel.address)).one() == "one@example.org"
