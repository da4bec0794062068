"""A Ray cluster on this machine, whose nodes of one core can be killed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

NODE: dict[str, Any] = {"object_store_memory": 80 << 20}
"""What travels here is small. Ray puts the address of the machine in the place of 127.0.0.1."""


class RayCluster:
    """A head without cores, and nodes with one each. They take this process's environment when they start."""

    def __init__(self) -> None:
        """Start the head."""
        from ray.cluster_utils import Cluster

        head = {"num_cpus": 0, "include_dashboard": False, **NODE}
        self._cluster = Cluster(initialize_head=True, head_node_args=head)
        self.nodes: list[Any] = []

    @property
    def address(self) -> str:
        """What RAY_ADDRESS has to be."""
        return str(self._cluster.address)

    def add(self, count: int = 1) -> None:
        """Start nodes."""
        for _ in range(count):
            self.nodes.append(self._cluster.add_node(num_cpus=1, **NODE))

    def kill(self) -> None:
        """Kill the oldest node with all that runs on it."""
        self._cluster.remove_node(self.nodes.pop(0), allow_graceful=False)

    def close(self) -> None:
        """Leave the cluster and end it."""
        import ray

        ray.shutdown()
        self._cluster.shutdown()  # type: ignore[no-untyped-call]


@contextmanager
def ray_cluster(nodes: int) -> Iterator[RayCluster]:
    """Run a cluster for a `with` block."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    # Ray's 30 seconds were not enough on a machine with a load of nine, and what it had started was left over.
    os.environ["RAY_gcs_server_port_wait_time_s"] = "120"  # noqa: SIM112 - as Ray reads it
    cluster = RayCluster()
    try:
        cluster.add(nodes)
        yield cluster
    finally:
        cluster.close()
