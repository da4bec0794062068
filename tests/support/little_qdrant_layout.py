"""How the little Qdrant server's collections lie: what was asked of them, told again as the real server tells it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from qdrant_client import models

PARAMS = ("shard_number", "replication_factor", "write_consistency_factor")


@dataclass
class Layouts:
    """The engine in memory has no layout, so that what a collection was given is kept here."""

    kept: dict[str, dict[str, Any]] = field(default_factory=dict)
    building: int = 0
    """How often the server will still say that it builds graphs."""

    def change(self, name: str, body: dict[str, Any]) -> None:
        """Keep what a body of PUT or PATCH asks; the second has the factors in `params`."""
        kept = self.kept.setdefault(name, {"params": {}, "hnsw": {}, "on_disk": {}, "quantization": None})
        asked = {key: body.get(key) for key in PARAMS} | (body.get("params") or {})
        kept["params"] |= {key: value for key, value in asked.items() if value is not None}
        kept["hnsw"] |= {key: value for key, value in (body.get("hnsw_config") or {}).items() if value is not None}
        kept["on_disk"] |= {vector: each["on_disk"] for vector, each in (body.get("vectors") or {}).items()
                            if each.get("on_disk") is not None}  # fmt: skip
        if quantization := body.get("quantization_config"):
            kept["quantization"] = None if quantization == "Disabled" else quantization

    def shown(self, name: str, info: models.CollectionInfo) -> dict[str, Any]:
        """Return the engine's description with what was kept."""
        told: dict[str, Any] = info.model_dump(mode="json")
        if self.building:
            self.building -= 1
            told["status"] = "yellow"
        kept, config = self.kept.get(name), told["config"]
        if kept:
            config["params"] |= kept["params"]
            config["hnsw_config"] |= kept["hnsw"]
            config["quantization_config"] = kept["quantization"]
            for vector, on_disk in kept["on_disk"].items():
                config["params"]["vectors"][vector]["on_disk"] = on_disk
        return told

    def cluster_info(self, name: str, peer: int, others: tuple[int, ...]) -> models.CollectionClusterInfo:
        """Return where the shards lie: one on each peer, or as many as were asked for, with their copies."""
        params = self.kept.get(name, {}).get("params", {})
        peers = (peer, *others)
        count = params.get("shard_number") or len(peers)
        copies = min(params.get("replication_factor") or 1, len(peers))
        held = {shard: {peers[(shard + copy) % len(peers)] for copy in range(copies)} for shard in range(count)}
        return models.CollectionClusterInfo.model_validate(
            {"peer_id": peer, "shard_count": count, "shard_transfers": [],
             "local_shards": [{"shard_id": shard, "points_count": 0, "state": "Active"}
                              for shard, there in held.items() if peer in there],
             "remote_shards": [{"shard_id": shard, "peer_id": other, "state": "Active"}
                               for shard, there in held.items() for other in there - {peer}]}
        )  # fmt: skip


def cluster_status(peer: int, others: tuple[int, ...]) -> dict[str, Any]:
    """Return what `GET /cluster` answers: a single node says that it is no cluster."""
    if not others:
        return {"status": "disabled"}
    peers = {str(each): {"uri": f"http://10.0.0.{number}:6335/"} for number, each in enumerate((peer, *others), 1)}
    raft = {"term": 1, "commit": 1, "pending_operations": 0, "is_voter": True}
    return {
        "status": "enabled",
        "peer_id": peer,
        "peers": peers,
        "raft_info": raft,
        "consensus_thread_status": {"consensus_thread_status": "working", "last_update": "2026-11-30T00:00:00Z"},
        "message_send_failures": {},
    }
