"""The simulated museums' makers at the simulated authority: one artist, whichever museum spells the name."""

from __future__ import annotations

from xml.etree import ElementTree

from museum_assets import catalogue
from museum_assets.core.findings import Markdown
from museum_assets.enrichment.authority.chart import bar_chart
from museum_assets.loop.books import books
from museum_assets.loop.run import run_stage
from museum_assets.museums import MUSEUMS
from museum_assets.simulator.server import Running, authority_environment
from resources.platform import Platform
from tests.support.whole_pipeline import gather, run


def test_one_artist_is_one_at_every_museum(platform: Platform, simulator: Running) -> None:
    asked = {name.lower(): value for name, value in authority_environment(simulator.base_url).items()}
    platform = platform.with_settings(**asked, reconciliation_batch=25)
    *specs, colours = catalogue.enrichment()
    assert colours.name == "thumbnail_colours"
    seen: dict[str, set[str]] = {}
    for slug in MUSEUMS:
        gather(platform, slug)
        run(platform, slug, "transformed_artworks")
        for spec in specs:
            with spec.opened(platform, slug) as stage, platform.database().connect() as conn:
                run_stage(platform.database(), slug, stage)
                found = books(conn, slug, spec)
                assert (found.accounted, found.pending + found.failed + found.retrying) == (found.inputs, 0)
                for check in spec.checks:
                    # Of few works no place may be known: then there is nothing to check.
                    assert check.evaluate(platform, conn, slug).passed or found.done == 0
    with platform.database().connect() as conn:
        for row in conn.execute(
            "SELECT museum, identity, label FROM staging.artist_identities WHERE method IS NOT NULL"
        ):
            seen.setdefault(row["identity"], set()).add(row["museum"])
        wrong = conn.execute(
            "SELECT i.maker_key FROM staging.artist_identities AS i JOIN staging.makers AS m USING (museum, maker_key) "
            "JOIN staging.artwork_enrichments AS e ON e.source = 'artist_facts' AND e.museum = i.museum "
            "AND e.subject = i.authority || ':' || i.identity "
            "WHERE i.method = 'reconciled' AND m.birth_year <> (e.facts ->> 'birth')::integer"
        ).fetchall()
    assert wrong == []
    assert max(len(museums) for museums in seen.values()) >= 3
    asked_once = simulator.simulator.authority.queries
    with specs[0].opened(platform, MUSEUMS[0]) as stage:
        run_stage(platform.database(), MUSEUMS[0], stage)
    assert simulator.simulator.authority.queries == asked_once


def test_the_assets_page_shows_methods_and_the_largest_artists(platform: Platform, simulator: Running) -> None:
    asked = {name.lower(): value for name, value in authority_environment(simulator.base_url).items()}
    platform = platform.with_settings(**asked)
    identities = catalogue.enrichment()[0]
    with platform.database().connect() as conn, identities.opened(platform, "smk") as stage:
        assert stage.facts(conn, "smk") == {}
        for museum, works in (("smk", 3), ("met", 2)):
            for n in range(works):
                conn.execute(
                    "INSERT INTO staging.makers (museum, object_number, position, maker_key, name, birth_year, links) "
                    "VALUES (%s, %s, 0, %s, 'Albert Cuyp', 1620, '{}')", (museum, str(n), f"{museum}:1")
                )  # fmt: skip
        run_stage(platform.database(), "smk", stage)
        run_stage(platform.database(), "met", stage)
        found = stage.facts(conn, "smk")
    assert found["makers reconciled"] == 1
    assert "| reconciled | 1 |" in found["by method"]
    assert isinstance(found["largest artists"], Markdown)
    assert found["largest artists"].startswith("![works by artist and museum](data:image/svg+xml;base64,")


def test_the_chart_is_well_formed_whatever_an_artist_is_called() -> None:
    drawn = bar_chart([("Vilhelm Hammershøi & <Søn>\x00", {"smk": 3, "met": 1}), ("葛飾北斎", {"aic": 2})])
    texts = [each.text for each in ElementTree.fromstring(drawn).iter("{http://www.w3.org/2000/svg}text")]
    assert texts == ["aic", "met", "smk", "Vilhelm Hammershøi & <Søn>", "4", "葛飾北斎", "2"]
