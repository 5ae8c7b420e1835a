"""Encryption keys with ids, and the one file in which an installation keeps them."""

import base64
import json
import os
import secrets
import stat
from dataclasses import dataclass, replace
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

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


def ring_path(home: Path) -> Path:
    """Return where a home keeps its key ring."""
    return home / "keys" / "ring.json"


def _aad(header: bytes, place: str) -> bytes:
    return header + place.encode()


def _text(key: bytes) -> str:
    return base64.b64encode(key).decode()


def _key(text: str) -> bytes:
    key = base64.b64decode(text, validate=True)
    if len(key) != 32:
        raise ValueError("a key has 32 bytes")
    return key


def load(path: Path) -> KeyRing:
    """Read a key ring.

    Raises:
        UnsafeKeys: the file is broken or other users may read it.

    """
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise UnsafeKeys(f"{path} may be read by other users; run: chmod 600 {path}")
    return KeyRing.loads(path.read_bytes())


def create(path: Path, fresh: KeyRing) -> None:
    """Write a new key ring unless there is one."""
    draft = _draft(path, fresh)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass  # Another process was first: its ring counts.
    finally:
        draft.unlink()
        _sync(path.parent)


def replace_file(path: Path, fresh: KeyRing) -> None:
    """Put another key ring in place of the present one, atomically."""
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
