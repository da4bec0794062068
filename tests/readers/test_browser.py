"""The pages in a real browser: Chromium, with a mouse, with keys alone, on a phone, and without JavaScript."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from fastapi import FastAPI
from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from museum_assets.readers.site import Site
from museum_assets.search.question import Filters, Question
from tests.readers.conftest import HOSTILE
from tests.readers.serving import serving

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
WORKS = ".wall > li"

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium is here: `apt-get install chromium`, or a browser called google-chrome"
)


@pytest.fixture(scope="module")
def address(app: FastAPI, site: Site) -> Iterator[str]:
    with serving(app, site.settings) as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # Its sandbox needs what containers do not give, and the pages are our own.
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


Open = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser, address: str) -> Iterator[Open]:
    """Open a page of the app in a window of its own. Whatever its console complains of fails the test."""
    said: list[str] = []
    contexts = []

    def open_page(path: str = "/", **options: Any) -> Page:
        context = browser.new_context(base_url=address, viewport=options.pop("viewport", DESKTOP), **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(f"{message.text} {message.location}"))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert said == []


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A picture to be searched by."""
    path = tmp_path_factory.mktemp("picture") / "mine.png"
    Image.linear_gradient("L").convert("RGB").save(path)
    return path


def count(site: Site, **filters: Any) -> int:
    return site.reader.search(Question(filters=Filters(**filters))).total


def choose(page: Page, filter_name: str, choice: str) -> None:
    page.locator("summary", has_text=filter_name).click()
    page.locator(".facet a", has_text=choice).click()


@pytest.mark.parametrize("with_javascript", [True, False], ids=["javascript", "none"])
def test_search_filter_page_open_and_back(open_page: Open, site: Site, with_javascript: bool) -> None:
    page = open_page("/", java_script_enabled=with_javascript)
    expect(page.get_by_role("status")).to_contain_text(f"{count(site)} works, page 1 of 2")
    page.get_by_role("link", name="More").click()
    expect(page.locator(WORKS)).to_have_count(count(site) - 24)
    choose(page, "Museum", "Statens Museum for Kunst")
    expect(page).to_have_url(re.compile(r"\?museum=smk$"))
    expect(page.get_by_role("status")).to_contain_text(f"{count(site, museum='smk')} works")
    page.get_by_role("searchbox").fill("KMS")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"q=KMS&museum=smk"))
    page.go_back()
    expect(page).to_have_url(re.compile(r"\?museum=smk$"))
    expect(page.get_by_role("searchbox")).to_have_value("")
    title = page.locator(".title a").first
    name = title.inner_text()
    title.click()
    expect(page.locator("h1")).to_have_text(name)
    expect(page.locator("figure img")).to_have_js_property("complete", True)
    assert page.locator("figure img").evaluate("image => image.naturalWidth") > 0 if with_javascript else True
    page.go_back()
    expect(page.get_by_role("status")).to_contain_text(f"{count(site, museum='smk')} works")
    page.get_by_role("link", name="Take back: Statens").click()
    expect(page.get_by_role("status")).to_contain_text(f"{count(site)} works")


@pytest.mark.parametrize("with_javascript", [True, False], ids=["javascript", "none"])
def test_similar_works_and_a_search_by_image(open_page: Open, picture: Path, with_javascript: bool) -> None:
    page = open_page("/?museum=smk&image=true", java_script_enabled=with_javascript)
    page.locator(".title a").first.click()
    page.get_by_role("link", name="More like this").click()
    expect(page.locator("h1")).to_contain_text("Like")
    page.get_by_role("link", name="Search by image").click()
    page.get_by_label("Choose a photograph").set_input_files(picture)
    page.get_by_role("button", name="Search").click()
    expect(page.locator("#results")).to_be_visible()


def test_everything_is_reached_with_keys_alone(open_page: Open, site: Site) -> None:
    page = open_page("/")
    keys = page.keyboard
    keys.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    keys.press("Enter")
    expect(page.locator("#content")).to_be_focused()
    keys.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    keys.press("Tab")
    keys.press("Tab")
    expect(page.locator("summary").first).to_be_focused()
    keys.press("Enter")
    keys.press("Tab")
    keys.press("ArrowDown")
    expect(page.locator(".facet").first.locator("a").nth(1)).to_be_focused()
    keys.press("Escape")
    expect(page.locator("summary").first).to_be_focused()
    expect(page.locator(".facet").first).not_to_be_visible()
    page.locator(".title a").first.focus()
    keys.press("ArrowRight")
    expect(page.locator(".title a").nth(1)).to_be_focused()
    name = page.locator(".title a").nth(1).inner_text()
    keys.press("Enter")
    expect(page.locator("h1")).to_have_text(name)


def test_a_record_full_of_html_stays_text(open_page: Open) -> None:
    page = open_page("/?museum=cma")
    tile = page.locator(".title a", has_text=HOSTILE)
    if not tile.count():
        page.goto("/?museum=cma&page=2")
    tile.click()
    expect(page.locator("h1")).to_have_text(HOSTILE)
    assert page.title().startswith(HOSTILE)
    assert page.locator("a[href^=javascript]").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_no_page_breaks_a_rule_of_accessibility(open_page: Open, scheme: str, viewport: dict[str, int]) -> None:
    page = open_page("/", viewport=viewport, color_scheme=scheme)
    page.locator("summary").first.click()
    work = page.locator(".title a").first.get_attribute("href")
    empty = "/?q=zzzz&museum=smk&century=1"
    for path in (None, "/?q=ships", empty, work, "/museums", "/museums/smk", "/new", "/image", "/api"):
        if path:
            page.goto(path)
        result = Axe().run(page).response
        assert len(result["passes"]) > 10
        assert [(path, each["id"], each["nodes"][0]["html"]) for each in result["violations"]] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], f"{path} is too wide"
