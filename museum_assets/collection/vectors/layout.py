"""The check of how the collections lie on their Qdrant server."""

from __future__ import annotations

from collections.abc import Iterator

import orjson

from museum_assets.core.findings import Finding
from museum_assets.loop.spec import StageSpec
from resources.platform import Platform
from resources.vector_index.layout import LayoutState

AGAIN = {
    "QDRANT_COLLECTION": "name a new one in QDRANT_COLLECTION, and `museum run all` fills it from the cache",
    "QDRANT_PRODUCTION_COLLECTION": "docs/scale.md says how to make production's anew",
}


def collection_layout(platform: Platform, slug: str, spec: StageSpec) -> Finding:
    """The collections on a Qdrant server lie as the settings ask, with a copy to spare where there are several nodes.

    The next run of `spec`, or promotion, of any museum brings about what can be changed on a live collection.
    """
    settings = platform.settings
    if not settings.qdrant_url:
        asked = [name for name in ("QDRANT_LAYOUT", "QDRANT_PRODUCTION_LAYOUT") if getattr(settings, name.lower())]
        text = f"{' and '.join(asked)} asks for nothing: it is for a Qdrant server, and QDRANT_URL is not set"
        return Finding(
            not asked, text if asked else "no layout is asked for, and the embedded index has none", warn=True
        )
    problems, metadata = [], {}
    layout = "QDRANT_PRODUCTION_LAYOUT" if settings.qdrant_production_layout else "QDRANT_LAYOUT"
    for name, index, setting, again in (
        (settings.qdrant_collection, platform.vector_index(), "QDRANT_LAYOUT", "QDRANT_COLLECTION"),
        (settings.qdrant_production_collection, platform.production_index(), layout, "QDRANT_PRODUCTION_COLLECTION"),
    ):
        with index.open() as session:
            found = session.layout_state()
        if found:
            run = "the next promotion" if "PRODUCTION" in again else spec.again(slug)
            problems += [f"{name}: {said}" for said in _problems(name, found, setting, AGAIN[again], run)]
            metadata[name] = {
                "nodes": found.nodes,
                "replicas": found.replicas,
                "differences": {field: {"live": live, "wanted": asked}
                                for field, (live, asked) in found.differences.items()},
            }  # fmt: skip
    text = "; ".join(problems) if problems else "the collections lie as the settings ask"
    return Finding(not problems, text, metadata, warn=True)


def _problems(name: str, found: LayoutState, setting: str, anew: str, run: str) -> Iterator[str]:
    for field, (live, asked) in found.differences.items():
        said = f"{field} is {live}, {setting} asks for {asked}"
        if field == "shards":
            yield f"{said}, which is settled when a collection is made: {anew}"
        elif field != "replicas":
            yield f"{said}: {run} changes it"
        elif live > asked:
            yield f"{said}: docs/scale.md says how a copy is removed"
        elif found.copies:
            yield f"{said}: {_copy(name, found)}"
        else:
            yield f"{said}, and there are no more than {found.nodes} nodes: add one"
    if found.nodes > 1 and found.replicas < 2 and "replicas" not in found.differences:
        yield (
            f"one replica on {found.nodes} nodes: while a node is down, its part is neither read nor written. "
            f'Set "replicas": 2 in {setting}'
        )


def _copy(name: str, found: LayoutState) -> str:
    body = orjson.dumps({"replicate_shard": found.copies[0]}).decode()
    more = (
        f", and {len(found.copies) - 1} more, of which this check then names the next" if len(found.copies) > 1 else ""
    )
    return (
        f'`curl "$QDRANT_URL/collections/{name}/cluster" -H "api-key: $QDRANT_API_KEY" --json \'{body}\'` '
        f"makes a copy{more}"
    )
