"""One page of a long list with its place in the whole; nothing is cut off silently."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar, TypeVarTuple

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session

PAGE = 50
T = TypeVar("T")
Columns = TypeVarTuple("Columns")


@dataclass(frozen=True)
class Page(Generic[T]):
    """The rows of one page, its number, how many pages and how many rows there are."""

    rows: Sequence[T]
    number: int
    pages: int
    total: int

    def __iter__(self) -> Iterator[T]:
        """The rows, so that a page reads like the list it is a part of."""
        return iter(self.rows)

    def __bool__(self) -> bool:
        return bool(self.rows)


def page_of(session: Session, query: Select[T], number: int, size: int = PAGE) -> Page[T]:
    """The objects of one page; a number outside the list means its nearest end."""
    total, pages, at = _place(session, query, number, size)
    rows = session.scalars(query.limit(size).offset((at - 1) * size)).all()
    return Page(rows, at, pages, total)


def page_of_rows(
    session: Session, query: Select[*Columns], number: int, size: int = PAGE
) -> Page[Row[*Columns]]:
    """The same for a query of several columns."""
    total, pages, at = _place(session, query, number, size)
    rows = session.execute(query.limit(size).offset((at - 1) * size)).all()
    return Page(rows, at, pages, total)


def page_of_list(items: Sequence[T], number: int, size: int = PAGE) -> Page[T]:
    """The same for what was worked out in memory."""
    pages = max(1, -(-len(items) // size))
    at = min(max(1, number), pages)
    return Page(items[(at - 1) * size : at * size], at, pages, len(items))


def _place(
    session: Session, query: Select[*Columns], number: int, size: int
) -> tuple[int, int, int]:
    counted = select(func.count()).select_from(query.order_by(None).subquery())
    total = session.scalar(counted) or 0
    pages = max(1, -(-total // size))
    return total, pages, min(max(1, number), pages)
