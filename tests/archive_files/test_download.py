"""Downloads from a local server that misbehaves in every way that servers have."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from museum_assets.archive_files.download.download import ANYWHERE, Downloader
from museum_assets.archive_files.download.transfer import Downloaded, Policy, RemoteFile
from museum_assets.core.addresses import host_of
from museum_assets.core.failures import Failure
from tests.support.clock import Clock, wait_until
from tests.support.file_server import Served, serving

BODY = random.Random(3).randbytes(3 << 20)
QUICK = Policy(backoff=0.001)


def downloader(folder: Path, served: Served, **more: Any) -> Downloader:
    return Downloader(folder, [host_of(served.url)], user_agent="test", **{"policy": QUICK, **more})


def fetch(folder: Path, served: Served, sha256: str | None = None, **more: Any) -> Downloaded:
    with downloader(folder, served, **more) as opened:
        return opened.fetch(RemoteFile(served.url, "dump.bin", sha256))


def left(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir() if p.suffix != ".lock") if folder.exists() else []


def test_interrupted_twenty_times_it_ends_whole_and_fetched_hardly_more_than_its_size(tmp_path: Path) -> None:
    with serving(Served(BODY, cuts=20)) as served:
        done = fetch(tmp_path, served, served.sha256)
        assert served.cuts == 0
        assert (done.sha256, done.path.read_bytes() == BODY) == (served.sha256, True)
        assert done.requests == 21
        assert max(done.fetched, served.sent) <= 1.1 * len(BODY)
    assert left(tmp_path) == ["dump.bin", "dump.bin.json"]


@pytest.mark.parametrize("kind", [{"ranges": False}, {"etag": False}, {"etag": False, "length": False}])
def test_a_server_that_cannot_resume_is_asked_for_all_of_it_again(tmp_path: Path, kind: dict[str, Any]) -> None:
    with serving(Served(BODY, cuts=2, **kind)) as served:
        done = fetch(tmp_path, served, served.sha256)
        assert done.path.read_bytes() == BODY
        assert done.requests == 3


def test_a_last_modified_that_has_settled_is_as_good_as_an_etag(tmp_path: Path) -> None:
    with serving(Served(BODY, cuts=3, etag=False, modified=1_600_000_000)) as served:
        assert fetch(tmp_path, served).fetched == len(BODY)
    fresh = time.time() + 5
    with serving(Served(BODY, cuts=1, etag=False, modified=fresh)) as served:
        # Another version within the same second would have the same date.
        assert fetch(tmp_path, served).fetched > len(BODY)


def test_a_changed_file_is_never_glued_to_an_old_part(tmp_path: Path) -> None:
    other = bytes(reversed(BODY))

    def stop(done: int, _: int | None) -> None:
        if done > 1 << 20:
            raise InterruptedError

    with serving(Served(BODY)) as served:
        with downloader(tmp_path, served) as opened, pytest.raises(InterruptedError):
            opened.fetch(RemoteFile(served.url, "dump.bin"), stop)
        assert left(tmp_path) == ["dump.bin.part", "dump.bin.part.json"]
        served.body = other
        done = fetch(tmp_path, served)
        assert done.path.read_bytes() == other
        assert served.asked[-1]["If-Range"]


def test_an_unchanged_file_is_not_fetched_twice_and_a_changed_one_is(tmp_path: Path) -> None:
    with serving(Served(BODY)) as served:
        fetch(tmp_path, served)
        again = fetch(tmp_path, served)
        assert (again.fetched, again.sha256) == (0, served.sha256)
        again.path.write_bytes(BODY[:-1] + b"!")
        assert fetch(tmp_path, served).path.read_bytes() == BODY
        served.body = b"new"
        assert fetch(tmp_path, served).path.read_bytes() == b"new"


def test_a_wrong_sha256_leaves_no_file_under_its_name(tmp_path: Path) -> None:
    with serving(Served(BODY)) as served, pytest.raises(Failure, match="damaged") as caught:
        fetch(tmp_path, served, "0" * 64)
    assert (caught.value.code, left(tmp_path)) == ("wrong_sha256", [])


def test_statuses_that_pass_are_waited_out_and_others_are_not(tmp_path: Path) -> None:
    with serving(Served(b"x", statuses=[503, 429, 500])) as served:
        assert fetch(tmp_path, served).requests == 4
    with serving(Served(b"x", statuses=[404, 200])) as served, pytest.raises(Failure) as caught:
        fetch(tmp_path / "a", served)
    assert caught.value.code == "gone"
    with serving(Served(b"x", statuses=[503] * 9)) as served, pytest.raises(Failure) as caught:
        fetch(tmp_path / "b", served)
    assert (caught.value.code, len(served.asked)) == ("slow_down", 5)


def test_only_allowed_hosts_are_asked(tmp_path: Path) -> None:
    with serving(Served(b"x", location="http://169.254.169.254/latest/")) as served:
        with pytest.raises(Failure) as caught:
            fetch(tmp_path, served)
        assert caught.value.code == "host_not_allowed"
        with Downloader(tmp_path, ["elsewhere.example"], user_agent="t") as opened, pytest.raises(Failure) as caught:
            opened.fetch(RemoteFile(served.url, "a"))
        assert (caught.value.code, len(served.asked)) == ("host_not_allowed", 1)
    resolved = [(2, 1, 6, "", ("10.0.0.1", 80))]
    with Downloader(tmp_path, ["dumps.example"], user_agent="t", resolve=lambda *_, **__: resolved) as opened:
        for url, code in (
            ("http://dumps.example/a", "private_address"),
            ("ftp://dumps.example/a", "bad_url"),
            ("http://user:password@dumps.example/a", "bad_url"),
        ):
            with pytest.raises(Failure) as caught:
                opened.fetch(RemoteFile(url, "a"))
            assert caught.value.code == code


def test_two_that_want_the_same_file_do_not_write_into_one_part(tmp_path: Path) -> None:
    with serving(Served(BODY, cuts=6)) as served, downloader(tmp_path, served) as opened:
        wanted = RemoteFile(served.url, "dump.bin", served.sha256)
        first, second = opened.fetch_all([wanted, wanted])
        assert isinstance(first, Downloaded)
        assert isinstance(second, Downloaded)
        assert first.fetched + second.fetched == len(BODY)


def test_a_redirect_to_itself_ends(tmp_path: Path) -> None:
    with serving(Served(b"x", location="/dump.bin")) as served, pytest.raises(Failure) as caught:
        fetch(tmp_path, served)
    assert caught.value.code == "too_many_redirects"


def test_a_file_beyond_the_limit_is_refused_also_when_its_length_is_not_told(tmp_path: Path) -> None:
    for length in (True, False):
        with serving(Served(BODY, length=length)) as served, pytest.raises(Failure) as caught:
            fetch(tmp_path, served, policy=Policy(max_bytes=1 << 20))
        assert (caught.value.code, left(tmp_path)) == ("file_too_large", [])


def test_a_file_address_is_read_where_it_lies(tmp_path: Path) -> None:
    path = tmp_path / "a b.bin"
    path.write_bytes(BODY)
    with Downloader(tmp_path / "work", [], user_agent="t", local=ANYWHERE) as opened:
        done = opened.fetch(RemoteFile(path.as_uri(), "dump.bin"))
        assert (done.path, done.fetched) == (path, 0)
        for url, code in (("file://elsewhere/a", "bad_url"), (f"file://{tmp_path}/none", "gone")):
            with pytest.raises(Failure) as caught:
                opened.fetch(RemoteFile(url, "a"))
            assert caught.value.code == code
    assert left(tmp_path / "work") == []


def test_local_files_are_read_below_a_folder_alone_wherever_links_lead(tmp_path: Path) -> None:
    folder, outside = tmp_path / "imports", tmp_path / "outside.bin"
    folder.mkdir()
    outside.write_bytes(BODY)
    (folder / "inside.bin").write_bytes(BODY)
    (folder / "link.bin").symlink_to(outside)
    (folder / "up").symlink_to(tmp_path)
    (tmp_path / "linked").symlink_to(folder)
    forbidden = [outside.as_uri(), "file:///etc/passwd", "file:///no/such/file", f"{folder.as_uri()}/link.bin",
                 f"{folder.as_uri()}/up/outside.bin", f"{folder.as_uri()}/../outside.bin",
                 f"{folder.as_uri()}/%2e%2e/outside.bin", f"{tmp_path.as_uri()}/imports-too"]  # fmt: skip
    for local in (folder, tmp_path / "linked"):
        with Downloader(tmp_path / "work", [], user_agent="t", local=local) as opened:
            assert opened.fetch(RemoteFile(f"{folder.as_uri()}/inside.bin", "a")).path == folder / "inside.bin"
            for url in forbidden:
                with pytest.raises(Failure, match="ARCHIVE_FOLDER") as caught:
                    opened.fetch(RemoteFile(url, "a"))
                assert (caught.value.code, caught.value.permanent) == ("path_not_allowed", True)
    with Downloader(tmp_path / "work", [], user_agent="t") as opened, pytest.raises(Failure) as caught:
        opened.fetch(RemoteFile(outside.as_uri(), "a"))
    assert caught.value.code == "path_not_allowed"


def test_several_at_once_within_the_bandwidth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr("museum_assets.archive_files.download.download.time", clock)
    with serving(Served(BODY[: 1 << 20])) as served:
        began = clock.monotonic()
        told: dict[str, list[tuple[int, int | None]]] = {}
        with downloader(tmp_path, served, bytes_per_second=8 << 20) as opened:
            wanted = [RemoteFile(served.url, f"{n}.bin") for n in range(3)] + [
                RemoteFile("http://no.example/", "no.bin")
            ]
            found = opened.fetch_all(
                wanted, on_progress=lambda name: lambda done, total: told.setdefault(name, []).append((done, total))
            )
        seconds = clock.monotonic() - began
    assert [isinstance(each, Downloaded) for each in found] == [True, True, True, False]
    assert seconds >= 3 / 8 * 0.999
    assert told["1.bin"][-1] == (1 << 20, 1 << 20)


CHILD = """
import sys
from pathlib import Path
from museum_assets.archive_files.download.download import ANYWHERE, Downloader
from museum_assets.archive_files.download.transfer import RemoteFile
from museum_assets.core.addresses import host_of
folder, url = sys.argv[1:]
with Downloader(Path(folder), [host_of(url)], user_agent="t", bytes_per_second=4 << 20) as opened:
    opened.fetch(RemoteFile(url, "dump.bin"))
"""


def test_a_killed_download_goes_on_where_it_was(tmp_path: Path) -> None:
    with serving(Served(BODY)) as served:
        child = subprocess.Popen([sys.executable, "-c", CHILD, str(tmp_path), served.url])
        part = tmp_path / "dump.bin.part"
        wait_until(lambda: part.exists() and part.stat().st_size > 1 << 19, every=0.005)
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        assert not (tmp_path / "dump.bin").exists()
        had = part.stat().st_size
        done = fetch(tmp_path, served, served.sha256)
        assert (done.fetched, done.requests) == (len(BODY) - had, 1)
