"""The pages as somebody without JavaScript gets them."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest
from fastapi.testclient import TestClient

from museum_assets.readers.site import Site
from museum_assets.search.question import Filters, Question
from tests.readers.conftest import HOSTILE, MUSEUMS


class Page(HTMLParser):
    """A page's links, tags and texts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append((tag, found))
        if tag == "a" and found.get("href"):
            self.links.append(str(found["href"]))

    def handle_data(self, data: str) -> None:
        self.text += data


def page(client: TestClient, address: str, status: int = 200) -> Page:
    answer = client.get(address)
    assert answer.status_code == status, answer.text
    return Page(answer.text)


def works(found: Page) -> list[str]:
    return [link for link in found.links if link.startswith("/artworks/")]


def test_the_first_page_shows_works_and_leads_to_the_others(client: TestClient, site: Site) -> None:
    total = site.reader.search(Question()).total
    first = page(client, "/")
    assert f"{total} works" in first.text
    more = next(link for link in first.links if "page=2" in link)
    second = page(client, more)
    assert len(set(works(first)) | set(works(second))) == total


def test_a_filter_is_a_link_and_taken_back_by_one(client: TestClient) -> None:
    first = page(client, "/?q=")
    chosen = page(client, next(link for link in first.links if parse_qs(urlsplit(link).query) == {"museum": ["smk"]}))
    assert {link.split("/")[2] for link in works(chosen)} == {"smk"}
    assert "/" in [link for link in chosen.links if not link.startswith("/artworks")]
    assert "Take back: Statens Museum for Kunst" in chosen.text


def test_a_form_that_sends_its_filters_empty_asks_nothing(client: TestClient) -> None:
    assert works(page(client, "/?q=&museum=&type=&century=&image=&page=")) == works(page(client, "/"))


def test_a_works_page_shows_all_that_is_known(client: TestClient, site: Site) -> None:
    work = next(
        each.artwork
        for each in site.reader.search(Question(filters=Filters(museum="smk"))).found
        if each.artwork.artists
    )
    found = page(client, site.links.artwork("smk", work.object_number))
    known = (
        work.title,
        *work.artists,
        work.object_number,
        work.production_date,
        *work.work_types,
        "Statens Museum for",
    )
    assert [each for each in known if each and each not in found.text] == []
    assert work.source_url in found.links
    image = next(attrs for tag, attrs in found.tags if tag == "img")
    assert (image["src"], image["width"]) == (site.links.thumbnail(work), str(work.thumbnail_width))
    said = re.search(r'<script type="application/ld\+json">(.+?)</script>', client.get(work_page(site, work)).text)
    assert said
    data = orjson.loads(said[1])
    assert data["@type"] == "VisualArtwork"
    assert (data["name"], data["identifier"]) == (work.title, work.object_number)


def test_a_works_page_says_where_it_was_made_of_what_and_what_it_shows(client: TestClient, hostile: str) -> None:
    said = re.search(r'<script type="application/ld\+json">(.+?)</script>', client.get(hostile).text)
    assert said
    data = orjson.loads(said[1])
    here = {"@type": "Place", "name": f"{HOSTILE}, Denmark",
            "geo": {"@type": "GeoCoordinates", "latitude": 57.7, "longitude": 10.6}}  # fmt: skip
    assert data["locationCreated"] == [here]
    assert data["material"]
    assert len({each.casefold() for each in data["material"]}) == len(data["material"])
    assert data["about"] == [
        {"@type": "Thing", "name": "ships", "sameAs": "https://www.wikidata.org/wiki/Q11446"},
        {"@type": "Person", "name": HOSTILE},
    ]
    found = page(client, hostile)
    assert f"Subjectships (sea vessel); {HOSTILE}" in found.text
    assert [each for each in (f"Made in{HOSTILE}, Denmark", *data["material"]) if each not in found.text] == []


def work_page(site: Site, work: Any) -> str:
    return site.links.artwork(work.museum, work.object_number)


def test_a_record_full_of_html_stays_text(client: TestClient, hostile: str) -> None:
    for address in (hostile, "/?museum=cma", "/?q=1915.1", hostile.replace("/artworks/", "/similar/")):
        found = page(client, address)
        assert HOSTILE in found.text
        scripts = [attrs for tag, attrs in found.tags if tag == "script"]
        assert all((each.get("src") or "").startswith("/static/") or each["type"] for each in scripts)
        assert not [tag for tag, _ in found.tags if tag == "b"]
        assert not [link for link in found.links if link.startswith("javascript:")]
    said = re.search(r'<script type="application/ld\+json">(.+?)</script>', client.get(hostile).text)
    assert said
    assert orjson.loads(said[1])["name"] == HOSTILE
    answered = client.get("/", params={"q": HOSTILE}).text
    assert "<script>alert" not in answered


def test_every_answer_forbids_what_is_not_ours(client: TestClient) -> None:
    for address in ("/", "/nothing", "/api/search", "/static/pages.css", "/healthz"):
        headers = client.get(address).headers
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
    html = client.get("/").text
    assert not re.search(r"style=|<style|\son[a-z]+=|https?://(?!www\.w3)", html)


@pytest.mark.parametrize("path", ["museums", "museums/smk", "new", "image", "api", "robots.txt"])
def test_the_other_pages_are_there(client: TestClient, path: str) -> None:
    answer = client.get(f"/{path}")
    assert answer.status_code == 200
    assert path == "robots.txt" or "</html>" in answer.text


def test_an_artist_has_a_page_to_which_works_lead(client: TestClient) -> None:
    first = client.get("/api/search").json()["artists"][0]
    told = client.get(f"/api/artists/{first['identity']}").json()
    assert (told["identity"], told["name"]) == (first["identity"], first["name"])
    assert sum(each["works"] for each in told["works"]) >= first["works"]
    found = client.get("/api/search", params={"artist": first["identity"]}).json()
    assert found["total"] == sum(each["works"] for each in told["works"])
    html = client.get(f"/artists/{first['identity']}").text
    assert told["name"] in html
    work = told["hits"][0]["work"]
    assert f"/artists/{first['identity']}" in unescape(
        client.get(f"/artworks/{work['museum']}/{work['object_number']}").text
    )
    narrowed = client.get("/", params={"artist": first["identity"]}).text
    kept = f'<input type="hidden" name="artist" value="{first["identity"]}">'
    assert kept in unescape(narrowed), "the next words are looked for among the artist's works too"
    assert client.get("/artists/wikidata:Q0").status_code == 404


def test_the_new_page_names_each_release(client: TestClient) -> None:
    found = page(client, "/new")
    assert found.text.count("Release 1") == len(MUSEUMS)


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/nothing", 404),
        ("/artworks/louvre/1", 404),
        ("/artworks/smk/no%00where", 404),
        ("/artworks/smk/nobody", 404),
        ("/museums/tate", 404),  # which has no release
        ("/?museum=louvre", 400),
        ("/?century=0", 400),
        ("/?century=%C2%B2", 400),
        ("/?page=42", 400),
        ("/?page=x", 400),
        ("/?image=maybe", 400),
        (f"/?q={'x' * 301}", 400),
        (f"/?q={'x' * 2000}", 400),
    ],
)
def test_what_cannot_be_answered_is_a_page_that_leads_on(client: TestClient, address: str, status: int) -> None:
    found = page(client, address, status)
    assert str(status) in found.text
    assert "/" in found.links


def test_words_that_nothing_has_lead_on(client: TestClient) -> None:
    found = page(client, "/?q=%00&museum=smk&century=1")
    assert "Nothing was found" in found.text
    assert "without “Statens Museum for Kunst”" in found.text
