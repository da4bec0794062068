"""The rules that a candidate must satisfy to be promoted. Each names the first twenty rows at fault, and counts all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, LiteralString

from museum_assets.collection.artworks.stage import transformed_artworks
from museum_assets.collection.thumbnails.stage import stored_thumbnails
from museum_assets.core.findings import Finding
from museum_assets.releases.rules import Candidate, Input, Kind, Museums, Rule, Verdict, find_faults, judge
from museum_assets.releases.staging.drift import SHARES, fewer_rows, more_missing, nothing_staged
from resources.copying import copy_rows
from resources.s3 import encoded
from resources.vector_index.index import SearchFilter
from sql import query

ARTWORKS = Input.of("artworks", "artwork")
LINKS = Input.of("links between artworks and artists", "artwork_artist")
THUMBNAILS = Input.of("thumbnails", "thumbnail")
EXHIBITIONS = Input.of("exhibitions", "exhibition")
PRESSES = Input.of("reviews and incidents", "review", "incident")
MAKERS = Input.of("makers", "artwork_identity")
ARTISTS = Input.of("artists across museums", "artist_identity")
PLACES = Input.of("places", "artwork_place")
ANYTHING = Input("rows", lambda _: True)
"""Of rules for which no row at all is a finding as well."""


def has_vectors(candidate: Candidate) -> bool:
    """Say whether the candidate records a vector."""
    recorded = candidate.platform.execute(query("releases_checks.recorded_vectors"), {"museum": candidate.museum})
    return recorded.fetchone() is not None


VECTORS_RECORDED = Input("vectors", has_vectors)

RESTAGE = "Run `museum release stage {museum}` again"
RELOAD = "run `museum kiosk load --museum {museum}`, then `museum release stage {museum}`"


def rerun(*assets: str) -> str:
    """Return the remedy of making assets of a museum anew, and its candidate with them."""
    return f"Run `museum run {' '.join(assets)} --museum {{museum}} --force`, then `museum release stage {{museum}}`"


def by_query(
    name: str,
    statement: LiteralString,
    of: tuple[Kind, Museums],
    over: Input,
    meaning: str,
    wrong: str,
    remedy: str,
) -> Rule:
    """Make the rule of one statement; `remedy` has `{museum}` where the museum's slug belongs."""

    def check(candidate: Candidate) -> Finding:
        todo = remedy.format(museum=candidate.museum)
        return find_faults(candidate, statement, meaning, wrong, lambda _: todo)

    return Rule(name, *of, over, meaning, check)


def embed_again(candidate: Candidate, rows: list[dict[str, Any]]) -> str:
    """Return the remedy of vectors at fault: the stages of these rows once more."""
    return rerun(*sorted({row["vector"] for row in rows})).format(museum=candidate.museum)


THUMBNAILS_IN_S3 = "Every thumbnail is in S3."
VECTORS_INDEXED = "Every recorded vector is in the working index."
VECTORS_KEPT = "Every recorded vector is kept in ops.vector."
VECTORS_MEANT = "Every vector is of another model than the demo's, unless this is the demo."


def thumbnails_without_object(candidate: Candidate) -> Finding:
    """List the bucket into a table and look for the thumbnails that it lacks."""
    keys = ((found.key,) for found in candidate.bucket.list(f"{encoded(candidate.museum)}_"))
    with listed(candidate, ("key",), keys):
        return find_faults(
            candidate, query("releases_checks.thumbnails_without_object"), THUMBNAILS_IN_S3,
            "thumbnails are missing in S3", lambda _: rerun(stored_thumbnails.name).format(museum=candidate.museum),
        )  # fmt: skip


def vectors_not_kept(candidate: Candidate) -> Finding:
    """Look for vectors that are not in the cache, of which the points of a release are made."""
    return find_faults(
        candidate, query("releases_checks.vectors_not_kept"), VECTORS_KEPT,
        "vectors are recorded but not kept in ops.vector", lambda rows: embed_again(candidate, rows),
    )  # fmt: skip


def demo_vectors(candidate: Candidate) -> Finding:
    """Count the vectors that the demo's model made, where this is not the demo."""
    statement = query("releases_checks.demo_vectors")
    rows = [] if candidate.demo else candidate.platform.execute(statement, {"museum": candidate.museum}).fetchall()
    works = {row["vector"]: row["works"] for row in rows}
    if not rows:
        return Finding(True, VECTORS_MEANT.rstrip("."), {"count": 0})
    named = ", ".join(f"{vector} {count}" for vector, count in works.items())
    return Finding(
        False,
        f"{sum(works.values())} vectors are of the demo's model ({named}), which knows the simulator's drawings and "
        f"nothing else. Set CLIP_WEIGHTS to a real model's weights. {embed_again(candidate, rows)}",
        {"count": sum(works.values()), "vectors": works, "contract": rows[0]["contract"]},
    )


def vectors_not_indexed(candidate: Candidate) -> Finding:
    """List what the working index has into a table and look for the vectors that it lacks."""
    with candidate.index.open() as session:
        points = (
            (vector, record.id)
            for vector in session.vectors
            for record in session.scroll(SearchFilter(candidate.museum, vector_present=vector), with_payload=False)
        )
        with listed(candidate, ("vector", "key"), points):
            return find_faults(
                candidate, query("releases_checks.vectors_not_indexed"), VECTORS_INDEXED,
                "vectors are recorded but not in the index", lambda rows: embed_again(candidate, rows),
            )  # fmt: skip


@contextmanager
def listed(candidate: Candidate, columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[None]:
    """Hold what another service has in the table pg_temp.there, for as long as the block lasts: memory stays flat."""
    candidate.platform.execute(query("releases_checks.listing"))
    try:
        copy_rows(candidate.platform, "there", columns, ["text"] * len(columns), rows)
        candidate.platform.execute("ANALYZE pg_temp.there")
        yield
    finally:
        candidate.platform.execute("DROP TABLE pg_temp.there")


def _share(name: str) -> Rule:
    meaning = f"The share of artworks without {name} grew by no more than the limit."

    def check(candidate: Candidate) -> Finding:
        staged, live = candidate.figures()
        return more_missing(name, staged, live, candidate.limits)

    return Rule(f"missing_{name}", "drift", "collection", ARTWORKS, meaning, check)


RULES: tuple[Rule, ...] = (
    by_query("orphaned_links", query("releases_checks.orphaned_links"), ("orphan", "collection"), LINKS,
             "Every link has its artwork and its artist.", "links lack their artwork or their artist", RESTAGE),
    by_query("orphaned_rows", query("releases_checks.orphaned_rows"), ("orphan", "collection"),
             Input.of("thumbnails or index statuses", "thumbnail", "index_status"),
             "Every thumbnail and every index status has its artwork.",
             "thumbnails or index statuses have no artwork", rerun(stored_thumbnails.name)),
    by_query("unsearchable_artworks", query("releases_checks.unsearchable_artworks"), ("orphan", "collection"),
             ARTWORKS, "Every artwork has a searchable work type.", "artworks have no searchable work type",
             rerun(transformed_artworks.name)),
    Rule("thumbnails_without_object", "incomplete", "collection", THUMBNAILS, THUMBNAILS_IN_S3,
         thumbnails_without_object),
    by_query("duplicate_object_numbers", query("releases_checks.duplicate_object_numbers"),
             ("duplicate", "collection"), ARTWORKS, "Every object number is used once.",
             "object numbers are used twice", rerun(transformed_artworks.name)),
    by_query("duplicate_museum_ids", query("releases_checks.duplicate_museum_ids"), ("duplicate", "collection"),
             ARTWORKS, "Every id of the museum is used once.", "ids of the museum are used twice",
             rerun(transformed_artworks.name)),
    by_query("duplicate_artists", query("releases_checks.duplicate_artists"), ("duplicate", "collection"),
             Input.of("artists", "artist"), "Every artist is there once.", "artists are there twice", RESTAGE),
    by_query("duplicate_rows", query("releases_checks.duplicate_rows"), ("duplicate", "collection"),
             Input.of("links, thumbnails or index statuses", "artwork_artist", "thumbnail", "index_status"),
             "Every link, thumbnail and index status is there once.",
             "links, thumbnails or index statuses are there twice", RESTAGE),
    by_query("impossible_years", query("releases_checks.impossible_years"), ("inconsistent", "collection"), ARTWORKS,
             "Every artwork starts before it ends.", "artworks start after they end", rerun(transformed_artworks.name)),
    by_query("empty_text", query("releases_checks.empty_text"), ("inconsistent", "collection"), ARTWORKS,
             "Every required text is filled in.", "required texts are empty", rerun(transformed_artworks.name)),
    by_query("thumbnails_not_stored", query("releases_checks.thumbnails_not_stored"), ("inconsistent", "collection"),
             THUMBNAILS, "Every thumbnail that is recorded is stored.", "thumbnails are recorded but not stored",
             rerun(stored_thumbnails.name)),
    Rule("vectors_not_kept", "incomplete", "collection", VECTORS_RECORDED, VECTORS_KEPT, vectors_not_kept),
    Rule("vectors_not_indexed", "inconsistent", "collection", VECTORS_RECORDED, VECTORS_INDEXED, vectors_not_indexed),
    Rule("demo_vectors", "warning", "collection", VECTORS_RECORDED, VECTORS_MEANT, demo_vectors),
    by_query("orphaned_identities", query("releases_checks.orphaned_identities"), ("orphan", "collection"), MAKERS,
             "Every maker has its artwork and its artist.", "makers lack their artwork or their artist", RESTAGE),
    by_query("contradicting_deaths", query("releases_checks.contradicting_deaths"), ("warning", "collection"), ARTISTS,
             "Every artist has one year of death, in all museums.", "artists died in two years, as museums have it",
             "Look whether they are two people (`museum artists decide MAKER split OTHER --why WHY`)"),
    by_query("works_before_birth", query("releases_checks.works_before_birth"), ("warning", "collection"), MAKERS,
             "Every work was finished after its artist was born.", "works were finished before their artist was born",
             "Look whether they are by somebody else of that name, or correct the dates (`docs/corrections.md`)"),
    by_query("impossible_coordinates", query("releases_checks.impossible_coordinates"), ("warning", "collection"),
             PLACES, "Every place with coordinates lies on earth.", "places lie nowhere",
             "Look what the authority says of them, or leave them out (`docs/places.md`)"),
    by_query("orphaned_presses", query("releases_checks.orphaned_presses"), ("orphan", "kiosk"), PRESSES,
             "Every review and every incident has its exhibition.", "reviews or incidents have no exhibition",
             f"Add the exhibition's file with `museum kiosk put FILE --museum {{museum}}`, {RELOAD}"),
    by_query("duplicate_exhibitions", query("releases_checks.duplicate_exhibitions"), ("duplicate", "kiosk"),
             EXHIBITIONS, "Every exhibition is there once.", "exhibitions are there twice", RESTAGE),
    by_query("duplicate_presses", query("releases_checks.duplicate_presses"), ("duplicate", "kiosk"), PRESSES,
             "Every press is there once.", "presses are there twice", RESTAGE),
    by_query("empty_kiosk_text", query("releases_checks.empty_kiosk_text"), ("inconsistent", "kiosk"), EXHIBITIONS,
             "Every required text is filled in.", "required texts are empty",
             f"Correct the exhibition's file, put it with `museum kiosk put FILE --museum {{museum}}`, {RELOAD}"),
    by_query("unknown_buttons", query("releases_checks.unknown_buttons"), ("inconsistent", "kiosk"), PRESSES,
             "Every press is of a button that the museum has.",
             "presses are of buttons that the museum does not have",
             f"Name the button in museum_assets/museums/{{museum}}.py, {RELOAD}"),
    Rule("nothing_staged", "incomplete", "both", ANYTHING, "There is something to promote.",
         lambda candidate: nothing_staged(candidate.museum, candidate.tables[0].kind, candidate.figures()[0])),
    Rule("fewer_rows", "drift", "both", ANYTHING, "No table is smaller than the live one by more than the limit.",
         lambda candidate: fewer_rows(*candidate.figures(), candidate.limits)),
    *(_share(name) for name in SHARES),
)  # fmt: skip
DRIFTS = tuple(rule.name for rule in RULES if rule.kind == "drift")


def rules_for(kind: str) -> list[Rule]:
    """Return the rules for this kind of museum."""
    return [rule for rule in RULES if rule.museums in {kind, "both"}]


def validate(candidate: Candidate) -> list[Verdict]:
    """Apply every rule for this kind of museum."""
    return [judge(candidate, rule) for rule in rules_for(candidate.tables[0].kind)]
