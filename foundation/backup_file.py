"""The container of a backup: gzip inside AES-256-GCM frames under a key derived from a key file."""

import gzip
import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

import click
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MAGIC = b"XQBACK01"
SALT = 16
FRAME = 1 << 20
TAG = 16
SHORTEST_KEY = 32
KEY_VARIABLE = "XINQIAO_BACKUP_KEY_FILE"


class BackupRefused(click.ClickException):
    """A sentence for whoever runs the command; exit code 1."""


def key_material() -> bytes:
    """Read the file that XINQIAO_BACKUP_KEY_FILE names.

    Raises:
        BackupRefused: none named, missing, too short, or readable by other users.

    """
    named = os.environ.get(KEY_VARIABLE, "")
    path = Path(named)
    if not named or not path.is_file():
        raise BackupRefused(
            f"{KEY_VARIABLE} must name a key file. To make one:\n"
            "  (umask 077; openssl rand -hex 32 > backup.key)\n"
            "Keep a copy away from this machine: without it no backup can be read."
        )
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise BackupRefused(f"{path} may be read by other users; run: chmod 600 {path}")
    material = path.read_bytes().strip()
    if len(material) < SHORTEST_KEY:
        raise BackupRefused(f"{path} holds fewer than {SHORTEST_KEY} characters")
    return material


@contextmanager
def writing_file(path: Path) -> Iterator[IO[bytes]]:
    """Write a backup; the file appears under its name only when it is complete and on disk."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    salt, descriptor = os.urandom(SALT), _open_draft(draft)
    try:
        with os.fdopen(descriptor, "wb") as file:
            sealer = _Sealer(file, _cipher(salt), MAGIC + salt)
            with gzip.GzipFile(fileobj=sealer, mode="wb", compresslevel=6, mtime=0) as packed:
                yield cast("IO[bytes]", packed)
            sealer.finish()
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def reading_file(path: Path) -> Iterator[IO[bytes]]:
    """Read a backup; reading on raises BackupRefused where a frame is missing or changed."""
    with path.open("rb") as file:
        head = file.read(len(MAGIC) + SALT)
        if head[: len(MAGIC)] != MAGIC or len(head) != len(MAGIC) + SALT:
            raise BackupRefused(f"{path} is not a backup of this program")
        opener = io.BufferedReader(
            cast("io.RawIOBase", _Opener(file, _cipher(head[len(MAGIC) :]), head))
        )
        with gzip.GzipFile(fileobj=opener, mode="rb") as packed:
            yield cast("IO[bytes]", packed)


def _open_draft(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)


def _cipher(salt: bytes) -> AESGCM:
    derive = HKDF(algorithm=SHA256(), length=32, salt=salt, info=b"xinqiao backup")
    return AESGCM(derive.derive(key_material()))


def _nonce(number: int, *, last: bool) -> bytes:
    # The counter fixes the order of frames, the flag their end. The salt makes the key unique.
    return number.to_bytes(11, "big") + bytes([last])


class _Sealer(io.RawIOBase):
    """Cuts what is written into frames and encrypts each."""

    def __init__(self, file: IO[bytes], cipher: AESGCM, head: bytes) -> None:
        self._file, self._cipher, self._head = file, cipher, head
        self._pending = bytearray()
        self._number = 0
        file.write(head)

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._pending += data
        while len(self._pending) > FRAME:
            self._seal(bytes(self._pending[:FRAME]), last=False)
            del self._pending[:FRAME]
        return len(data)

    def finish(self) -> None:
        self._seal(bytes(self._pending), last=True)

    def _seal(self, plain: bytes, *, last: bool) -> None:
        nonce = _nonce(self._number, last=last)
        self._file.write(self._cipher.encrypt(nonce, plain, self._head))
        self._number += 1


class _Opener(io.RawIOBase):
    """Decrypts frame by frame; the last one must be where the file ends."""

    def __init__(self, file: IO[bytes], cipher: AESGCM, head: bytes) -> None:
        self._file, self._cipher, self._head = file, cipher, head
        self._number = 0
        self._plain = b""
        self._next = file.read(FRAME + TAG)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        if not self._plain and self._next:
            self._plain = self._open()
        size = min(len(buffer), len(self._plain))
        buffer[:size], self._plain = self._plain[:size], self._plain[size:]
        return size

    def _open(self) -> bytes:
        sealed, self._next = self._next, self._file.read(FRAME + TAG)
        nonce = _nonce(self._number, last=not self._next)
        self._number += 1
        try:
            return self._cipher.decrypt(nonce, sealed, self._head)
        except InvalidTag as error:
            reason = "the backup key is another one, or the file is damaged or cut off"
            raise BackupRefused(reason) from error
