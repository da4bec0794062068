"""A hook of MkDocs: the pages beside docs/ are pages of the site as well, and links between all of them hold.

On the site README.md is the first page. Decisions and runbooks are pages too; they stand in no menu, since others link
to them. Mermaid's diagrams are drawn here, so that a reader's browser needs no script for them.
"""

from __future__ import annotations

import html
import re
from pathlib import Path, PurePosixPath

import mermaidx
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[2]
BESIDE = {"README.md": "index.md", "CONTRIBUTING.md": "CONTRIBUTING.md", "SECURITY.md": "SECURITY.md",
          "CHANGELOG.md": "CHANGELOG.md"}  # fmt: skip
"""Pages of the repository's root, with where they are on the site."""
NARROW = {"flowchart": {"nodeSpacing": 20, "rankSpacing": 36, "padding": 8, "wrappingWidth": 185}}
"""How Mermaid draws, so that a text in a picture as wide as the page is not much smaller than one beside it."""
DIAGRAM = re.compile(r'<pre><code class="language-mermaid">(.*?)</code></pre>', re.DOTALL)
LINK = re.compile(r"\]\((?P<path>[^)#\s:]+)(?P<heading>#[^)\s]*)?\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages of the repository's root, and take out of what the menu must name what other pages lead to."""
    for source, place in BESIDE.items():
        files.append(File.generated(config, place, content=(ROOT / source).read_text(encoding="utf-8")))
    for file in files.documentation_pages():
        if file.src_uri.startswith(("decisions/", "runbooks/")):
            file.inclusion = InclusionLevel.NOT_IN_NAV
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Return the page with links that lead, from where it is on the site, to where the linked pages are."""
    beside = {place: source for source, place in BESIDE.items()}
    here = PurePosixPath(beside.get(page.file.src_uri, f"docs/{page.file.src_uri}")).parent
    return LINK.sub(lambda link: f"]({_on_site(here, link['path'], page)}{link['heading'] or ''})", markdown)


def on_page_content(content: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Return the page with each of Mermaid's diagrams as a picture."""
    return DIAGRAM.sub(lambda code: mermaidx.render(html.unescape(code[1]), config=NARROW).svg(), content)


def _on_site(here: PurePosixPath, path: str, page: Page) -> str:
    parts: list[str] = []
    for part in (here / path).parts:
        parts = parts[:-1] if part == ".." else [*parts, part]
    target = "/".join(parts)
    place = BESIDE.get(target, target.removeprefix("docs/"))
    return "../" * page.file.src_uri.count("/") + place
