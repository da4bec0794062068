"""The index made again without a model: from rows and cache, and from what a backup keeps besides."""

from __future__ import annotations

from pathlib import Path

import pytest

from museum_assets.operations.backup.backup import make_backup
from museum_assets.operations.backup.places import Folder
from museum_assets.operations.backup.restore import restore_backup
from museum_assets.simulator.server import Running
from resources.platform import Platform
from tests.support.backups import Empty, contents, points
from tests.support.whole_pipeline import run, run_all


@pytest.fixture
def embedded_works(settled: Platform, simulator: Running) -> Platform:
    """The works of one museum with all their vectors."""
    run_all(settled, ["smk"])
    return settled


def forbid_models(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let whoever asks for a model fail."""

    def refuse(_: Platform) -> None:
        raise AssertionError("a restore needs no model")

    monkeypatch.setattr(Platform, "clip", refuse)


def test_failed_due_and_leftover_records_keep_what_they_have(
    embedded_works: Platform, empty: Empty, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Interrupted work of every kind: the ledger counts vectors that rows and cache cannot tell any more."""
    with embedded_works.database().connect() as conn:
        ids = [row["record_id"] for row in conn.execute("SELECT record_id FROM staging.artwork ORDER BY record_id")]
        failed, image_due, text_due, gone, *_ = ids
        conn.execute(
            "UPDATE ops.ledger SET outcome = 'failed', code = 'x', input_hash = sha256('new')"
            " WHERE stage = 'image_clip' AND record_id = %s",
            (failed,),
        )
        conn.execute("UPDATE staging.thumbnail SET sha256 = sha256('new') WHERE record_id = %s", (image_due,))
        conn.execute("UPDATE staging.artwork SET search_text = 'new' WHERE record_id = %s", (text_due,))
        conn.execute("DELETE FROM staging.artwork WHERE record_id = %s", (gone,))
    before = contents(embedded_works), points(embedded_works)
    forbid_models(monkeypatch)
    place, manifest = make_backup(embedded_works, Folder(tmp_path / "target"))
    assert manifest.index.files[0].bytes > 0
    assert manifest.index.working["smk"]["points"] == len(ids)
    restored = empty()
    # The rows that were altered by hand have no such thumbnail; the next run stores it.
    assert restore_backup(restored.settings, place).stored_again == 1
    assert points(restored) == before[1]
    differing = {name for name, held in contents(restored).items() if held != before[0][name]}
    assert differing == {"ops.smk_ledger"}


def test_an_index_elsewhere_gets_the_ledger_to_know_it(
    embedded_works: Platform, empty: Empty, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Restored to another collection, the ledger's rows speak of that one, and the next run has nothing to do."""
    place, _ = make_backup(embedded_works, Folder(tmp_path / "target"))
    restored = empty(QDRANT_COLLECTION="another_v1")
    restore_backup(restored.settings, place)
    assert points(restored)["working"] == points(embedded_works)["working"]
    for stage in ("indexed_artworks", "image_clip", "text_clip"):
        assert run(restored, "smk", stage).processed == 0


def test_vectors_that_releases_record_and_nobody_keeps_are_a_finding(little: Platform, tmp_path: Path) -> None:
    with little.production().connect() as conn:
        conn.execute(
            "UPDATE production.index_status_release SET vectors = '{text_clip}', contracts = '{c}',"
            " contents = ARRAY[sha256('x')] WHERE object_number = 'N3'"
        )
    _, manifest = make_backup(little, Folder(tmp_path / "target"))
    assert [finding.split(" are not in ")[0] for finding in manifest.findings] == ["1 vectors that releases record"]
