"""The embedded vector index alone: its files, its lock, and kills."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import pytest

from museum_assets.core.failures import MuseumError, Unavailable
from museum_assets.core.settings import Settings
from resources.platform import Platform
from resources.vector_index.edge import EdgeVectorIndex
from resources.vector_index.index import SearchFilter, point_id
from tests.support.index_payload import payload
from tests.support.places import ROOT

VECTORS = {"image_clip": 768, "text_clip": 768}


def test_what_a_session_wrote_is_there_in_the_next(tmp_path):
    index = EdgeVectorIndex(tmp_path / "deep" / "index")
    with index.open() as session:
        session.ensure_collection(VECTORS)
        session.upsert_points([(point_id("smk", "KMS1"), payload())])
    with EdgeVectorIndex(tmp_path / "deep" / "index").open() as session:
        session.ensure_collection(VECTORS)
        assert session.count(SearchFilter(museum="smk")) == 1


def test_a_session_waits_for_the_one_before(tmp_path):
    index, opened, release = EdgeVectorIndex(tmp_path), threading.Event(), threading.Event()

    def hold():
        with index.open():
            opened.set()
            release.wait()

    holder = threading.Thread(target=hold)
    holder.start()
    opened.wait()
    with (
        pytest.raises(Unavailable, match=rf"{tmp_path}.*process {os.getpid()}.*end it") as caught,
        EdgeVectorIndex(tmp_path, wait=0.1).open(),
    ):
        pytest.fail("two sessions at once")
    assert caught.value.code == "index_busy"
    threading.Timer(0.2, release.set).start()
    with EdgeVectorIndex(tmp_path, wait=10).open() as session:
        assert session.count() == 0
    holder.join()


WRITER = """
import sys, numpy as np
from pathlib import Path
from resources.vector_index.edge import EdgeVectorIndex
from resources.vector_index.index import point_id
from tests_payload import payload
batch = 0
while True:
    with EdgeVectorIndex(Path(sys.argv[1])).open() as session:
        session.ensure_collection({"image_clip": 768})
        ids = [point_id("smk", f"{batch}-{n}") for n in range(200)]
        session.upsert_points([(id_, payload) for id_ in ids])
        session.update_vectors("image_clip", ids, np.ones((200, 768), np.float32), "m")
    print(batch, flush=True)
    batch += 1
"""


def test_what_was_acknowledged_survives_a_kill(tmp_path):
    (tmp_path / "tests_payload.py").write_text(f"payload = {payload()!r}")
    root = ROOT
    environment = os.environ | {"PYTHONPATH": f"{root}{os.pathsep}{tmp_path}"}
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path / "index")],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    assert writer.stdout
    for _ in range(3):
        assert writer.stdout.readline(), "the writer ended by itself"
    writer.send_signal(signal.SIGKILL)
    acknowledged = 3 + len(writer.stdout.readlines())
    writer.wait()
    with EdgeVectorIndex(tmp_path / "index", wait=1).open() as session:
        whole = {point_id("smk", f"{batch}-{n}") for batch in range(acknowledged) for n in range(200)}
        assert whole <= set(session.ids("smk"))
        assert session.count(SearchFilter(vector_present="image_clip", contract="m")) >= len(whole)


def test_a_directory_that_is_no_index_says_what_to_do(tmp_path):
    (tmp_path / "shard").mkdir()
    (tmp_path / "shard" / "edge_config.json").write_text("{")
    with pytest.raises(MuseumError, match="move the directory away"), EdgeVectorIndex(tmp_path).open():
        pytest.fail("opened")
    assert EdgeVectorIndex(tmp_path).identity() == "unnamed"


def test_an_index_that_replaces_another_is_another_place(tmp_path):
    chosen = Platform(Settings(museum_home=tmp_path))
    place = chosen.vector_place()
    with chosen.vector_index().open() as session:
        session.ensure_collection(VECTORS)
    assert chosen.vector_place() == place
    (tmp_path / "vectors").rename(tmp_path / "unopenable")
    with chosen.vector_index().open() as session:
        assert session.count() == 0
    assert chosen.vector_place() != place
