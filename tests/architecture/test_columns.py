"""Every column says what kind of data it holds, how long it lives, and is kept accordingly."""

import sqlalchemy as sa

from foundation.classification import DataClass
from foundation.crypto import EncryptedJson, EncryptedText
from foundation.database import Json, Model
from tests.support.databases import all_models

all_models()
COLUMNS = [column for table in Model.metadata.sorted_tables for column in table.columns]
# A code from a closed list fits; a sentence about a person does not.
LONGEST_CODE = 120


def test_every_column_is_classified_with_its_retention() -> None:
    unlisted = [
        str(column)
        for column in COLUMNS
        if not isinstance(column.info.get("data_class"), DataClass) or not column.info.get("keep")
    ]
    assert unlisted == []


def test_clinical_text_is_encrypted() -> None:
    readable = [
        str(column)
        for column in COLUMNS
        if column.info.get("data_class") is DataClass.CLINICAL
        and not isinstance(column.type, EncryptedText | EncryptedJson)
        and is_free_text(column.type)
    ]
    assert readable == []


def is_free_text(kind: object) -> bool:
    """Text or a document that may hold a sentence."""
    if isinstance(kind, sa.Enum):
        return False
    if isinstance(kind, sa.String):
        return kind.length is None or kind.length > LONGEST_CODE
    return isinstance(kind, Json | sa.JSON | sa.LargeBinary)


def test_every_constraint_has_a_name() -> None:
    nameless = [
        f"{table.name}: {constraint}"
        for table in Model.metadata.sorted_tables
        for constraint in table.constraints
        if not constraint.name
    ]
    assert nameless == []
