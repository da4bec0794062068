"""What an authority was asked and what it answered: kept for good, so that nothing is asked twice.

A second run, another museum with the same maker, other rules, `--force`: all of them read what is kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from museum_assets.core.failures import Failure
from museum_assets.loop.concurrently import concurrently
from museum_assets.loop.run import batched
from resources.copying import copy_rows
from resources.postgres import Connection
from resources.reconciliation.client import ReconciliationClient
from resources.reconciliation.protocol import Question
from sql import query

IN_FLIGHT = 4
"""Requests under way: the pace says how often one may be sent, and an answer takes seconds."""
COLUMNS, TYPES = ("digest", "asked", "answer"), ("bytea", "jsonb", "jsonb")


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer, and when it was given."""

    answer: Any
    answered_at: datetime


class Answers:
    """The answers of one authority, kept in `ops.authority_answer`; the others are asked for."""

    def __init__(self, client: ReconciliationClient, authority: str, properties: Mapping[str, str]) -> None:
        self.client = client
        self.authority = authority
        self.properties = properties
        self._extends: bool | None = None

    def candidates(self, conn: Connection, questions: Sequence[Question]) -> dict[Question, Kept | Failure]:
        """Return the candidates for each question. Raises as `ReconciliationClient.ask` does."""
        asked = {question.digest(): question for question in questions}
        found = self._answered(
            conn, {digest: question.query() for digest, question in asked.items()},
            lambda digests: self.client.ask([asked[digest] for digest in digests]), self.client.batch,
        )  # fmt: skip
        return {question: found[digest] for digest, question in asked.items()}

    def facts(self, conn: Connection, ids: Sequence[str]) -> dict[str, dict[str, list[str]] | Failure]:
        """Return {id: {our name of a property: its values}}; empty where the service has no data extension."""
        pids = sorted(set(self.properties.values()))
        asked = {_digest({"extend": each, "properties": pids}): each for each in dict.fromkeys(ids)}
        known = _kept(conn, self.authority, list(asked))
        if len(known) < len(asked) and not self.extends:
            return {each: {} for each in ids}
        found = self._answered(
            conn, {digest: {"extend": each, "properties": pids} for digest, each in asked.items()},
            lambda digests: self.client.extend([asked[digest] for digest in digests], pids), 5 * self.client.batch,
        )  # fmt: skip
        return {each: self._named(found[digest]) for digest, each in asked.items()}

    @property
    def extends(self) -> bool:
        """Say whether the service has data extension. It is asked once."""
        if self._extends is None:
            self._extends = bool(self.client.manifest().get("extend"))
        return self._extends

    def _named(self, found: Kept | Failure) -> dict[str, list[str]] | Failure:
        if isinstance(found, Failure):
            return found
        return {name: found.answer.get(pid, []) for name, pid in self.properties.items()}

    def _answered(
        self,
        conn: Connection,
        asked: Mapping[bytes, Any],
        ask: Callable[[list[bytes]], Sequence[Any]],
        size: int,
    ) -> dict[bytes, Kept | Failure]:
        """Return {digest: answer}: those that are kept, and of the rest what the authority says now, which is kept."""
        found: dict[bytes, Kept | Failure] = dict(_kept(conn, self.authority, list(asked)))
        missing = batched([digest for digest in asked if digest not in found], size)
        for digests, results in concurrently(lambda some: (some, ask(some)), missing, IN_FLIGHT):
            new = {digest: each for digest, each in zip(digests, results, strict=True) if not isinstance(each, Failure)}
            found |= {digest: each for digest, each in zip(digests, results, strict=True) if isinstance(each, Failure)}
            # At once, so that a run that is killed has asked nothing in vain.
            found |= self._keep(conn, {digest: (asked[digest], answer) for digest, answer in new.items()})
        return found

    def _keep(self, conn: Connection, new: Mapping[bytes, tuple[Any, Any]]) -> dict[bytes, Kept]:
        if new:
            with conn.transaction():
                conn.execute(query("identities.answer_batch"))
                rows = ((digest, asked, answer) for digest, (asked, answer) in new.items())
                copy_rows(conn, "answer_batch", COLUMNS, TYPES, rows)
                conn.execute(query("identities.keep_answers"), {"authority": self.authority})
        # What another run kept in the meantime stands: two runs must not judge by two answers.
        return _kept(conn, self.authority, list(new))


def _kept(conn: Connection, authority: str, digests: Sequence[bytes]) -> dict[bytes, Kept]:
    rows = conn.execute(query("identities.answers"), {"authority": authority, "digests": list(digests)})
    return {row["digest"]: Kept(row["answer"], row["answered_at"]) for row in rows} if digests else {}


def _digest(asked: Any) -> bytes:
    return hashlib.sha256(orjson.dumps(asked, option=orjson.OPT_SORT_KEYS)).digest()
