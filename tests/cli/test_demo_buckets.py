"""The demo's buckets in an S3 server that others use too."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from museum_assets.cli.demo import remove_files
from museum_assets.cli.session import connected
from museum_assets.cli.simulation import PREFIX, choose_names, chosen_buckets, chosen_names, recorded
from museum_assets.core.failures import MuseumError
from museum_assets.core.settings import read_settings
from museum_assets.museums import KIOSK_MUSEUMS
from resources.platform import Platform


@pytest.fixture
def demo(platform: Platform) -> Iterator[Platform]:
    """A demo's platform, whose S3 belongs to another home."""
    choose_names(read_settings())
    yield platform
    for name in chosen_buckets(platform.settings.home):
        platform.bucket(name).remove_bucket()


def test_they_have_names_of_their_own_whatever_somebody_set(demo: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUSEUM_KIOSK_BUCKET_LMNH", "real-kiosks")
    theirs = demo.bucket("real-kiosks")
    with connected(for_runs=True) as platform:
        stores = [platform.thumbnails(), platform.production_thumbnails(), platform.release_archive()]
        stores += [platform.documents(), platform.kiosk_combined(), *map(platform.kiosk_source, KIOSK_MUSEUMS)]
        assert all(store.bucket.startswith(PREFIX) for store in stores)
        assert {store.bucket for store in stores} <= set(chosen_buckets(platform.settings.home))
    assert demo.kiosk_source("lmnh").bucket == theirs.bucket, "outside of the demo's commands nothing changed"


def test_an_s3_of_the_demos_own_keeps_the_usual_names(demo: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("museum_assets.cli.simulation.own_url", lambda home: demo.settings.s3_endpoint_url)
    choose_names(read_settings())
    assert chosen_names(demo.settings.home) == {}
    with pytest.raises(MuseumError, match=r"used servers in that folder alone.*museum erase"):
        remove_files()


def test_its_files_are_taken_out_on_request_and_nothing_else(
    demo: Platform, capsys: pytest.CaptureFixture[str]
) -> None:
    theirs = demo.bucket(f"{demo.settings.thumbnails_bucket}-theirs")
    theirs.ensure_bucket()
    theirs.put("a.txt", b"a", content_type="text/plain")
    with connected(for_runs=True) as platform:
        ours = platform.documents()
        ours.put("smk/a.txt", b"a", content_type="text/plain")
    with recorded(demo.settings.home, os.getpid(), {}), pytest.raises(MuseumError, match=r"a demo runs in .* stop it"):
        remove_files()
    remove_files()
    remove_files()  # nothing is left to remove, which is no error
    assert f"{PREFIX}documents" in capsys.readouterr().out
    assert PREFIX not in str(demo.thumbnails().client.list_buckets()["Buckets"])
    assert [item.key for item in theirs.list()] == ["a.txt"]
    theirs.remove_bucket()
