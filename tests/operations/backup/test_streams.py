"""Streams in pieces, files that are read as chunks, and tar streams: no service is needed."""

from __future__ import annotations

import io
import tarfile
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from museum_assets.operations.backup.buckets import KeptObject
from museum_assets.operations.backup.manifest import Damaged
from museum_assets.operations.backup.packs import END, tar_header, tar_members, tar_padding
from museum_assets.operations.backup.places import Folder
from museum_assets.operations.backup.streams import lines_of, read_stream, store_stream
from museum_assets.operations.backup.thumbnails import unlike_rows
from resources.chunk_file import ChunkFile

CHUNKS = some.lists(some.binary(max_size=40), max_size=20)


@given(CHUNKS, some.integers(1, 60))
def test_a_stream_is_the_same_after_it_was_cut(
    tmp_path_factory: pytest.TempPathFactory, chunks: list[bytes], piece: int
) -> None:
    place = Folder(tmp_path_factory.mktemp("place"))
    files = store_stream(place, "a/stream", chunks, piece)
    assert b"".join(read_stream(place, files)) == b"".join(chunks)
    assert [file.name for file in files] == [f"a/stream.{n:05}" for n in range(1, len(files) + 1)]
    assert all(file.bytes < piece + 40 for file in files)


@pytest.mark.parametrize("change", [lambda path: path.write_bytes(b"x"), Path.unlink])
def test_the_piece_that_changed_is_named(tmp_path: Path, change: object) -> None:
    place = Folder(tmp_path)
    files = store_stream(place, "stream", [b"one", b"two", b"three"], 3)
    assert callable(change)
    change(tmp_path / "stream.00002")
    read = []
    with pytest.raises(Damaged, match=r"stream\.00002"):
        for chunk in read_stream(place, files):
            read.append(chunk)  # noqa: PERF402 - what was read before the error counts
    assert read[0] == b"one"
    assert b"three" not in read


@given(CHUNKS, some.lists(some.integers(-1, 50), max_size=30))
def test_chunks_read_as_a_file(chunks: list[bytes], sizes: list[int]) -> None:
    file, whole = ChunkFile(chunks), io.BytesIO(b"".join(chunks))
    for size in sizes:
        assert file.read(size) == whole.read(size)


@given(CHUNKS)
def test_lines(chunks: list[bytes]) -> None:
    text = b"".join(chunks)
    assert list(lines_of(chunks)) == (text.removesuffix(b"\n").split(b"\n") if text else [])


KEYS = ["smk_1.jpg", "a/" * 90 + "long.jpg", "ø ‘é’/x", "../up", "folder/", "\udcff"]


def test_any_tar_reads_what_we_pack(tmp_path: Path) -> None:
    bodies = {key: bytes(number * 300) for number, key in enumerate(KEYS)}
    packed = b"".join(
        part for key, body in bodies.items() for part in (tar_header(key, len(body)), body, tar_padding(len(body)))
    )
    packed += END
    found = [(size, b"".join(chunks)) for size, chunks in tar_members([packed])]
    assert found == [(len(body), body) for body in bodies.values()]
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        assert len(tar.getnames()) == len(KEYS)
        assert tar.getnames()[:3] == KEYS[:3]


def kept(key: str, body: bytes) -> KeptObject:
    return KeptObject(key=key, size=len(body), sha256=sha256(body).hexdigest(), content_type="")


@given(some.dictionaries(some.text("ab", max_size=3), some.booleans()), some.sets(some.text("ab", max_size=3)))
def test_rows_without_their_object_are_told(recorded: dict[str, bool], stray: set[str]) -> None:
    """Of the keys that are recorded, the true ones have their object, and others lie in between."""
    rows = [{"key": key, "sha256": sha256(key.encode()).digest()} for key in sorted(recorded)]
    there = {key for key, present in recorded.items() if present} | (stray - recorded.keys())
    objects = (kept(key, key.encode()) for key in sorted(there))
    assert [row["key"] for row in unlike_rows(rows, objects)] == sorted(k for k in recorded if not recorded[k])


def test_files_are_whole_or_not_there(tmp_path: Path) -> None:
    def broken() -> object:
        yield b"begins"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Folder(tmp_path).store("file", broken())  # type: ignore[arg-type]
    assert not (tmp_path / "file").exists()
