"""The check that shows how the collections lie on their server, and what to do where that is not as asked."""

from __future__ import annotations

from typing import Any

import pytest

from museum_assets.collection.vectors import layout
from museum_assets.collection.vectors.stages import indexed_artworks
from museum_assets.core.collection_layout import CollectionLayout
from museum_assets.core.findings import Finding
from museum_assets.core.settings import Settings
from resources.platform import Platform
from tests.support.little_qdrant import LittleQdrant, little_qdrant

# The client in memory keeps no payload indexes, and warns.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:Payload indexes have no effect")]


def platform(server: LittleQdrant, **layouts: Any) -> Platform:
    return Platform(Settings(qdrant_url=server.url, qdrant_grpc_port=0, qdrant_collection="work",
                             qdrant_production_collection="live", **layouts))  # fmt: skip


def checked(chosen: Platform) -> Finding:
    return layout.collection_layout(chosen, "smk", indexed_artworks)


def ensure(chosen: Platform) -> None:
    for index in (chosen.vector_index(), chosen.production_index()):
        with index.open() as session:
            session.ensure_collection({"image_clip": 4})


def test_collections_as_asked_pass_and_differences_are_named_with_what_to_do() -> None:
    with little_qdrant(peer=1, other_peers=(2, 3)) as server:
        ours = CollectionLayout(shards=3, replicas=2)
        ensure(platform(server, qdrant_layout=ours, qdrant_production_layout=CollectionLayout(shards=1, replicas=2)))
        found = checked(platform(server, qdrant_layout=ours))
        assert found.warn
        assert not found.passed
        assert found.description == (
            "live: shards is 1, QDRANT_LAYOUT asks for 3, which is settled when a collection is made: "
            "docs/scale.md says how to make production's anew"
        )
        assert found.metadata["live"]["differences"] == {"shards": {"live": 1, "wanted": 3}}
        changed = platform(server, qdrant_layout=CollectionLayout(shards=3, m=32),
                           qdrant_production_layout=CollectionLayout(m=16))  # fmt: skip
        assert checked(changed).description == (
            "work: m is 16, QDRANT_LAYOUT asks for 32: `museum run indexed_artworks --museum smk` changes it"
        )
        ensure(changed)
        assert checked(changed).passed


def test_one_replica_on_several_nodes_is_a_warning_and_the_copy_is_a_command() -> None:
    with little_qdrant(peer=1, other_peers=(2,)) as server:
        ensure(platform(server, qdrant_layout=CollectionLayout(shards=2)))
        alone = checked(platform(server))
        assert alone.description.startswith("work: one replica on 2 nodes: while a node is down")
        assert '"replicas": 2 in QDRANT_LAYOUT' in alone.description
        asked = checked(platform(server, qdrant_layout=CollectionLayout(replicas=2)))
        body = '{"replicate_shard":{"shard_id":0,"from_peer_id":1,"to_peer_id":2}}'
        assert f"""/collections/work/cluster" -H "api-key: $QDRANT_API_KEY" --json '{body}'`""" in asked.description
        more = checked(platform(server, qdrant_layout=CollectionLayout(replicas=3)))
        assert more.metadata["work"]["differences"] == {"replicas": {"live": 1, "wanted": 3}}


def test_a_single_node_cannot_hold_copies_and_says_so() -> None:
    with little_qdrant() as server:
        chosen = platform(server, qdrant_layout=CollectionLayout(replicas=2))
        ensure(chosen)
        assert "there are no more than 1 nodes: add one" in checked(chosen).description
        assert checked(platform(server)).passed


def test_a_layout_without_a_server_is_told_that_it_asks_for_nothing() -> None:
    found = checked(Platform(Settings(qdrant_layout=CollectionLayout(shards=3))))
    assert (found.passed, found.warn) == (False, True)
    assert found.description.startswith("QDRANT_LAYOUT asks for nothing")
    assert checked(Platform(Settings())).passed
