"""Search in production: one release of each museum at a time, joined with the rows that readers see."""

from __future__ import annotations

import itertools
import threading
import time
from typing import Any

import pytest

from museum_assets.core.failures import MuseumError
from museum_assets.releases.snapshot import NotOneRelease, snapshot
from resources.platform import Platform
from resources.vector_index.index import SearchFilter
from tests.support.little_production import LittleProduction, Words, Work, axis


@pytest.fixture
def little(platform: Platform) -> LittleProduction:
    return LittleProduction(platform)


def release(number: int) -> dict[str, Work]:
    """Return works that say which release they are of; which there are differs from release to release."""
    return {
        f"N{n}": Work(f"of {number}", image=n, text=40)
        for n in range(8)
        if n != number % 8  # one is gone, and back in the next
    }


def test_what_is_found_is_what_the_rows_say_in_the_live_release(little: LittleProduction) -> None:
    little.promote("smk", 1, {"KMS1": Work("Winter", image=0, text=10), "KMS2": Work("Summer", image=1)})
    little.promote("met", 1, {"KMS1": Work("Winter in New York", image=0)})
    little.promote("smk", 2, {"KMS1": Work("Deep winter", image=0, text=10), "KMS3": Work("Bust", image=2)})

    def found(**narrow: Any) -> list[tuple[str, str, int]]:
        with snapshot(little.database, little.outside.index, narrow.get("museum")) as now:
            hits = now.words(Words(), axis(0), 20, **narrow)
        return [(hit.payload["museum"], hit.payload["title"], hit.payload["release"]) for hit in hits]

    assert sorted(found()[:2]) == [("met", "Winter in New York", 1), ("smk", "Deep winter", 2)]
    assert {title for _, title, _ in found(museum="smk")} == {"Deep winter", "Bust"}
    assert found(museum="smk", work_type="sculpture") == []
    little.commit("smk", 1)
    assert {title for _, title, _ in found(museum="smk")} == {"Winter", "Summer"}
    with little.now() as now:
        (hit,) = now.likeness("met", "KMS1", "clip", 1)
    assert (hit.payload["title"], hit.payload["release"]) == ("Winter", 1)
    assert little.outside.thumbnails.get(hit.payload["thumbnail"]) == Work("", image=0).jpeg


def test_what_is_not_in_production_says_what_to_do(little: LittleProduction) -> None:
    with pytest.raises(MuseumError, match=r"No museum is in production yet.*museum release promote"), little.now():
        pass
    little.promote("smk", 1, {"KMS1": Work("Winter", image=0), "KMS2": Work("Bare")})
    little.outside.add("met", 1, little.build("met", 1, {"KMS1": Work("Unseen", image=0)}))
    with (
        pytest.raises(MuseumError, match="met is not in production"),
        snapshot(little.database, little.outside.index, "met"),
    ):
        pass
    with little.now() as now:
        with pytest.raises(MuseumError, match=r"smk:KMS9 is not in production"):
            now.likeness("smk", "KMS9", "clip", 20)
        with pytest.raises(MuseumError, match="smk:KMS2 has none of the vectors image_clip, text_clip yet"):
            now.likeness("smk", "KMS2", "clip", 20)
        assert little.found(now, 0) == {"KMS1": "Winter"}, "a museum that is not live is not found"


@pytest.mark.parametrize("harm", ["row gone", "another version", "older release"])
def test_an_answer_that_is_not_one_release_is_refused(little: LittleProduction, harm: str) -> None:
    little.promote("smk", 1, {"KMS1": Work("Winter", image=0)})
    little.promote("smk", 2, {"KMS1": Work("Deep winter", image=0)})
    with little.database.connect() as conn, little.outside.index.open() as session:
        if harm == "row gone":
            conn.execute("DELETE FROM production.artwork_release WHERE title = 'Deep winter'")
        elif harm == "another version":
            conn.execute("UPDATE production.index_status_release SET digest = 'x'")
        else:
            session.delete_where(SearchFilter(museum="smk", from_release=(2, 2)))
            session.set_where(SearchFilter(museum="smk"), "until_release", 9)
    with little.now() as now, pytest.raises(NotOneRelease, match=r"smk:KMS1 in release 2"):
        little.found(now, 0)


def flip(little: LittleProduction) -> None:
    for n in range(60):
        little.commit("smk", 1 + n % 2)
        time.sleep(0.02)


def test_readers_see_one_release_through_publications_commits_and_withdrawals(little: LittleProduction) -> None:
    """Two searches of one snapshot, with commits between them, agree with each other and with the rows."""
    little.promote("smk", 1, release(1))
    little.promote("smk", 2, release(2))
    little.promote("met", 1, release(1))
    done, reads = threading.Event(), itertools.count()
    wrong: list[object] = []

    def read() -> None:
        while not done.is_set():
            try:
                with little.now() as now:
                    live = now.releases["smk"]
                    first = little.found(now, 40, "smk")
                    time.sleep(0.03)  # a rollback needs no lock of ours: it happens here
                    everything = now.words(Words(), axis(40), 50)
                    rows = now.conn.execute("SELECT object_number, title FROM production.artwork WHERE museum = 'smk'")
                    shown = {row["object_number"]: row["title"] for row in rows}
                second = {
                    h.payload["object_number"]: h.payload["title"] for h in everything if h.payload["museum"] == "smk"
                }
                met = {h.payload["title"] for h in everything if h.payload["museum"] == "met"}
                if not first == second == shown == {number: w.title for number, w in release(live).items()}:
                    wrong.append((live, first, second, shown))
                if met != {"of 1"}:
                    wrong.append(met)
                next(reads)
            except MuseumError as error:
                wrong.append(error)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    flips = threading.Thread(target=flip, args=(little,))
    flips.start()
    try:
        for number in range(3, 6):
            little.outside.add("smk", number, little.build("smk", number, release(number)))
            if number % 2:
                little.outside.undo("smk", number)
                little.mark("smk", number, "failed")
            else:
                little.ready("smk", number)
                little.mark("smk", number, "pruned")
                little.outside.prune("smk", [1, 2])
        flips.join()
        little.promote("smk", 6, release(6))
    finally:
        done.set()
        for reader in readers:
            reader.join()
    assert wrong == []
    assert next(reads) > 5
