"""The hash chain over audit rows: one chain per organisation, sealed a few seconds after commit."""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from sqlalchemy import BigInteger, Integer, String, event, func, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from foundation import clock, crypto
from foundation.audit import AuditRow, install_guards
from foundation.classification import INTERNAL
from foundation.database import Json, Model, UtcDateTime, home, is_sqlite, reading, writing

BATCH = 5_000
START = "0" * 64
ANCHOR = "audit-head.json"
SEAL_PURPOSE = "audit-seal"


class AuditSeal(Model):
    """A link of the chain: these rows of this organisation, after that link. 0: no organisation."""

    __tablename__ = "audit_seal"

    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, info=INTERNAL
    )
    organisation_id: Mapped[int] = mapped_column(Integer, index=True, info=INTERNAL)
    first_row: Mapped[int] = mapped_column(BigInteger, info=INTERNAL)
    last_row: Mapped[int] = mapped_column(BigInteger, index=True, info=INTERNAL)
    count: Mapped[int] = mapped_column(Integer, info=INTERNAL)
    rows: Mapped[list[Any]] = mapped_column(Json, info=INTERNAL)
    previous: Mapped[str] = mapped_column(String(64), info=INTERNAL)
    hash: Mapped[str] = mapped_column(String(64), info=INTERNAL)
    sealed_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)

    __table_args__ = ({"sqlite_autoincrement": True},)


event.listen(Model.metadata.tables["audit_seal"], "after_create", install_guards)


@dataclass(frozen=True)
class Verdict:
    """What verify() found; `row` is the first row that is changed, missing or not ours."""

    rows: int
    seals: int
    organisation: int | None = None
    row: int | None = None

    @property
    def ok(self) -> bool:
        """Say whether nothing is broken."""
        return self.row is None

    def __str__(self) -> str:
        """Return the line that `audit verify` prints."""
        if self.ok:
            return f"ok {self.rows} rows, {self.seals} seals"
        return f"broken {self.organisation} row {self.row}"


def seal() -> int:
    """Seal every row committed so far; return how many were sealed."""
    total = 0
    while True:
        with writing() as session:
            _wait_for_writers(session)
            count = _seal_batch(session)
            heads = _heads(session) if count else {}
        if count:
            _anchor(heads)
        total += count
        if count < BATCH:
            return total


def verify() -> Verdict:
    """Seal what is pending, then check every row and every link from the first one."""
    seal()
    with reading() as session:
        chains = _chains(session)
        verdict = _verify_rows(session, chains)
        return _against_anchor(chains, verdict) if verdict.ok else verdict


def head(session: Session) -> dict[str, Any]:
    """Return the last seal of every chain: {organisation: hash}."""
    return {name: entry["hash"] for name, entry in _heads(session).items()}


def _wait_for_writers(session: Session) -> None:
    # Ids are drawn before commit: without this a later id could be sealed before an earlier one
    # appears. The time-out keeps a long transaction from stopping everybody behind us.
    if not is_sqlite():
        session.execute(text("SET LOCAL lock_timeout = '2s'"))
        session.execute(text("LOCK TABLE audit_row IN SHARE ROW EXCLUSIVE MODE"))


def _seal_batch(session: Session) -> int:
    sealed = session.scalar(select(func.max(AuditSeal.last_row))) or 0
    rows = session.scalars(
        select(AuditRow).where(AuditRow.id > sealed).order_by(AuditRow.id).limit(BATCH)
    ).all()
    heads = _heads(session)
    for organisation, batch in groupby(sorted(rows, key=_by_chain), key=_chain_of):
        previous = heads.get(str(organisation), {}).get("hash", START)
        session.add(_link(organisation, list(batch), previous))
    return len(rows)


def _link(organisation: int, rows: list[AuditRow], previous: str) -> AuditSeal:
    link = AuditSeal(
        organisation_id=organisation,
        first_row=rows[0].id,
        last_row=rows[-1].id,
        count=len(rows),
        rows=[_mark(row) for row in rows],
        previous=previous,
        sealed_at=clock.now(),
    )
    link.hash = _hash(link, rows)
    return link


def _hash(link: AuditSeal, rows: Iterable[AuditRow]) -> str:
    fields = [link.organisation_id, link.first_row, link.last_row, link.count, link.rows]
    digest = hashlib.sha256()
    for row in rows:
        digest.update(row.digest())
    moment = link.sealed_at.isoformat()
    return crypto.blind_index(
        SEAL_PURPOSE, json.dumps([link.previous, fields, moment, digest.hexdigest()])
    )


def _chain_of(row: AuditRow) -> int:
    return row.organisation_id or 0


def _by_chain(row: AuditRow) -> tuple[int, int]:
    return _chain_of(row), row.id


def _heads(session: Session) -> dict[str, dict[str, Any]]:
    session.flush()
    last = select(func.max(AuditSeal.id)).group_by(AuditSeal.organisation_id)
    links = session.scalars(select(AuditSeal).where(AuditSeal.id.in_(last)))
    return {
        str(link.organisation_id): {"hash": link.hash, "last_row": link.last_row} for link in links
    }


def _chains(session: Session) -> dict[int, list[AuditSeal]]:
    links = session.scalars(select(AuditSeal).order_by(AuditSeal.organisation_id, AuditSeal.id))
    return {name: list(chain) for name, chain in groupby(links, key=lambda x: x.organisation_id)}


def _verify_rows(session: Session, chains: dict[int, list[AuditSeal]]) -> Verdict:
    # What was committed after our seal is not broken, only newer than this check.
    sealed = session.scalar(select(func.max(AuditSeal.last_row))) or 0
    order = AuditRow.organisation_id, AuditRow.id
    query = select(AuditRow).where(AuditRow.id <= sealed).order_by(*order)
    # A server-side cursor must not outlive a walk that stops at the first broken row.
    with closing(session.scalars(query.execution_options(yield_per=1_000))) as rows:
        return _walk(rows, chains)


def _walk(rows: Iterable[AuditRow], chains: dict[int, list[AuditSeal]]) -> Verdict:
    unseen, count = set(chains), 0
    for organisation, own in groupby(rows, key=_chain_of):
        unseen.discard(organisation)
        checked, broken = _verify_chain(chains.get(organisation, []), own)
        count += checked
        if broken is not None:
            return Verdict(count, 0, organisation, broken)
    if unseen:
        gone = min(unseen)
        return Verdict(count, 0, gone, chains[gone][0].first_row)
    return Verdict(count, sum(map(len, chains.values())))


def _verify_chain(links: list[AuditSeal], rows: Iterator[AuditRow]) -> tuple[int, int | None]:
    """Return how many rows were good and the id of the first broken row, if any."""
    previous, count = START, 0
    for link in links:
        own: list[AuditRow] = []
        for mark in link.rows:
            row = next(rows, None)
            broken = _mismatch(mark, row)
            if row is None or broken is not None:
                return count, broken
            own.append(row)
            count += 1
        if link.previous != previous or _hash(link, own) != link.hash:
            return count, link.first_row
        previous = link.hash
    stray = next(rows, None)
    return count, None if stray is None else stray.id


def _mark(row: AuditRow) -> list[Any]:
    """Return what a seal keeps of a row, enough to say which one is missing or changed."""
    return [row.id, row.mac[:12]]


def _mismatch(mark: list[Any], row: AuditRow | None) -> int | None:
    if row is None or row.id > mark[0]:
        return int(mark[0])
    if row.id == mark[0] and _mark(row) == mark and row.is_genuine():
        return None
    return row.id


def _against_anchor(chains: dict[int, list[AuditSeal]], verdict: Verdict) -> Verdict:
    """Find chains whose end was cut off: the anchor file lies outside the database."""
    known = {link.hash for chain in chains.values() for link in chain}
    for organisation, entry in sorted(read_anchor(home()).items()):
        if entry["hash"] not in known:
            return Verdict(verdict.rows, verdict.seals, int(organisation), entry["last_row"])
    return verdict


def read_anchor(folder: Path) -> dict[str, dict[str, Any]]:
    """Return the last seals this machine has seen: {organisation: {hash, last_row}}."""
    path = folder / ANCHOR
    return dict(json.loads(path.read_bytes())) if path.exists() else {}


def _anchor(heads: dict[str, dict[str, Any]]) -> None:
    path = home() / ANCHOR
    draft = path.with_suffix(f".{os.getpid()}")
    draft.write_text(json.dumps(read_anchor(home()) | heads, indent=1))
    draft.replace(path)
