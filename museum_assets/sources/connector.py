"""What every source is: something that can be asked for its records, of which some may be refused."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a source. `place` names it within the source; `value` holds what JSON can."""

    place: str
    value: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A record that could not be extracted, for a reason with a code; `body` is what there is of it."""

    place: str
    code: str
    message: str
    body: bytes = b""
    context: Mapping[str, Any] = field(default_factory=dict)


class Connector(ABC):
    """A source. Its constructor takes what it reads from; nothing is read before `extract()` is iterated."""

    kind: ClassVar[str]
    """The name under which the registry knows it."""

    @abstractmethod
    def extract(self) -> Iterator[Record | Refusal]:
        """Yield every record in turn; memory does not grow with their number.

        A record's fault is a Refusal. What makes the source as a whole unusable (denied, unreachable) is raised, so
        that a source that cannot be read never looks like an empty one.
        """
