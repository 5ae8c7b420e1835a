"""Key ring, encrypted column types with rotating AES-256-GCM keys, and the blind index."""

import base64
import hashlib
import hmac
import json
import os
import secrets
import stat
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
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

from foundation.database import Model

SUITE = b"\x01"  # AES-256-GCM, 4-byte key id, 12-byte nonce
KEY_ID = slice(1, 5)
NONCE = slice(5, 17)
BODY = slice(17, None)


class UnsafeKeys(RuntimeError):
    """The key ring is missing, broken, or readable by others; the application must not start."""


class Unreadable(ValueError):
    """A stored value was not written by this key ring for this column, or was changed."""


@dataclass(frozen=True)
class KeyRing:
    """Encryption keys by id, the id that new values use, and two keys that never rotate."""

    keys: dict[str, bytes]
    current: str
    index: bytes
    secret: bytes

    @classmethod
    def new(cls) -> "KeyRing":
        """Return a ring with one fresh key."""
        first = secrets.token_hex(4)
        keys = {first: secrets.token_bytes(32)}
        return cls(keys, first, secrets.token_bytes(32), secrets.token_bytes(32))

    def rotated(self) -> "KeyRing":
        """Return the ring with one key more, which new values use from now on."""
        fresh = secrets.token_hex(4)
        return replace(self, keys=self.keys | {fresh: secrets.token_bytes(32)}, current=fresh)

    def seal(self, plain: bytes, aad: str) -> bytes:
        """Encrypt for one place: suite byte, key id, nonce, ciphertext with tag."""
        nonce = os.urandom(12)
        header = SUITE + bytes.fromhex(self.current)
        body = AESGCM(self.keys[self.current]).encrypt(nonce, plain, _aad(header, aad))
        return header + nonce + body

    def open(self, sealed: bytes, aad: str) -> bytes:
        """Decrypt what seal() made for the same place.

        Raises:
            Unreadable: unknown key or suite, another place, or changed bytes.

        """
        key = self.keys.get(sealed[KEY_ID].hex())
        if sealed[:1] != SUITE or key is None:
            raise Unreadable(f"no key for a value of {aad}")
        try:
            return AESGCM(key).decrypt(sealed[NONCE], sealed[BODY], _aad(sealed[:5], aad))
        except (InvalidTag, ValueError) as error:
            raise Unreadable(f"a value of {aad} was changed or moved") from error

    def dumps(self) -> bytes:
        """Return the ring as the JSON document of the key file."""
        fixed = {name: _text(getattr(self, name)) for name in ("index", "secret")}
        keys = {name: _text(key) for name, key in self.keys.items()}
        return json.dumps({"current": self.current, "keys": keys} | fixed, indent=1).encode()

    @classmethod
    def loads(cls, document: bytes) -> "KeyRing":
        """Read the JSON document of the key file.

        Raises:
            UnsafeKeys: it is not a complete key ring.

        """
        try:
            raw = json.loads(document)
            keys = {name: _key(text) for name, text in raw["keys"].items()}
            ring = cls(keys, raw["current"], _key(raw["index"]), _key(raw["secret"]))
        except (KeyError, TypeError, ValueError) as error:
            raise UnsafeKeys("the key ring is broken") from error
        if ring.current not in ring.keys:
            raise UnsafeKeys("the key ring lacks its current key")
        return ring


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
        _create(path, KeyRing.new())
    _ring = _load(path)
    return _ring


def ring_path(home: Path) -> Path:
    """Return where a home keeps its key ring."""
    return home / "keys" / "ring.json"


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
    _ring = _load(ring_path(_home)).rotated()
    _replace(ring_path(_home), _ring)
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
        _ring = _load(ring_path(_home))
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


def _aad(header: bytes, place: str) -> bytes:
    return header + place.encode()


def _text(key: bytes) -> str:
    return base64.b64encode(key).decode()


def _key(text: str) -> bytes:
    key = base64.b64decode(text, validate=True)
    if len(key) != 32:
        raise ValueError("a key has 32 bytes")
    return key


def _load(path: Path) -> KeyRing:
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise UnsafeKeys(f"{path} may be read by other users; run: chmod 600 {path}")
    return KeyRing.loads(path.read_bytes())


def _create(path: Path, fresh: KeyRing) -> None:
    draft = _draft(path, fresh)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass  # Another process was first: its ring counts.
    finally:
        draft.unlink()


def _replace(path: Path, fresh: KeyRing) -> None:
    _draft(path, fresh).replace(path)
    _sync(path.parent)


def _draft(path: Path, fresh: KeyRing) -> Path:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".ring.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(fresh.dumps())
        file.flush()
        os.fsync(file.fileno())
    return draft


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
