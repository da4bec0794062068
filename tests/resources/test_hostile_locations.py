"""Whatever text a server or a record gives as an address, the answer is a body or a Failure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from museum_assets.archive_files.download.download import Downloader
from museum_assets.archive_files.download.transfer import Policy, RemoteFile
from museum_assets.core.failures import Failure
from museum_assets.images.fetch import ImageFetcher
from resources.museum_http import MuseumClient
from tests.support.pace import NoPace
from tests.support.scripted_server import ScriptedServer, answer

pytestmark = pytest.mark.slow  # it starts processes, or waits

HEADER = st.characters(codec="latin-1", exclude_characters="\r\n\0")
"""What a header may hold; http.server itself writes no more than Latin-1."""
LOCATIONS = st.text(HEADER) | st.builds(
    "{}{}{}".format,
    st.sampled_from(["http://", "https://", "//", "/", "?", "file://", "HTTP://", "http:"]),
    st.sampled_from(["", "xn--", "[", "127.0.0.1:", "user:pass@", "{host}", "{host}/", "%00", "a" * 70]),
    st.text(HEADER),
)
Ask = Callable[[str], object]


@pytest.fixture(scope="module")
def hostile() -> Iterator[ScriptedServer]:
    server = ScriptedServer()
    yield server
    server.close()


@pytest.fixture(scope="module")
def ask(hostile: ScriptedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """Ask every client for an address, one after the other."""
    folder: Path = tmp_path_factory.mktemp("downloads")
    once: dict[str, Any] = {"user_agent": "t", "timeout": 2.0}
    polite = {**once, "attempts": 1, "backoff": 0.0}
    with (
        MuseumClient("smk", hostile.base, limiter=NoPace(), headers={}, **polite) as museum,
        ImageFetcher([hostile.place], limiter_for=lambda _: NoPace(), **polite) as images,
        Downloader(folder, [hostile.place], policy=Policy(attempts=1, backoff=0.0), **once) as archives,
    ):

        def one(url: str) -> None:
            for get in (museum.json, images.fetch, lambda url: archives.fetch(RemoteFile(url, "part"))):
                try:
                    get(url)
                except Failure as failure:
                    assert failure.code

        yield one


@given(LOCATIONS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@example("http://xn--/")
@example("//xn--")
@example("http://127.0.0.1:99999999/")
@example("http://[::1%25lo]/")
def test_a_redirect_to_anywhere(hostile: ScriptedServer, ask: Ask, location: str) -> None:
    hostile.scripts["/1"] = [answer(b"", 302, Location=location.replace("{host}", hostile.place))]
    ask(hostile.url("/1"))


@given(st.text() | st.builds("http://{}{}".format, st.sampled_from(["", "xn--", "[", "user:p@"]), st.text()))
@example("http://xn--/")
def test_an_address_of_any_text(ask: Ask, url: str) -> None:
    ask(url)
