"""A Qdrant server's two addresses: REST, which QDRANT_URL names, and gRPC, once it leads to the same server."""

from __future__ import annotations

import logging
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx

from museum_assets.core.addresses import shown_address
from museum_assets.core.failures import MuseumError, Unavailable
from resources.vector_index.qdrant_failures import Attempt, Intent, patiently

if TYPE_CHECKING:
    from qdrant_client import QdrantClient

log = logging.getLogger(__name__)
REST_PORT, GRPC_PORT = 6333, 6334
TIMEOUT = 60
"""Seconds for one request: a write of 1,000 points waits until every replica has it."""
CONNECT_SECONDS = 5


@dataclass(frozen=True)
class QdrantServer:
    """Where a server is and how it is spoken to; `grpc_port` 0 is for REST alone, `ca` a file of authorities.

    Without `grpc_port`, gRPC is used where the URL's port is Qdrant's own and Qdrant's port for gRPC answers.
    """

    url: str
    api_key: str | None = field(default=None, repr=False)
    grpc_port: int | None = None
    ca: Path | None = None

    @property
    def rest(self) -> str:
        """The address for REST, as it may be shown."""
        return shown_address(self.url)

    @property
    def port(self) -> int | None:
        """The port for gRPC; None where everything goes over REST, as it does behind a proxy's path."""
        parts = urlsplit(self.url)
        beside = GRPC_PORT if parts.port == REST_PORT and parts.path in {"", "/"} else None
        return (beside if self.grpc_port is None else self.grpc_port) or None

    @property
    def grpc(self) -> str:
        """The address for gRPC, as it may be shown."""
        return f"{urlsplit(self.url).hostname}:{self.port} (gRPC)" if self.port else self.rest

    def listens(self) -> bool:
        """Say whether anything listens at the port for gRPC: many servers publish REST alone."""
        try:
            with socket.create_connection((urlsplit(self.url).hostname, self.port), CONNECT_SECONDS):
                return True
        except OSError:
            return False

    def version(self) -> str:
        """Ask the server for its version. Raises as every request does."""
        with self.client() as client:
            return str(patiently(self.attempt("any", "read"), client.info).version)

    def attempt(self, collection: str, intent: Intent) -> Attempt:
        """Return a request to this server, as its failure is told."""
        return Attempt(self.rest, self.grpc, collection, intent)

    @contextmanager
    def client(self, *, grpc: bool = False) -> Iterator[QdrantClient]:
        """Open a client that speaks REST, or gRPC. Raises MuseumError for a file of authorities that is none."""
        from qdrant_client import QdrantClient

        client = QdrantClient(
            url=self.url,
            # A URL without a port means its scheme's, to this client as to every other program.
            port=None,
            grpc_port=self.port or GRPC_PORT,
            prefer_grpc=grpc,
            timeout=TIMEOUT,
            # It would make a request here, where its errors are not mapped, and warn on the terminal.
            check_compatibility=False,
            # As `api_key` it makes the client warn on the terminal of every connection without TLS.
            headers={"api-key": self.api_key} if self.api_key else {},
            verify=self._trusted,
            grpc_options={"root_certificates": self._authorities} if self._authorities else {},
        )
        try:
            yield client
        finally:
            client.close()

    @cached_property
    def _authorities(self) -> bytes | None:
        try:
            return self.ca.read_bytes() if self.ca else None
        except OSError as error:
            raise self._no_authorities(error.strerror or "it cannot be read") from None

    @cached_property
    def _trusted(self) -> ssl.SSLContext | bool:
        if not self.url.startswith("https"):
            return False  # nothing to verify; to read the public authorities takes 20 ms
        if self._authorities is None:
            return httpx.create_ssl_context()
        try:
            return ssl.create_default_context(cafile=self.ca)
        except ssl.SSLError:
            raise self._no_authorities("it holds no certificate in PEM format") from None

    def _no_authorities(self, why: str) -> MuseumError:
        return MuseumError(
            f"QDRANT_CA names {self.ca}, which is no file of certificates: {why}. "
            f"`openssl x509 -noout -subject -in {self.ca}` must show the authority that signed Qdrant's certificate."
        )


@dataclass
class Points:
    """Which of a server's addresses the points of a collection go to. Decided once, before the first of them."""

    server: QdrantServer
    collection: str
    over_grpc: bool | None = None
    """None until it is known."""

    def client(self, rest: QdrantClient, grpc: QdrantClient) -> QdrantClient:
        """Return the client for points: gRPC, once it was shown to lead to the server that REST leads to.

        Raises MuseumError when it leads to another one, so that nothing is written there.
        """
        if self.over_grpc is None:
            self.over_grpc = self._same_server(rest, grpc)
        return grpc if self.over_grpc else rest

    def _same_server(self, rest: QdrantClient, grpc: QdrantClient) -> bool:
        read = self.server.attempt(self.collection, "read")
        peers = patiently(read, lambda: _peers(rest, self.collection))
        if self.server.grpc_port is None and not self.server.listens():
            log.info("Nothing listens at %s: points go over REST", self.server.grpc)
            return False
        # A collection that was just made may be new to the node of a cluster that gRPC leads to.
        patiently(read, lambda: self._known(grpc))
        if peers.isdisjoint(patiently(read, lambda: _peers(grpc, self.collection))):
            raise MuseumError(self._another("have different peers"))
        return True

    def _known(self, grpc: QdrantClient) -> None:
        if not grpc.collection_exists(self.collection):
            raise Unavailable(self._another(f"do not both have the collection {self.collection}"))

    def _another(self, why: str) -> str:
        return (
            f"Qdrant at {self.server.rest} and Qdrant at {self.server.grpc} are not the same server: they {why}. "
            "Nothing was written to the second. Set QDRANT_GRPC_PORT to the port at which the server of QDRANT_URL "
            "answers gRPC, or to 0 to use REST alone."
        )


def _peers(client: QdrantClient, collection: str) -> set[int]:
    """Return the ids of the peers that hold a collection, and of the one that answers.

    Qdrant draws a peer's id at random when it makes its storage, without a cluster too, and tells it over REST and gRPC
    to whoever may read the collection. Versions and lists of collections are alike on different servers. Nodes of
    one cluster, which a balancer may choose between, each name all that hold a shard of the collection.
    """
    found: Any = client.collection_cluster_info(collection)
    return {found.peer_id} | {shard.peer_id for shard in found.remote_shards}
