"""What others know of works and artists: computed of thumbnails, and read at the authority."""

from __future__ import annotations

import hashlib
import io

import pytest
from PIL import Image

from museum_assets.core.failures import Gone, SlowDown
from museum_assets.enrichment.facts.artists import ArtistFacts, artist_facts
from museum_assets.enrichment.facts.colours import ThumbnailColours, picture_facts
from museum_assets.enrichment.facts.stages import artist_facts as facts_spec
from museum_assets.enrichment.facts.stages import thumbnail_colours
from museum_assets.enrichment.facts.terms import aat_number, terms, terms_of
from museum_assets.loop.books import books
from museum_assets.loop.run import run_stage
from museum_assets.loop.stage import Counts, Stage
from museum_assets.museums.work_types import SEARCHABLE
from resources.postgres import Database
from tests.support.authority_world import AuthorityWorld, MakerRow


def jpeg(width: int, height: int, *parts: tuple[str, float]) -> bytes:
    """Return a picture of stripes, (colour, share of the height)."""
    image = Image.new("RGB", (width, height))
    top = 0
    for colour, share in parts:
        bottom = top + round(share * height)
        image.paste(colour, (0, top, width, bottom))
        top = bottom
    out = io.BytesIO()
    image.save(out, "JPEG", quality=95)
    return out.getvalue()


def near(one: str, other: str) -> bool:
    return all(abs(int(one[i : i + 2], 16) - int(other[i : i + 2], 16)) < 12 for i in (1, 3, 5))


def test_a_picture_of_three_stripes_has_their_colours_and_shares() -> None:
    found = picture_facts(jpeg(400, 200, ("#cc2211", 0.5), ("#113388", 0.3), ("#eeeecc", 0.2)))
    assert (found["aspect"], found["shape"]) == (2.0, "landscape")
    for colour, share in (("#cc2211", 0.5), ("#113388", 0.3), ("#eeeecc", 0.2)):
        assert sum(each["share"] for each in found["colours"] if near(each["colour"], colour)) == pytest.approx(
            share, abs=0.05
        )
    shapes = [picture_facts(jpeg(*size, ("#808080", 1)))["shape"] for size in ((100, 200), (100, 102))]
    assert shapes == ["portrait", "square"]
    assert len(picture_facts(jpeg(50, 50, ("#808080", 1)))["colours"]) == 1


class Bucket:
    """Thumbnails by key."""

    def __init__(self, **images: bytes) -> None:
        self.images = images

    def get(self, key: str) -> bytes:
        if key not in self.images:
            raise Gone(f"no {key}")
        return self.images[key]


def put(database: Database, **images: bytes) -> None:
    with database.connect() as conn:
        for key, image in images.items():
            conn.execute(
                "INSERT INTO staging.thumbnail (museum, record_id, s3_key, sha256, width, height, bytes, source_url) "
                "VALUES ('smk', %s, %s, %s, 1, 1, 1, 'x') ON CONFLICT (museum, record_id) DO UPDATE "
                "SET sha256 = excluded.sha256",
                (key, key, hashlib.sha256(image).digest()),
            )


def looked(database: Database, bucket: Bucket) -> Counts:
    return run_stage(database, "smk", thumbnail_colours.bind(ThumbnailColours(bucket), "1"))


def test_thumbnails_are_looked_at_once_and_again_when_they_are_others(database: Database) -> None:
    red, blue = jpeg(20, 20, ("#cc2211", 1)), jpeg(20, 20, ("#113388", 1))
    put(database, a=red, b=blue, c=red, d=red)
    counts = looked(database, Bucket(a=red, b=blue, c=blue))
    assert (counts.done, counts.codes) == (2, {"thumbnail_missing": 1, "thumbnail_changed": 1})
    put(database, a=blue)
    with database.connect() as conn:
        conn.execute("DELETE FROM staging.thumbnail WHERE record_id IN ('b', 'c', 'd')")
    counts = looked(database, Bucket(a=blue))
    assert (counts.done, counts.removed) == (1, 3)
    with database.connect() as conn:
        (row,) = conn.execute("SELECT * FROM staging.artwork_enrichments").fetchall()
        assert (row["source"], row["subject"]) == ("thumbnail_colours", "a")
        assert near(row["facts"]["colours"][0]["colour"], "#113388")
        found = books(conn, "smk", thumbnail_colours)
    assert (found.inputs, found.done, found.pending) == (1, 1, 0)


def test_artists_have_years_nationality_and_labels_and_keep_them_while_the_authority_is_down(
    world: AuthorityWorld,
) -> None:
    world.add(
        MakerRow("smk:1", "Albert Cuyp", 1620, 1691),
        MakerRow("smk:2", "Anna Ancher", links=("http://vocab.getty.edu/ulan/500021",)),
    )
    world.run("smk")
    with world.answers() as answers:
        stage: Stage = facts_spec.bind(ArtistFacts(answers, world.database), "1")
        before = answers.client.requests
        counts = run_stage(world.database, "smk", stage)
        assert (counts.done, counts.codes) == (1, {"other_authority": 1})
        # All of it was answered when the maker was matched.
        assert answers.client.requests == before
    wanted = {"birth": 1620, "death": 1691, "nationality": "Netherlands", "labels": {"en": "Albert Cuyp"}}
    with world.database.connect() as conn:
        (row,) = conn.execute("SELECT subject, facts FROM staging.artwork_enrichments").fetchall()
        assert (row["subject"], row["facts"]) == ("simulated:Q1040", wanted)
        conn.execute("TRUNCATE ops.authority_answer")
    world.simulator.set_faults("authority", server_errors=1)
    with world.answers() as answers, pytest.raises(SlowDown):
        run_stage(world.database, "smk", facts_spec.bind(ArtistFacts(answers, world.database), "2"))
    with world.database.connect() as conn:
        (row,) = conn.execute("SELECT facts FROM staging.artwork_enrichments").fetchall()
    assert row["facts"] == wanted


def test_what_the_authority_does_not_say_is_left_out() -> None:
    assert artist_facts({"birth": [], "label_da": ["Rembrandt"]}) == {"labels": {"da": "Rembrandt"}}
    assert artist_facts({}) == {}


def test_a_works_types_have_terms_of_the_thesaurus() -> None:
    assert terms_of(["painting", "nonsense", "bust"]) == [
        {"type": "painting", "aat": "300033618", "term": "paintings (visual works)"},
        {"type": "bust", "aat": "300047457", "term": "busts"},
    ]
    assert set(terms()) <= set(SEARCHABLE)
    assert [aat_number(each) is None for each in ("300033618", "30003361", "400033618", "30003361x")] == [
        True, False, False, False
    ]  # fmt: skip
