"""What every connector is: it reads a source record by record, and some records may be refused."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """One record of a source. `place` identifies it within the source; `value` can be written as JSON."""

    place: str
    value: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RecordRefusal:
    """A record that could not be read, with the reason's code; `body` holds its bytes, as far as there are any."""

    place: str
    code: str
    message: str
    body: bytes = b""
    context: Mapping[str, Any] = field(default_factory=dict)


class Connector(ABC):
    """Reads one kind of source. Nothing is read before `extract()` is iterated."""

    kind: ClassVar[str]
    """The kind's name in the registry."""

    @abstractmethod
    def extract(self) -> Iterator[SourceRecord | RecordRefusal]:
        """Yield every record in turn, without holding them all in memory.

        The fault of one record is yielded as its refusal. An error of the whole source (denied, unreachable) is
        raised, so that an unreadable source never looks like an empty one.
        """
