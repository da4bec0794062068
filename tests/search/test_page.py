"""The page shows what the index says, and nothing in a record can become more than text."""

from __future__ import annotations

import base64
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from museum_assets.search.page import render
from resources.vector_index.index import Hit

VOID = {"meta", "img"}


class Page(HTMLParser):
    """Collects elements, visible text and images; `open` is empty when every element was closed."""

    def __init__(self, html):
        super().__init__()
        self.open, self.elements, self.images, self.words = [], [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.elements.append(tag)
        if tag == "img":
            self.images.append(dict(attributes))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not {"style", "title"} & set(self.open):
            self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


def hit(**payload):
    full = {"museum": "smk", "object_number": "KMS1", "work_types": ["maleri"], "artists": ["Anna Ancher"]} | payload
    return Hit("id", 0.5, full)


def test_a_work_is_shown_with_its_facts_and_the_name_of_its_museum():
    page = Page(render("winter", [hit(title="Vinterlandskab", production_date="1880–1882")], lambda _: b"jpeg"))
    for fact in ("winter", "1 artwork,", "Vinterlandskab", "Anna Ancher", "1880–1882 · maleri", "smk:KMS1"):
        assert fact in page.text
    assert "Statens Museum for Kunst" in page.text
    (image,) = page.images
    assert image["src"] == f"data:image/jpeg;base64,{base64.b64encode(b'jpeg').decode()}"
    assert image["alt"] == "Vinterlandskab"
    assert page.open == []


def test_what_a_record_lacks_is_said_in_words():
    page = Page(render("winter", [hit(artists=[], work_types=[], museum="new")], lambda _: None))
    for words in ("Untitled", "Unknown artist", "No image", "new:KMS1"):
        assert words in page.text
    assert page.images == []


@pytest.mark.parametrize(
    "address, shown",
    [
        ("https://iip.smk.dk/a.jpg", True),
        ("http://127.0.0.1:9/a.jpg", True),
        ("javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("", False),
    ],
)
def test_only_the_web_is_linked(address, shown):
    assert len(Page(render("x", [hit()], lambda _: address)).images) == shown


def test_no_result_and_a_warning_are_said():
    page = Page(render("winter", [], lambda _: None, note="Words only"))
    assert "No artwork matches" in page.text
    assert "Words only" in page.text


WILD = st.text() | st.sampled_from(['"><script>alert(1)</script>', "' onerror='x", "{{ 7*7 }}", "</title><img src=x>"])


@given(WILD, WILD, WILD, WILD)
def test_nothing_in_a_record_becomes_markup(heading, title, artist, number):
    tame = Page(render("x", [hit(title="x")], lambda _: b"j", note="x"))
    wild = Page(
        render(heading, [hit(title=title, artists=[artist], object_number=number)], lambda _: b"j", note=title or "x")
    )
    assert wild.elements == tame.elements
    assert wild.images[0].keys() == tame.images[0].keys()
    assert wild.open == []
