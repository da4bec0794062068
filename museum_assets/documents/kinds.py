"""The kinds of document, what a record of each holds, and which keys are of which kind.

The key decides the kind and not the model: what is asked of a document must not depend on what stands in it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from museum_assets.failures import Failure
from museum_assets.sources.wildcard import compile_pattern

ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def _iso(value: object) -> object:
    # pydantic would read 2024 as seconds since 1970.
    if isinstance(value, str) and not ISO_DATE.fullmatch(value):
        raise ValueError("must be a date written YYYY-MM-DD")
    return value


IsoDate = Annotated[date, BeforeValidator(_iso)]
Text = Annotated[str, Field(min_length=1, max_length=20_000)]
Number = Annotated[str, Field(min_length=1, max_length=200)]


class Extracted(BaseModel):
    """What a record of any kind is: values as they stand in the document, no others."""

    model_config = ConfigDict(extra="forbid", strict=False, frozen=True, str_strip_whitespace=True)

    object_number: Number = Field(description="the object's inventory or accession number, exactly as written")


class ConditionReport(Extracted):
    """The state of an object, as an examiner saw it."""

    condition: Text = Field(description="the overall condition, in the document's words")
    damage: Text | None = Field(None, description="damage that is described")
    treatment: Text | None = Field(None, description="treatment that was done or is advised")
    examiner: Text | None = Field(None, description="who examined it, exactly as written")
    date: IsoDate | None = Field(None, description="day of the examination, YYYY-MM-DD")


class LoanLetter(Extracted):
    """The loan of an object."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, populate_by_name=False)

    lender: Text = Field(description="who lends the object, exactly as written")
    from_: IsoDate | None = Field(None, alias="from", description="first day of the loan, YYYY-MM-DD")
    to: IsoDate | None = Field(None, description="last day of the loan, YYYY-MM-DD")

    @model_validator(mode="after")
    def in_order(self) -> LoanLetter:
        """A loan does not end before it begins."""
        if self.from_ and self.to and self.from_ > self.to:
            raise ValueError("'from' must not be after 'to'")
        return self


@dataclass(frozen=True)
class Kind:
    """A kind of document. `aliases` are names that models give to a field; `quoted` fields must stand in the text."""

    name: str
    patterns: tuple[str, ...]
    model: type[Extracted]
    aliases: Mapping[str, tuple[str, ...]]
    quoted: tuple[str, ...]

    @cached_property
    def fields(self) -> dict[str, str]:
        """What is asked for: {field: description}."""
        return {field.alias or name: str(field.description) for name, field in self.model.model_fields.items()}

    def matches(self, key: str) -> bool:
        """Say whether a key, in lower case, is of this kind."""
        return any(compile_pattern(pattern).matches(key.lower()) for pattern in self.patterns)


OBJECT_NUMBER = ("accession_number", "inventory_number", "accession_no", "object_no", "inv_no", "object_id")
KINDS: tuple[Kind, ...] = (
    Kind(
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
    Kind(
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


def kind_of(key: str) -> Kind:
    """Return the kind of the document under this key. Raises Failure with code `unknown_kind` for none or several."""
    found = [kind for kind in KINDS if kind.matches(key)]
    if len(found) != 1:
        names = ", ".join(f"{kind.name} ({kind.patterns[0]})" for kind in KINDS)
        many = f"of several kinds, {', '.join(kind.name for kind in found)}" if found else "of no known kind"
        message = f"{key} is {many}: file it under a key that says one of {names}"
        raise Failure(message, code="unknown_kind", permanent=True)
    return found[0]


def as_row(record: Extracted) -> dict[str, Any]:
    """Return the record as JSON holds it, under the names that were asked for."""
    return record.model_dump(mode="json", by_alias=True)
