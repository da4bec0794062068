"""The cache of vectors loses what nothing shows, and nothing else."""

from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256

import numpy as np
import pytest

from museum_assets.collection.vectors.embedding import cached_vectors, keep_vectors
from museum_assets.pruning.vectors import prune_vectors
from resources.platform import Platform
from tests.support.little_production import CONTRACT, LittleProduction, Work, axis, content_hash

NOW = datetime.now(UTC)
RELEASED = content_hash("image", 1)
WORKED = sha256(b"a title").digest()
SHOWN_NOWHERE = sha256(b"another title").digest()
A_WORK = """
    WITH artwork AS (
        INSERT INTO staging.artwork (museum, record_id, record_seq, object_number, museum_db_id, artists, work_types,
                                     searchable_work_types, thumbnail_url, rights, search_text, row_hash)
        VALUES ('smk', 'r', 1, 'KMS1', '1', '{}', '{}', '{}', '', '', 'a title', '')
    ), indexed AS (
        INSERT INTO ops.ledger (museum, stage, record_id, input_hash, contract, outcome, output)
        VALUES ('smk', 'indexed_artworks', 'r', '', '', 'done', 'point')
    )
    INSERT INTO ops.ledger (museum, stage, record_id, input_hash, contract, outcome, output)
    VALUES ('smk', 'text_clip', 'r', sha256(sha256('a title') || convert_to('point', 'UTF8')), %s || ' in an index',
            'done', 'point')
"""


@pytest.fixture
def prune(platform: Platform) -> partial[int]:
    """Prune a platform whose cache has a vector of a work, one of a release, and one of neither."""
    LittleProduction(platform).build("smk", 1, {"KMS1": Work("A harbour", image=1)})
    with platform.database().connect() as conn:
        conn.execute(A_WORK, (CONTRACT,))
        keep_vectors(conn, CONTRACT, {WORKED: axis(2), SHOWN_NOWHERE: axis(3)})
    return partial(prune_vectors, platform, 30)


def kept(platform: Platform) -> set[bytes]:
    with platform.database().connect() as conn:
        return {row["content_hash"] for row in conn.execute("SELECT content_hash FROM ops.vector")}


def after(days: int) -> datetime:
    return NOW + timedelta(days=days - 30)


def test_a_vector_goes_when_nothing_has_shown_it_for_the_days_of_the_policy(
    platform: Platform, prune: partial[int]
) -> None:
    everything = {RELEASED, WORKED, SHOWN_NOWHERE}
    assert (prune(after(0)), kept(platform)) == (0, everything), "unused since today"
    assert (prune(after(29)), kept(platform)) == (0, everything)
    assert (prune(after(31), dry_run=True), kept(platform)) == (1, everything)
    assert (prune(after(31)), kept(platform)) == (1, {RELEASED, WORKED})
    assert prune(after(400)) == 0


def test_a_vector_that_is_used_again_starts_anew(platform: Platform, prune: partial[int]) -> None:
    prune(after(0))
    with platform.database().connect() as conn:
        (found,) = cached_vectors(conn, CONTRACT, [SHOWN_NOWHERE]).values()
    assert np.array_equal(found, axis(3))
    assert prune(after(31)) == 0, "unused since the day of this pruning"
    assert prune(after(62)) == 1


def test_a_work_that_shows_what_was_unused_keeps_it(platform: Platform, prune: partial[int]) -> None:
    with platform.database().connect() as conn:
        conn.execute("UPDATE staging.artwork SET search_text = 'another title'")
        conn.execute("UPDATE ops.ledger SET input_hash = '' WHERE stage = 'text_clip'")
        assert prune(after(0)) == 0
        conn.execute("UPDATE ops.ledger SET input_hash = sha256(sha256('another title') || 'point') WHERE"
                     " stage = 'text_clip'")  # fmt: skip
    assert (prune(after(31)), kept(platform)) == (1, {RELEASED, SHOWN_NOWHERE}), "the title before is unused"
