"""The kinds of document: the fields of their records, and the keys under which they are filed.

A document's kind follows from its key and not from the model, because its content must not decide what is asked of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr, model_validator

from museum_assets.core.failures import Failure
from museum_assets.core.wildcards import compile_pattern

ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def _iso(value: object) -> object:
    # pydantic would read 2024 as seconds since 1970.
    if isinstance(value, str) and not ISO_DATE.fullmatch(value):
        raise ValueError("must be a date written YYYY-MM-DD")
    return value


IsoDate = Annotated[date, BeforeValidator(_iso)]
FieldText = Annotated[str, Field(min_length=1, max_length=20_000)]
Name = Annotated[str, Field(min_length=1, max_length=300)]
ObjectNumber = Annotated[str, Field(min_length=1, max_length=200)]


class DocumentRecord(BaseModel):
    """A record of any kind: values as they stand in the document, and no other fields."""

    model_config = ConfigDict(extra="forbid", strict=False, frozen=True, str_strip_whitespace=True)

    object_number: ObjectNumber = Field(description="the object's inventory or accession number, exactly as written")
    _repairs: tuple[str, ...] = PrivateAttr(())

    def repaired_as(self, repairs: Iterable[str]) -> None:
        """Note what was wrong with the texts that the values are made of."""
        self._repairs = tuple(sorted(repairs))

    @property
    def text_repairs(self) -> tuple[str, ...]:
        """What was wrong with the texts, in the words of museums/text_repair.py."""
        return self._repairs


class ConditionReport(DocumentRecord):
    """The state of an object, as an examiner saw it."""

    condition: FieldText = Field(description="the overall condition, in the document's words")
    damage: FieldText | None = Field(None, description="damage that is described")
    treatment: FieldText | None = Field(None, description="treatment that was done or is advised")
    examiner: Name | None = Field(None, description="who examined it, exactly as written")
    date: IsoDate | None = Field(None, description="day of the examination, YYYY-MM-DD")


class LoanLetter(DocumentRecord):
    """The loan of an object."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, populate_by_name=False)

    lender: Name = Field(description="who lends the object, exactly as written")
    from_: IsoDate | None = Field(None, alias="from", description="first day of the loan, YYYY-MM-DD")
    to: IsoDate | None = Field(None, description="last day of the loan, YYYY-MM-DD")

    @model_validator(mode="after")
    def in_order(self) -> LoanLetter:
        """Refuse a loan that ends before it begins."""
        if self.from_ and self.to and self.from_ > self.to:
            raise ValueError("'from' must not be after 'to'")
        return self


@dataclass(frozen=True)
class DocumentKind:
    """A kind of document. `aliases` are other names that models give to fields.

    The values of `quoted` fields must stand in the document.
    """

    name: str
    patterns: tuple[str, ...]
    model: type[DocumentRecord]
    aliases: Mapping[str, tuple[str, ...]]
    quoted: tuple[str, ...]

    @cached_property
    def fields(self) -> dict[str, str]:
        """The fields that the model is asked for: {name: description}."""
        return {field.alias or name: str(field.description) for name, field in self.model.model_fields.items()}

    def matches(self, key: str) -> bool:
        """Say whether the key, in any case, is of this kind."""
        return any(compile_pattern(pattern).matches(key.lower()) for pattern in self.patterns)


OBJECT_NUMBER_FIELD = "object_number"
OBJECT_NUMBER = ("accession_number", "inventory_number", "accession_no", "object_no", "inv_no", "object_id")
DOCUMENT_KINDS: tuple[DocumentKind, ...] = (
    DocumentKind(
        "condition_report",
        ("**/*condition*", "**/*condition*/**"),
        ConditionReport,
        {
            "object_number": OBJECT_NUMBER,
            "condition": ("overall_condition", "state", "condition_summary"),
            "damage": ("damages", "damage_description"),
            "treatment": ("treatments", "recommended_treatment", "treatment_recommended"),
            "examiner": ("examined_by", "conservator", "inspector", "examiner_name"),
            "date": ("examination_date", "report_date", "date_of_examination"),
        },
        ("object_number", "examiner"),
    ),
    DocumentKind(
        "loan_letter",
        ("**/*loan*", "**/*loan*/**"),
        LoanLetter,
        {
            "object_number": OBJECT_NUMBER,
            "lender": ("lender_name", "loaned_by", "lending_institution"),
            "from": ("from_date", "start_date", "loan_start", "loan_from", "start"),
            "to": ("to_date", "end_date", "loan_end", "loan_to", "until", "end"),
        },
        ("object_number", "lender"),
    ),
)


def kind_of(key: str) -> DocumentKind:
    """Return the kind of the document under this key. Raises Failure(unknown_kind) when none or several match."""
    matching = [kind for kind in DOCUMENT_KINDS if kind.matches(key)]
    if len(matching) != 1:
        names = ", ".join(f"{kind.name} ({kind.patterns[0]})" for kind in DOCUMENT_KINDS)
        many = f"of several kinds, {', '.join(kind.name for kind in matching)}" if matching else "of no known kind"
        message = f"{key} is {many}: file it under a key that says one of {names}"
        raise Failure(message, code="unknown_kind", permanent=True)
    return matching[0]


def as_json(record: DocumentRecord) -> dict[str, Any]:
    """Return the record for JSON, under the field names that the model is asked for.

    `text_repairs` is among them where a text was repaired.
    """
    fields = record.model_dump(mode="json", by_alias=True)
    return fields | {"text_repairs": list(record.text_repairs)} if record.text_repairs else fields
