"""A line of the doctor's: what was tried, how it is, and what to do where it is not well."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from resources.platform import Platform

State = Literal["ok", "warn", "fail"]
"""`warn` is what works today and may not tomorrow, or what somebody else has to bring; `fail` is what stops a run."""
RUN_UP = "`museum up` starts it"


@dataclass(frozen=True, slots=True)
class Line:
    """One finding. `remedy` is empty for what is well."""

    subject: str
    state: State
    found: str
    remedy: str = ""


Examination = Callable[[Platform], Iterator[Line]]
"""Looks at one thing that is configured; yields nothing for what is not."""


def well(subject: str, found: str) -> Line:
    """Return the line of what is as it must be."""
    return Line(subject, "ok", found)
