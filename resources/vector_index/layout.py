"""A collection's layout in Qdrant's words: what is asked when it is made or searched, and what a live one has instead.

Graph and quantization are said of the whole collection, so that a vector that is added later has them too; whether a
vector is on disk can only be said of each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from resources.vector_index.index import Vectors

if TYPE_CHECKING:  # half of what a process with an embedded index imports, and never asks for
    from qdrant_client import models

    from museum_assets.core.collection_layout import CollectionLayout

ON_DISK = "on_disk of "
Differences = dict[str, tuple[Any, Any]]
"""Field of the layout -> (what the collection has, what is asked)."""


@dataclass(frozen=True)
class LayoutState:
    """What a collection on a server is, compared with the layout asked for."""

    differences: Differences
    nodes: int
    replicas: int
    """The copies of the shard that has the fewest."""
    copies: Sequence[dict[str, int]] = ()
    """The first of the requests `replicate_shard` that would give every shard the copies asked for."""


def creation(layout: CollectionLayout, vectors: Vectors) -> dict[str, Any]:
    """Return what `create_collection` is asked."""
    from qdrant_client import models

    asked = {
        "shard_number": layout.shards,
        "replication_factor": layout.replicas,
        "write_consistency_factor": layout.write_consistency,
        "hnsw_config": _graph(layout, {"m", "ef_construct"}),
        "quantization_config": _int8() if layout.quantization == "int8" else None,
    }
    sizes = {
        name: models.VectorParams(size=size, distance=models.Distance.COSINE, on_disk=layout.on_disk)
        for name, size in vectors.items()
    }
    return {"vectors_config": sizes} | {key: value for key, value in asked.items() if value is not None}


def changes(layout: CollectionLayout, info: models.CollectionInfo) -> dict[str, Any]:
    """Return what `update_collection` is asked, so that a live collection gets the layout; nothing when it has it."""
    from qdrant_client import models

    differing = differences(layout, info)
    moved = {field.removeprefix(ON_DISK) for field in differing if field.startswith(ON_DISK)}
    asked: dict[str, Any] = {}
    if moved:
        asked["vectors_config"] = {name: models.VectorParamsDiff(on_disk=layout.on_disk) for name in sorted(moved)}
    if graph := _graph(layout, differing.keys()):
        asked["hnsw_config"] = graph
    if "quantization" in differing:
        asked["quantization_config"] = _int8() if layout.quantization == "int8" else models.Disabled.DISABLED
    if factors := {"replicas", "write_consistency"} & differing.keys():
        asked["collection_params"] = models.CollectionParamsDiff(
            replication_factor=layout.replicas if "replicas" in factors else None,
            write_consistency_factor=layout.write_consistency if "write_consistency" in factors else None,
        )
    return asked


def search_params(layout: CollectionLayout) -> models.SearchParams | None:
    """Return what a search is asked besides; with int8 the best hits are ranked by their whole vectors."""
    from qdrant_client import models

    again = None
    if layout.quantization == "int8":
        again = models.QuantizationSearchParams(rescore=True, oversampling=layout.oversampling)
    if again is None and layout.hnsw_ef is None:
        return None
    return models.SearchParams(hnsw_ef=layout.hnsw_ef, quantization=again)


def differences(layout: CollectionLayout, info: models.CollectionInfo, replicas: int | None = None) -> Differences:
    """Compare what is asked with what a collection has. `replicas` are those it really has, not those it aims at."""
    config = info.config
    vectors = config.params.vectors if isinstance(config.params.vectors, dict) else {}
    wanted = {
        "shards": (config.params.shard_number or 1, layout.shards),
        "replicas": (replicas or config.params.replication_factor or 1, layout.replicas),
        "write_consistency": (config.params.write_consistency_factor or 1, layout.write_consistency),
        "quantization": (_quantization(config.quantization_config), layout.quantization),
        "m": (config.hnsw_config.m, layout.m),
        "ef_construct": (config.hnsw_config.ef_construct, layout.ef_construct),
        **{f"{ON_DISK}{name}": (bool(each.on_disk), layout.on_disk) for name, each in vectors.items()},
    }
    return {field: (live, asked) for field, (live, asked) in wanted.items() if asked is not None and live != asked}


def state(
    layout: CollectionLayout, info: models.CollectionInfo, cluster: models.CollectionClusterInfo, peers: set[int]
) -> LayoutState:
    """Compare a collection, whose shards lie as `cluster` says, with its layout; `peers` are nodes known besides."""
    held: dict[int, set[int]] = {}
    for shard in cluster.local_shards:
        held.setdefault(shard.shard_id, set()).add(cluster.peer_id)
    for remote in cluster.remote_shards:
        held.setdefault(remote.shard_id, set()).add(remote.peer_id)
    nodes = peers.union({cluster.peer_id}, *held.values())
    replicas = min(map(len, held.values()), default=1)
    copies = tuple(
        {"shard_id": shard, "from_peer_id": min(there), "to_peer_id": other}
        for shard, there in sorted(held.items())
        for other in sorted(nodes - there)[: max((layout.replicas or 1) - len(there), 0)]
    )
    return LayoutState(differences(layout, info, replicas), len(nodes), replicas, copies)


def _graph(layout: CollectionLayout, fields: Any) -> models.HnswConfigDiff | None:
    from qdrant_client import models

    asked = {name: getattr(layout, name) for name in ("m", "ef_construct") if name in fields}
    return models.HnswConfigDiff(**asked) if any(value is not None for value in asked.values()) else None


def _int8() -> models.ScalarQuantization:
    from qdrant_client import models

    # The small copies stay in memory also where the whole vectors do not: that is what they are for.
    config = models.ScalarQuantizationConfig(type=models.ScalarType.INT8, always_ram=True)
    return models.ScalarQuantization(scalar=config)


def _quantization(found: Any) -> str:
    if found is None:
        return "none"
    scalar = getattr(found, "scalar", None)
    if scalar is None:
        return str(next(iter(type(found).model_fields)))
    return "int8" if scalar.always_ram else "int8 outside memory"
