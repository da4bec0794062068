"""What people decide over makers: who one is or is not, that two are one, or are not. Rows are never deleted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, get_args

from psycopg.types.json import Jsonb

from museum_assets.core.failures import MuseumError
from museum_assets.enrichment.authority.links import Identity, read_identity
from museum_assets.enrichment.authority.stage import artist_identities
from museum_assets.enrichment.authority.verdict import Asked, contradicting_years
from museum_assets.museums import MUSEUMS
from resources.postgres import Connection, scalar
from sql import query

Kind = Literal["accept", "refuse", "merge", "split"]
KINDS: tuple[str, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision, as people and programs are shown it. `news` says what the data holds against it by now."""

    id: int
    museum: str
    maker_key: str
    name: str | None
    kind: str
    about: str
    state: str
    news: str
    why: str
    by: str
    made_at: datetime
    until: date | None


def museum_of(key: str) -> str:
    """Return the museum of a maker's key. Raises MuseumError for one that is none."""
    slug, colon, rest = key.partition(":")
    if slug not in MUSEUMS or not colon or not rest:
        raise MuseumError(
            f"{key!r} is no maker: write museum:key as `museum artists questions` shows it, such as smk:~1f0c "
            f"(museums: {', '.join(MUSEUMS)})"
        )
    return slug


def decide(
    conn: Connection,
    key: str,
    kind: Kind,
    about: str,
    *,
    authority: str,
    why: str,
    by: str,
    until: date | None = None,
) -> int:
    """Keep a decision in place of those that it denies, and return its number.

    `about` is an identity (for refuse it may be empty: nobody there), or for merge and split the other maker's key. The
    next run of the stage follows it. Raises MuseumError for what is no maker, or no identity.
    """
    if not why.strip():
        raise MuseumError("a decision needs a reason: say --why")
    museum_of(key)
    with conn.transaction():
        conn.execute("LOCK TABLE ops.correction IN SHARE ROW EXCLUSIVE MODE")
        maker = _maker(conn, key)
        field, value = _about(conn, maker, kind, about, authority)
        seen = {"name": maker["name"], "birth": maker["birth_year"], "death": maker["death_year"]}
        params = {
            "museum": museum_of(key), "maker_key": key, "kind": kind, "field": field, "why": why, "until": until,
            "value": None if value is None else Jsonb(value), "seen": Jsonb(seen), "by": by,
            "replaced": Jsonb({name: maker[name] for name in ("method", "authority", "identity")}),
        }  # fmt: skip
        conn.execute(query("identities.supersede"), params)
        return int(scalar(conn, query("identities.decide"), params))


def drop(conn: Connection, ids: Sequence[int], *, by: str) -> list[dict[str, Any]]:
    """Take decisions back, all or none. Returns {id, museum, record_id, kind} of each. Raises MuseumError."""
    with conn.transaction():
        params = {"ids": list(ids), "by": by, "kinds": list(KINDS)}
        rows = conn.execute(query("corrections.drop"), params).fetchall()
        if missing := sorted(set(ids) - {row["id"] for row in rows}):
            numbers = ", ".join(map(str, missing))
            raise MuseumError(f"no decision {numbers} over a maker stands: `museum artists decisions` lists them")
    return rows


def decisions(conn: Connection, museums: Sequence[str], *, dropped: bool = False) -> list[Decision]:
    """Return the decisions over makers of these museums, with what the data says against each."""
    params = {"museums": list(museums), "stage": artist_identities.name, "dropped": dropped}
    rows = conn.execute(query("identities.decisions"), params).fetchall()
    pairs = [row for row in rows if row["kind"] in {"merge", "split"}]
    makers = _makers(conn, {key for row in pairs for key in (row["maker_key"], row["field"])})
    return [_decision(row, makers) for row in rows]


def questions(conn: Connection, museums: Sequence[str], limit: int) -> list[dict[str, Any]]:
    """Return makers that may be somebody, those with most works first; `questions` of each counts all of them."""
    return conn.execute(query("identities.questions"), {"museums": list(museums), "limit": limit}).fetchall()


def makers_of(conn: Connection, slug: str, number: str | None) -> list[dict[str, Any]]:
    """Return the makers of an artwork, with who each is at an authority and over all museums."""
    return conn.execute(query("identities.of_artwork"), {"museum": slug, "number": number}).fetchall()


def _maker(conn: Connection, key: str) -> dict[str, Any]:
    found = _makers(conn, [key])
    if key not in found:
        raise MuseumError(f"no artwork has the maker {key!r}: `museum artists questions` shows keys")
    return found[key]


def _makers(conn: Connection, keys: Iterable[str]) -> dict[str, dict[str, Any]]:
    wanted = list(keys)
    params = {"museums": list({key.partition(":")[0] for key in wanted}), "keys": wanted}
    return {row["maker_key"]: row for row in conn.execute(query("identities.makers"), params)} if wanted else {}


def _about(conn: Connection, maker: Mapping[str, Any], kind: Kind, about: str, authority: str) -> tuple[str, Any]:
    """Return (field, value) of the row. Raises MuseumError."""
    if kind in {"merge", "split"}:
        museum_of(about)
        if about == maker["maker_key"]:
            raise MuseumError(f"{about} cannot be decided over with itself: name another maker")
        _maker(conn, about)
        return about, about
    if kind == "refuse" and not about:
        return "", None
    try:
        identity = read_identity(about, authority)
    except ValueError as error:
        raise MuseumError(f"{kind}: {error}") from None
    label = next((each["name"] for each in maker["candidates"] or () if each["id"] == identity.id), None)
    value = {"authority": identity.authority, "identity": identity.id} | ({"label": label} if label else {})
    return (str(identity) if kind == "refuse" else ""), value


def _decision(row: Mapping[str, Any], makers: Mapping[str, Mapping[str, Any]]) -> Decision:
    state = _state(row)
    stands = state not in {"dropped", "over"}
    return Decision(
        row["id"], row["museum"], row["maker_key"], row["name"], row["kind"], _shown(row), state,
        _news(row, makers) if stands else "", row["why"], row["made_by"], row["made_at"], row["until"],
    )  # fmt: skip


def _state(row: Mapping[str, Any]) -> str:
    if row["dropped_at"] is not None:
        return "dropped"
    if row["over"]:
        return "over"
    if not row["known"]:
        return "no maker"
    return "in effect" if row["met"] or row["kind"] in {"merge", "split"} else "with the next run"


def _shown(row: Mapping[str, Any]) -> str:
    value = row["value"]
    if value is None:
        return "everybody there"
    if isinstance(value, str):
        return value
    label = value.get("label")
    return f"{Identity(value['authority'], value['identity'])}{f' ({label})' if label else ''}"


def _news(row: Mapping[str, Any], makers: Mapping[str, Mapping[str, Any]]) -> str:
    """Return what the data says against a decision, empty when it says nothing."""
    if row["kind"] not in {"merge", "split"}:
        return row["contradiction"] or ""
    one, other = makers.get(row["maker_key"]), makers.get(row["field"])
    if one is None or other is None:
        return ""
    if row["kind"] == "merge":
        asked = Asked(one["name"], one["birth_year"], one["death_year"])
        found = contradicting_years(asked, other["birth_year"], other["death_year"])
        return found.replace("there", f"as {other['maker_key']}", 1) if found else ""
    same = one["identity"] and (one["authority"], one["identity"]) == (other["authority"], other["identity"])
    return f"both are {one['authority']}:{one['identity']}" if same else ""
