"""Key ring, encrypted column types with rotating AES-256-GCM keys, and the blind index."""

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Column,
    Dialect,
    LargeBinary,
    Table,
    event,
    literal,
    select,
    type_coerce,
    update,
)
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeDecorator

from foundation import keyring
from foundation.database import Model
from foundation.keyring import KEY_ID, KeyRing, ring_path

_ring: KeyRing | None = None
_home: Path | None = None


def configure(home: Path | str) -> KeyRing:
    """Load the key ring of `home`, making one on the very first start.

    Raises:
        UnsafeKeys: the file is broken or other users may read it.

    """
    global _ring, _home
    _home = Path(home)
    path = ring_path(_home)
    if not path.exists():
        keyring.create(path, KeyRing.new())
    _ring = keyring.load(path)
    return _ring


def ring() -> KeyRing:
    """Return the ring in use."""
    if _ring is None:
        raise RuntimeError("crypto.configure() was not called")
    return _ring


def rotate() -> str:
    """Add a key, use it for new values, and return its id; restart other processes afterwards."""
    global _ring
    if _home is None:
        raise RuntimeError("crypto.configure() was not called")
    # Another process may have rotated since this one loaded the ring.
    _ring = keyring.load(ring_path(_home)).rotated()
    keyring.replace_file(ring_path(_home), _ring)
    return _ring.current


def secret_key() -> bytes:
    """Return the key that signs cookies and forms."""
    return ring().secret


def blind_index(purpose: str, value: str) -> str:
    """Return 64 hex digits by which an encrypted value can be found again, for one purpose only."""
    message = purpose.encode() + b"\0" + value.encode()
    return hmac.new(ring().index, message, hashlib.sha256).hexdigest()


class _Encrypted(TypeDecorator[Any]):
    """Encrypts on the way in, for the column it was attached to."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, place: str = "") -> None:
        """`place` is "table.column"; attaching the column fills it in."""
        super().__init__()
        self.place = place

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:
        """Encrypt."""
        return None if value is None else ring().seal(self.to_bytes(value), self.place)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Decrypt."""
        return None if value is None else self.from_bytes(open_value(bytes(value), self.place))

    def to_bytes(self, value: Any) -> bytes:
        """Return the plain bytes of a Python value."""
        raise NotImplementedError

    def from_bytes(self, plain: bytes) -> Any:
        """Return the Python value of plain bytes."""
        raise NotImplementedError


class EncryptedText(_Encrypted):
    """A string, encrypted at rest."""

    cache_ok = True

    def to_bytes(self, value: Any) -> bytes:
        """Return UTF-8."""
        return str(value).encode()

    def from_bytes(self, plain: bytes) -> str:
        """Read UTF-8."""
        return plain.decode()


class EncryptedJson(_Encrypted):
    """A JSON document, encrypted at rest."""

    cache_ok = True

    def to_bytes(self, value: Any) -> bytes:
        """Return compact JSON."""
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()

    def from_bytes(self, plain: bytes) -> Any:
        """Read JSON."""
        return json.loads(plain)


def open_value(sealed: bytes, place: str) -> bytes:
    """Decrypt a stored value, looking once for keys that another process has added."""
    global _ring
    if sealed[KEY_ID].hex() not in ring().keys and _home is not None:
        _ring = keyring.load(ring_path(_home))
    return ring().open(sealed, place)


@event.listens_for(Column, "after_parent_attach")
def _place(column: Column[Any], table: Any) -> None:
    # A fresh instance each time: copies of a mixin's column share their type object.
    if isinstance(column.type, _Encrypted) and isinstance(table, Table):
        column.type = type(column.type)(f"{table.name}.{column.name}")


def reencrypt(session: Session) -> int:
    """Wrap every encrypted value with the current key; return how many were changed."""
    return sum(
        _reencrypt_column(session, table, column)
        for table in Model.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, _Encrypted)
    )


def _reencrypt_column(session: Session, table: Table, column: Column[Any]) -> int:
    place = column.type.place if isinstance(column.type, _Encrypted) else ""
    raw, keys = type_coerce(column, LargeBinary), list(table.primary_key.columns)
    changed = 0
    for row in session.execute(select(*keys, raw).where(column.is_not(None))).all():
        sealed = bytes(row[-1])
        if sealed[KEY_ID].hex() == ring().current:
            continue
        fresh = literal(ring().seal(open_value(sealed, place), place), LargeBinary)
        same = [key == value for key, value in zip(keys, row[:-1], strict=True)]
        session.execute(update(table).where(*same).values({column: fresh}))
        changed += 1
    return changed
