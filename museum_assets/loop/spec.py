"""What a stage is, said once: assets, checks, status, dead letters and the release's dependencies follow from it.

A spec is pure and describes what keeps a ledger per record. A domain lists its specs in its `stages.py` and hands the
list upward; nothing below knows any of them by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

from museum_assets.core.failures import MuseumError
from museum_assets.core.findings import Finding
from museum_assets.core.settings import Settings
from museum_assets.loop.stage import Stage
from resources.platform import Platform
from resources.postgres import Connection

CheckFunction = Callable[[Platform, Connection, str], Finding]
"""Checks one museum, given by its slug, and returns the finding."""

INDEX_POOL = "vector_index"
"""The embedded index is one process's at a time; waiting in the queue costs less than waiting at its lock."""
MODEL_POOL = "model"
"""One model at a time on a machine: ViT-L-14 takes 1.7 GB and all cores."""


@dataclass(frozen=True)
class CheckSpec:
    """A check of what a stage made: its name, the function that decides, and its meaning in a sentence."""

    name: str
    evaluate: CheckFunction
    meaning: str

    @classmethod
    def of(cls, name: str, function: Callable[..., Finding], adapt: CheckFunction | None = None) -> CheckSpec:
        """Return the check that a function makes; the first line of its docstring is the meaning.

        The function is called with (connection, slug). One that needs more than the database is called by `adapt`,
        which gets (platform, connection, slug).
        """
        meaning = (function.__doc__ or "").partition("\n")[0]
        return cls(name, adapt or (lambda _, conn, slug: function(conn, slug)), meaning)


@dataclass(frozen=True)
class VectorSpec:
    """The named vector that a stage makes: what it is made from, and by which embedder."""

    input: str
    """`image` or `text`."""
    embedder: str
    dimension: int


def always_active(_: Settings) -> None:
    """Return None: the stage is always active."""


@dataclass(frozen=True, kw_only=True)
class StageSpec:
    """One stage of the loop."""

    name: str
    """Names the stage, its asset, ledger rows, lock and dead letters."""
    domain: str
    """The asset group."""
    description: str
    kinds: frozenset[str]
    contract: Callable[[Platform, str], str]
    """Returns a museum's contract: what decides the output besides the input. Raises MuseumError when it is unknown."""
    open: Callable[[Platform, str], AbstractContextManager[Stage]] | None = None
    """Opens the stage for a museum. None when an asset of its own runs it, and its ledger holds only what failed."""
    inputs: str | None = None
    """Names its view `ops.input_<inputs>`; the stage's own name when left out."""
    table: str | None = None
    """The Postgres table with one row per output, if there is one."""
    rows_hashed: bool = False
    """Whether the view `ops.output_<name>` hashes its rows: then its ledger says what was written."""
    deps: tuple[StageSpec, ...] = ()
    pool: str | None = None
    checks: tuple[CheckSpec, ...] = ()
    inactive: Callable[[Settings], str | None] = always_active
    """Returns why the stage is not in use and what would change that; None when it is."""
    released: bool = False
    """Whether a release candidate is made from its outputs."""
    follows: bool = True
    """Whether it runs by itself after the stages that it depends on."""
    vector: VectorSpec | None = None
    museums: tuple[str, ...] | None = None
    """What stands in place of the slug for a stage that belongs to no museum; None: every museum of the collection."""
    books: Callable[[Connection, str], Mapping[str, Any]] | None = None
    """Returns a museum's row of `museum status`, for a stage whose inputs are not listed by a view."""

    @property
    def view(self) -> str:
        """The view that lists its inputs, without schema."""
        return f"input_{self.inputs or self.name}"

    @property
    def output_view(self) -> str | None:
        """The view that hashes the rows it wrote, without schema; None when there is none."""
        return f"output_{self.name}" if self.rows_hashed else None

    def bind(self, stage: Stage, contract: str) -> Stage:
        """Give a stage its name, its views and the contract it works under."""
        stage.name, stage.view, stage.output_view, stage.contract = self.name, self.view, self.output_view, contract
        return stage

    @contextmanager
    def opened(self, platform: Platform, slug: str) -> Iterator[Stage]:
        """Open the stage for a museum, ready to run. Raises MuseumError when it is not active."""
        if reason := self.inactive(platform.settings):
            raise MuseumError(reason)
        if self.open is None:
            raise MuseumError(f"{self.name} is not run by the loop")
        with self.open(platform, slug) as stage:
            yield self.bind(stage, self.contract(platform, slug))

    def current_contract(self, platform: Platform, slug: str) -> str | None:
        """Return the contract it would work under now; None when inactive or unknown, such as without weights."""
        try:
            return None if self.inactive(platform.settings) else self.contract(platform, slug)
        except MuseumError:
            return None

    def again(self, slug: str, *, force: bool = False) -> str:
        """Return the command that runs it for a museum, for messages."""
        return f"`museum run {self.name} --museum {slug}{' --force' if force else ''}`"
