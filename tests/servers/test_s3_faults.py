"""Another maker's S3 that goes away, lets nobody in, only reads, or shows an old certificate: each with its message."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from museum_assets.core.failures import MuseumError, Unavailable
from museum_assets.simulator.server import Running
from resources.platform import Platform
from resources.s3 import ObjectStore
from tests.servers import s3
from tests.servers.conftest import Own
from tests.servers.plugin import CACHE, Servers
from tests.servers.process import ServerProcess
from tests.support import whole_pipeline


@pytest.fixture
def ready(own: Own, platform: Platform, simulator: Running) -> tuple[Platform, ServerProcess]:
    """SMK, ready for thumbnails, and the server that they belong in."""
    server = own("s3")
    whole_pipeline.gather(platform, "smk")
    whole_pipeline.run(platform, "smk", "transformed_artworks")
    return platform, server


def test_it_is_killed_and_back(ready: tuple[Platform, ServerProcess]) -> None:
    platform, server = ready
    server.kill()
    with pytest.raises(Unavailable, match=r"S3 at .* cannot be reached: .*run again: finished work is kept"):
        whole_pipeline.run(platform, "smk", "stored_thumbnails")
    server.start()
    counts = whole_pipeline.run(platform, "smk", "stored_thumbnails")
    assert counts.done == counts.inputs
    assert len(list(platform.thumbnails().list())) == counts.inputs


def test_a_wrong_key_is_named_and_not_shown(ready: tuple[Platform, ServerProcess]) -> None:
    platform, _ = ready
    wrong = platform.with_settings(aws_secret_access_key=SecretStr("guessed"))
    with pytest.raises(MuseumError, match=r"AWS_SECRET_ACCESS_KEY|SignatureDoesNotMatch") as caught:
        whole_pipeline.run(wrong, "smk", "stored_thumbnails")
    assert "guessed" not in str(caught.value)


@pytest.fixture
def door(servers: Servers, own: Own) -> Iterator[dict[str, str]]:
    """The addresses of two more servers over the same buckets: one that only reads, one with an old certificate."""
    own("s3")
    folder = servers.folder / "s3"
    old = servers.authority.certificate("s3-expired", expired=True)
    options = {"read-only": (["--readonly"], "http"), "expired": (["--cert", str(old), "--key", str(old)], "https")}
    started, addresses = list[ServerProcess](), dict[str, str]()
    for name, (words, scheme) in options.items():
        server, addresses[name] = s3.s3(folder, CACHE, *words, scheme=scheme)
        server.start()
        started.append(server)
    yield addresses
    for server in started:
        server.stop()


def test_one_that_only_reads(ready: tuple[Platform, ServerProcess], door: dict[str, str]) -> None:
    platform, _ = ready
    with pytest.raises(MuseumError, match=r"S3 at .*(AccessDenied|MethodNotAllowed)"):
        whole_pipeline.run(platform.with_settings(s3_endpoint_url=door["read-only"]), "smk", "stored_thumbnails")
    assert whole_pipeline.run(platform, "smk", "stored_thumbnails").failed == 0


def test_an_expired_certificate(servers: Servers, door: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_CA_BUNDLE", str(servers.authority.file))
    store = ObjectStore(door["expired"], os.environ["AWS_ACCESS_KEY_ID"], s3.SECRET_KEY, "us-east-1", "any")
    with pytest.raises(MuseumError, match="certificate has expired"):
        store.ensure_bucket()
