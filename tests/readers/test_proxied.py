"""Behind a proxy: links below its path, and limits for each client behind it."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from museum_assets.readers.app import build
from museum_assets.readers.site import Site
from tests.readers.serving import serving

PUBLISHED = "https://museum.example.org/collection"


def proxied(site: Site, **settings: Any) -> Site:
    """The same site with other settings."""
    changed = site.settings.model_copy(update=settings)
    return Site(site.reader, site.model, site.pictures, site.decoder, changed)


def test_every_link_stands_below_the_published_path(site: Site) -> None:
    behind = proxied(site, readers_url=PUBLISHED)
    with serving(build(behind), behind.settings) as address, httpx.Client(trust_env=False, base_url=address) as client:
        # The proxy takes the path away.
        for path in ("/", "/museums/smk", "/new", "/image", "/nothing"):
            links = re.findall(r'(?:href|src|action)="([^"#]+)', client.get(path).text)
            assert [link for link in links if not link.startswith(("/collection/", "http"))] == []
        work = client.get("/api/search?image=true&limit=1").json()["hits"][0]["work"]
        assert work["page"].startswith(f"{PUBLISHED}/artworks/")
        assert f'rel="canonical" href="{work["page"]}"' in client.get(work["page"].removeprefix(PUBLISHED)).text
        assert client.get(work["thumbnail"].removeprefix(PUBLISHED)).status_code == 200
        assert client.get("/api/openapi.json").json()["servers"] == [{"url": "/collection"}]
        assert client.get("/api/nothing").headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(("proxies", "one_limit"), [("127.0.0.1", False), ("192.0.2.1", True)])
def test_only_a_known_proxy_says_who_asks(site: Site, proxies: str, one_limit: bool) -> None:
    behind = proxied(site, readers_per_minute=10, readers_proxies=proxies)
    with serving(build(behind), behind.settings) as address, httpx.Client(trust_env=False, base_url=address) as client:
        for _ in range(10):
            assert client.get("/museums", headers={"X-Forwarded-For": "198.51.100.1"}).status_code == 200
        other = client.get("/museums", headers={"X-Forwarded-For": "198.51.100.2"})
        assert (other.status_code == 429) == one_limit
