"""Readers of an embedded index go on answering while it is written, promoted, rolled back and pruned."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator

import pytest

from museum_assets.core.failures import MuseumError, Unavailable
from museum_assets.search.answer import QueryVector, Reason
from museum_assets.search.question import Question
from museum_assets.search.reader import Reader
from resources.platform import Platform
from resources.vector_index.edge import EdgeVectorIndex
from resources.vector_index.readers import EmbeddedReaders
from resources.vector_index.shard_copies import ShardCopies
from tests.support.little_production import CONTRACT, LittleProduction, Work, axis


@pytest.fixture
def little(platform: Platform) -> LittleProduction:
    return LittleProduction(platform)


@pytest.fixture
def index(little: LittleProduction) -> EdgeVectorIndex:
    assert isinstance(little.outside.index, EdgeVectorIndex)
    return little.outside.index


@pytest.fixture
def readers(index: EdgeVectorIndex) -> Iterator[EmbeddedReaders]:
    opened = EmbeddedReaders(index)
    yield opened
    opened.close()


@pytest.fixture
def reader(little: LittleProduction) -> Iterator[Reader]:
    found = Reader(little.database, little.outside.index, lambda _: QueryVector("clip", CONTRACT, axis(40)))
    yield found
    found.close()


def works(number: int) -> dict[str, Work]:
    """Return works that say which release they are of; one is gone, and back in the next."""
    return {f"N{n}": Work(f"Work of {number}", image=n, text=40) for n in range(6) if n != number % 6}


def test_words_and_vectors_are_one_answer_that_says_which_found_what(little: LittleProduction, reader: Reader) -> None:
    little.promote("smk", 1, {"A": Work("Storm", text=3), "B": Work("Calm", text=40), "C": Work("Storm too", text=40)})
    answer = reader.search(Question("storm"))
    why = {each.artwork.object_number: [why.reason for why in each.why] for each in answer.found}
    assert list(why) == ["A", "C", "B"]
    assert why["A"] == [Reason.TITLE, Reason.WORDS, Reason.DESCRIBED]
    assert why["B"] == [Reason.DESCRIBED]
    assert not answer.words_only
    assert answer.total == 3
    assert answer.facets.museum == [("smk", 3)]


def test_no_answer_is_mixed_or_without_vectors_through_promotions_and_rollbacks(
    little: LittleProduction, reader: Reader
) -> None:
    little.promote("smk", 1, works(1))
    little.promote("met", 1, {"1": Work("Work of 1", image=9, text=40)})
    wrong: list[object] = []
    seen: set[int] = set()
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            try:
                answer = reader.search(Question("work"))
                live = answer.releases["smk"]
                found = {f.artwork.object_number: f.artwork.title for f in answer.found if f.artwork.museum == "smk"}
                seen.add(live)
                if found != {number: work.title for number, work in works(live).items()} or answer.words_only:
                    wrong.append((live, found, answer.words_only))
                if answer.total != len(answer.found):
                    wrong.append(answer)
            except MuseumError as error:
                wrong.append(error)

    clients = [threading.Thread(target=read) for _ in range(3)]
    for client in clients:
        client.start()
    try:
        for number in range(2, 8):
            little.promote("smk", number, works(number))
            little.commit("smk", number - 1)  # a rollback
            little.commit("smk", number)
            if number > 3:
                little.mark("smk", number - 3, "pruned")
                little.outside.prune("smk", range(number - 2, number + 1))
    finally:
        done.set()
        for client in clients:
            client.join()
    assert wrong == []
    assert len(seen) > 2


def test_a_search_waits_for_no_writer(little: LittleProduction, index: EdgeVectorIndex, reader: Reader) -> None:
    little.promote("smk", 1, works(1))
    assert not reader.search(Question("work")).words_only
    with index.open():
        assert not reader.search(Question("work")).words_only
        now = reader.similar("smk", "N2")
        assert now
        assert now.similar


def test_several_processes_read_one_copy_and_the_newest_alone_is_kept(
    little: LittleProduction, index: EdgeVectorIndex, readers: EmbeddedReaders
) -> None:
    little.promote("smk", 1, works(1))
    other = EmbeddedReaders(index)
    with readers.open({"smk": 1}) as one, other.open({"smk": 1}) as two:
        assert one.count() == two.count() == 5
    other.close()
    little.promote("smk", 2, works(2))
    with readers.open({"smk": 2}) as session, readers.open({"smk": 1}):
        assert session.count() == 10
    assert [each.name for each in sorted((index.directory / "copies").iterdir())] == ["00000002"]
    assert len(list((index.directory / "opened").glob("*.lock"))) == 1


def test_an_undone_or_pruned_release_is_whole_no_more(little: LittleProduction, index: EdgeVectorIndex) -> None:
    copies = ShardCopies(index)
    little.promote("smk", 1, works(1))
    little.promote("smk", 2, works(2))
    little.outside.add("smk", 3, little.build("smk", 3, works(3)))
    little.outside.show("smk", 3)
    little.outside.undo("smk", 3)
    little.outside.prune("smk", [2])
    little.promote("met", 1, works(1))
    newest = copies.newest()
    assert newest
    assert newest.whole == {"smk": [2], "met": [1]}


def test_the_process_with_the_index_may_be_killed(little: LittleProduction, readers: EmbeddedReaders) -> None:
    little.promote("smk", 1, works(1))
    with readers.open({"smk": 1}) as session:
        assert readers._current
        readers._current.session._process.kill()
        readers._current.session._process.wait()
        with pytest.raises(Unavailable, match="has ended"):
            session.count()
    readers._look()
    with readers.open({"smk": 1}) as session:
        assert session.count() == 5


@pytest.mark.parametrize("harm", ["never made", "killed while it was made", "broken", "killed reader"])
def test_readers_get_a_copy_whatever_became_of_the_others(
    little: LittleProduction, index: EdgeVectorIndex, readers: EmbeddedReaders, harm: str
) -> None:
    little.promote("smk", 1, works(1))
    copies, opened = index.directory / "copies", index.directory / "opened"
    if harm == "broken":
        shutil.rmtree(copies / "00000001" / "shard" / "segments")
        (copies / "00000001" / "shard" / "edge_config.json").write_bytes(b"{")
    else:
        shutil.rmtree(copies)
    if harm == "killed while it was made":
        (copies / "unfinished" / "shard").mkdir(parents=True)
    if harm == "killed reader":
        (opened / "00000001-x").mkdir(parents=True)
        (opened / "00000001-x.lock").touch()
    with readers.open({"smk": 1}) as session:
        assert session.count() == 5
    assert len(list(opened.glob("*.lock"))) == 1
