"""Draw the README's pictures anew from a demo that runs at its usual addresses: `make pictures`."""

from __future__ import annotations

import io
import shutil
import sys

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from tests.support.places import ROOT

FOLDER = ROOT / "docs" / "pictures"
WIDTH, HEIGHT = 1280, 800
SHOWN = 960
"""Pixels across in the README."""


def main(readers: str = "http://127.0.0.1:8000", dagster: str = "http://127.0.0.1:3000") -> None:
    """Look at the search page and at the lineage of the collection, and keep what is seen."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        page.goto(f"{readers}/?q=ships+in+a+storm", wait_until="networkidle")
        _keep(page, "search.webp")
        page.goto(
            f"{dagster}/locations/__repository__@museum/asset-groups/collection/lineage", wait_until="domcontentloaded"
        )
        # The graph is laid out by a worker once the assets are known.
        page.wait_for_selector("svg foreignObject", timeout=120_000)
        page.wait_for_timeout(5_000)
        _keep(page, "lineage.webp")
        browser.close()


def _keep(page: Page, name: str) -> None:
    FOLDER.mkdir(exist_ok=True)
    with Image.open(io.BytesIO(page.screenshot())) as image:
        image.resize((SHOWN, SHOWN * image.height // image.width), Image.Resampling.LANCZOS).save(
            FOLDER / name, quality=80, method=6
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
