"""Qdrant's own server, alone or as a cluster: its program, where the search path has one."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from resources.embedded.s3 import free_port
from tests.servers.process import Missing, ServerProcess

NOWHERE = "no program `qdrant` is on the search path, and no package registry carries one"


@dataclass(frozen=True)
class QdrantPorts:
    """Where a server listens."""

    rest: int
    grpc: int
    peers: int


def qdrant(
    folder: Path, *, options: Mapping[str, str] | None = None, join: QdrantPorts | None = None, alone: bool = True
) -> tuple[ServerProcess, QdrantPorts]:
    """Return a server that is not started yet; one that is not `alone` makes a cluster, or joins one. Raises Missing.

    `options` are further settings as variables, such as QDRANT__SERVICE__API_KEY.
    """
    program = shutil.which("qdrant")
    if program is None:
        raise Missing(NOWHERE)
    ports = QdrantPorts(free_port(), free_port(), free_port())
    settings = {
        "QDRANT__SERVICE__HOST": "127.0.0.1",
        "QDRANT__SERVICE__HTTP_PORT": str(ports.rest),
        "QDRANT__SERVICE__GRPC_PORT": str(ports.grpc),
        "QDRANT__STORAGE__STORAGE_PATH": str(folder / "storage"),
        "QDRANT__STORAGE__SNAPSHOTS_PATH": str(folder / "snapshots"),
        "QDRANT__TELEMETRY_DISABLED": "true",
        "QDRANT__CLUSTER__ENABLED": str(not alone).lower(),
        "QDRANT__CLUSTER__P2P__PORT": str(ports.peers),
        **(options or {}),
    }
    command = [program]
    if not alone:
        command += ["--uri", f"http://127.0.0.1:{ports.peers}"]
    if join:
        command += ["--bootstrap", f"http://127.0.0.1:{join.peers}"]
    scheme = "https" if settings.get("QDRANT__SERVICE__ENABLE_TLS") == "true" else "http"

    def answers() -> bool:
        # What the certificate is worth is for the platform to say.
        return httpx.get(f"{scheme}://127.0.0.1:{ports.rest}/readyz", verify=False, trust_env=False).is_success

    return ServerProcess("qdrant", command, folder, answers, environment=settings), ports


def cluster(folders: Sequence[Path]) -> list[tuple[ServerProcess, QdrantPorts]]:
    """Start a node over each folder, as one cluster. Raises Missing."""
    nodes: list[tuple[ServerProcess, QdrantPorts]] = []
    for folder in folders:
        node = qdrant(folder, join=nodes[0][1] if nodes else None, alone=False)
        node[0].start()
        nodes.append(node)
    return nodes
