"""Addresses of services: which are taken, and what of them is shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from museum_assets.core.addresses import host_of, secrets_of, shown_address, web_address, webhook_address
from museum_assets.core.postgres_address import BadAddress


@pytest.mark.parametrize(
    ("url", "shown", "host"),
    [
        ("https://api.museum.example/v1", "https://api.museum.example/v1", "api.museum.example"),
        ("http://127.0.0.1:9000", "http://127.0.0.1:9000", "127.0.0.1:9000"),
        ("http://[::1]:9000/x", "http://[::1]:9000/x", "[::1]:9000"),
        ("https://u:s3cret@Host.example/p", "https://host.example/p", "host.example"),
        ("https://host.example/dump.csv?sig=s3cret", "https://host.example/dump.csv?…", "host.example"),
        ("https://u:s3@cret@host.example/p", "https://host.example/p", "host.example"),
        ("file:///srv/dump.tar.gz", "file:///srv/dump.tar.gz", ""),
        ("postgresql://u:s3cret@h:5432/d", "h:5432/d", "h:5432"),
    ],
)
def test_what_is_shown_of_an_address(url: str, shown: str, host: str) -> None:
    assert (shown_address(url), host_of(url)) == (shown, host)


UNREADABLE = [
    *("https://u:s3cret/x@h", "https://u:12/s3cret@h", "https://u:s3cret#x@h", "https://u:s3cret?x@h"),
    *("https://[s3cret", "s3cret", "", "https:///s3cret", "https://h:0/s3cret", "https://h:s3cret"),
    *("ftp://u:s3cret@h", "https://h/s3 cret", "https://h/\ns3cret", "https://h\\s3cret", "https://h/x#s3cret"),
    "javascript:s3cret",
]


@pytest.mark.parametrize("url", UNREADABLE)
def test_what_cannot_be_read_is_neither_taken_nor_shown(url: str) -> None:
    for options in ({}, {"login": True, "file": True, "query": True}):
        with pytest.raises(BadAddress) as caught:
            web_address(url, **options)
        assert "s3cret" not in str(caught.value)
    assert shown_address(url) == "an address that cannot be read"


@pytest.mark.parametrize(
    "url", ["https://u:s3cret@h/p", "https://s3cret@h", "https://h/p?key=s3cret", "file:///s3cret"]
)
def test_an_address_that_is_shown_holds_no_secret(url: str) -> None:
    with pytest.raises(BadAddress) as caught:
        web_address(url)
    assert "s3cret" not in str(caught.value)


def test_a_webhook_may_hold_its_secrets_anywhere() -> None:
    url = "https://x.webhook.office.com/webhookb2/guid@guid/IncomingWebhook/s3cret?token=long-token"
    assert webhook_address(url) == url
    assert secrets_of(url) == ["token=long-token", "long-token"]


PARTS = st.text(max_size=20)


@given(st.builds("{}://u:s3cret{}@h{}".format, st.sampled_from(["http", "https", "s3", "postgresql"]), PARTS, PARTS))
def test_no_password_is_shown_whatever_stands_around_it(url: str) -> None:
    assert "s3cret" not in shown_address(url)
    host_of(url)


@given(st.text())
def test_no_text_breaks_what_shows_addresses(url: str) -> None:
    shown_address(url)
    host_of(url)
