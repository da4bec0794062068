"""Files are copied as they are, and their holes stay holes."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resources.vector_index.sparse_files import CHUNK, copy_with_holes

HOLE = 16 * CHUNK


@given(st.lists(st.binary(max_size=5_000), max_size=5), st.integers(0, HOLE))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_copy_has_the_same_bytes_wherever_the_holes_are(tmp_path, pieces, rest):
    source, target = tmp_path / "source", tmp_path / "target"
    target.unlink(missing_ok=True)
    with source.open("wb") as file:
        for piece in pieces:
            file.write(piece)
            file.seek(HOLE, os.SEEK_CUR)
        file.truncate(file.tell() + rest)
    copy_with_holes(str(source), str(target))
    assert target.read_bytes() == source.read_bytes()


def test_a_hole_takes_no_space_in_the_copy_and_data_of_more_than_a_chunk_comes_whole(tmp_path):
    source, target = tmp_path / "source", tmp_path / "target"
    data = os.urandom(2 * CHUNK + 5)
    with source.open("wb") as file:
        file.write(data)
        file.truncate(256 * CHUNK)
    if source.stat().st_blocks * 512 > 32 * CHUNK:
        pytest.skip("this file system keeps no holes")
    copy_with_holes(str(source), str(target))
    assert target.read_bytes().rstrip(b"\0") == data.rstrip(b"\0")
    assert target.stat().st_size == 256 * CHUNK
    assert target.stat().st_blocks * 512 < 32 * CHUNK


def test_a_file_that_is_there_is_not_overwritten(tmp_path):
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(b"new")
    target.write_bytes(b"old")
    with pytest.raises(FileExistsError):
        copy_with_holes(str(source), str(target))
    assert target.read_bytes() == b"old"
