"""What subjects are: by the museum's own link, by a name that one entry has, and never by a guess."""

from __future__ import annotations

from typing import Any

import pytest

from museum_assets.core.failures import Rejected, SlowDown
from museum_assets.core.progress import OnProgress, silent
from museum_assets.core.settings import Settings
from museum_assets.enrichment.facts.naming import Found
from museum_assets.enrichment.facts.stages import subject_identities
from museum_assets.enrichment.facts.subjects import SubjectIdentities, meant
from museum_assets.loop.books import books
from museum_assets.loop.run import run_stage
from museum_assets.loop.stage import Counts
from museum_assets.museums.subject import subject
from museum_assets.simulator.authority.concepts import CONCEPT
from museum_assets.simulator.motifs import MOTIFS
from tests.support.authority_world import AuthorityWorld

LABELS = Settings(_env_file=None).labels_asked


def entry(id_: str, en: str, da: str = "", nl: str = "") -> Found:
    names = {"label_en": [en], "label_da": [da], "label_nl": [nl]}
    return Found(id_, en, {name: said for name, said in names.items() if said[0]})


DOG, DOGS = entry("Q1", "Dog", "Hund", "Hond"), entry("Q2", "Dogs", "Hunde", "Honden")
PRESENT, POISON = entry("Q3", "Gift", "Gave", "Gift"), entry("Q4", "Poison", "Gift", "Vergif")
BARE = Found("Q5", "Dog", {})


@pytest.mark.parametrize(
    ("name", "language", "candidates", "expected"),
    [
        ("Dog", None, [DOG, DOGS], "Q1"),
        ("HUND", None, [DOG, DOGS], "Q1"),
        ("hònd", "nl", [DOG], "Q1"),
        # The museum's language tells two apart that are called alike in another's.
        ("gift", "en", [PRESENT, POISON], "Q3"),
        ("gift", "da", [PRESENT, POISON], "Q4"),
        ("gift", None, [PRESENT, POISON], "ambiguous_subject"),
        ("Dog", "en", [DOG, BARE], "ambiguous_subject"),
        ("Dog", "en", [DOG, DOG], "Q1"),
        ("Dog", "da", [DOG], "unknown_subject"),
        ("Dog", "de", [DOG], "Q1"),
        ("Dogs and cats", "en", [DOG, DOGS], "unknown_subject"),
        ("Dog", "en", [], "unknown_subject"),
        ("?", "en", [Found("Q6", "?", {})], "unknown_subject"),
    ],
)
def test_only_the_one_entry_of_the_name_is_it(
    name: str, language: str | None, candidates: list[Found], expected: str
) -> None:
    try:
        assert meant(name, language, candidates).id == expected
    except Rejected as rejection:
        assert rejection.code == expected


AT_WIKIDATA = "https://www.wikidata.org/wiki/"
SUBJECTS = (
    subject("Ships", "en"),
    subject("skibe", "da"),
    subject("Storms", "en"),
    subject("Unicorns", "en"),
    subject("Cypresses", "en", links=("http://vocab.getty.edu/page/aat/300343641",)),
    subject("hond", "nl", None, "22", ("https://iconclass.org/34B11",)),
    subject("Canines", "en", links=("http://vocab.getty.edu/page/aat/300265714", AT_WIKIDATA + MOTIFS["dog"].entry)),
    subject("Nobody knows", "en", links=(AT_WIKIDATA + "Q999999",)),
    subject("Rembrandt van Rijn", kind="person"),
    subject("Saskia", kind="person", links=("http://vocab.getty.edu/ulan/500011051",)),
)
KEYS = [each.key("met") for each in SUBJECTS if each]
CODES = {"ambiguous_subject": 1, "unknown_subject": 1, "person_by_name": 1}
SHIPS = {"identity": f"wikidata:{MOTIFS['ship'].entry}", "method": "reconciled",
         "labels": {"en": "Ships", "da": "Skibe", "nl": "Schepen"}}  # fmt: skip
EXPECTED: dict[str, dict[str, Any]] = {
    KEYS[0]: SHIPS,
    KEYS[1]: SHIPS,
    KEYS[4]: {"identity": "aat:300343641", "method": "given"},
    KEYS[5]: {"identity": "iconclass:34B11", "method": "given"},
    KEYS[6]: {"identity": f"wikidata:{MOTIFS['dog'].entry}", "method": "given",
              "labels": {"en": "Dogs", "da": "Hunde", "nl": "Honden"}},
    KEYS[7]: {"identity": "wikidata:Q999999", "method": "given"},
    KEYS[9]: {"identity": "ulan:500011051", "method": "given"},
}  # fmt: skip


def add(world: AuthorityWorld, slug: str) -> None:
    """Give a museum two works that show each subject."""
    with world.database.connect() as conn, conn.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO staging.subjects (museum, object_number, position, subject_key, name, language, kind, links) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
            [(slug, f"{slug}{n}", position, each.key(slug), each.name, each.language, each.kind, list(each.links))
             for n in range(2) for position, each in enumerate(SUBJECTS, 1) if each],
        )  # fmt: skip


def run(world: AuthorityWorld, slug: str, *, contract: str = "1", on_progress: OnProgress = silent) -> Counts:
    with world.answers("wikidata", batch=2, properties=LABELS) as answers:
        stage = SubjectIdentities(answers, world.database, type_=CONCEPT[0])
        stage.batch_size = 2
        return run_stage(world.database, slug, subject_identities.bind(stage, contract), on_progress=on_progress)


def test_each_subject_is_asked_for_once_and_what_is_not_sure_is_counted(world: AuthorityWorld) -> None:
    add(world, "met")
    counts = run(world, "met")
    assert (counts.done, counts.codes) == (len(EXPECTED), CODES)
    assert world.facts("met") == EXPECTED
    asked = world.asked()
    assert asked == 4, "neither those with links nor persons"
    # Another museum with the same subjects, and other rules, ask nothing.
    add(world, "aic")
    assert run(world, "aic").codes == run(world, "met", contract="2").codes == CODES
    assert world.asked() == asked
    with world.database.connect() as conn:
        found = books(conn, "met", subject_identities)
        assert (found.accounted, found.pending) == (len(SUBJECTS), 0)
        conn.execute("DELETE FROM staging.subjects WHERE museum = 'met'")
    assert run(world, "met").removed == len(SUBJECTS)
    assert world.facts("met") == {}


def test_an_authority_that_goes_down_half_way_leaves_the_same_end(world: AuthorityWorld) -> None:
    add(world, "met")

    def goes_down(_: int, __: int | None) -> None:
        world.simulator.set_faults("authority", server_errors=1)

    with pytest.raises(SlowDown):
        run(world, "met", on_progress=goes_down)
    assert 0 < len(world.facts("met")) < len(EXPECTED)
    world.simulator.simulator.authority.faults.clear()
    assert run(world, "met").failed == 0
    assert world.facts("met") == EXPECTED
