"""A little Qdrant server: REST and gRPC as the real one speaks them, over the client's own engine in memory.

The real server is in no package registry. What this one says of a peer that is down was met on version 1.18.
"""

from __future__ import annotations

import json
import re
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import grpc  # type: ignore[import-untyped]
from pydantic import BaseModel
from qdrant_client import QdrantClient, models

from tests.support.little_qdrant_grpc import add_services
from tests.support.little_qdrant_layout import Layouts, cluster_status

REST_CODES = {"UNAUTHENTICATED": 401, "PERMISSION_DENIED": 403, "NOT_FOUND": 404, "INTERNAL": 500, "UNAVAILABLE": 503,
              "INVALID_ARGUMENT": 400}  # fmt: skip
DONE = {"operation_id": 0, "status": "completed"}
NO_KEY = "Must provide an API key or an Authorization bearer token"
READ_ONLY = "Forbidden: Write access to the collection is required"
PEER_DOWN = "Service internal error: Failed to connect to http://10.0.0.2:6335/, error: transport error"
READS = {"Get", "Count", "Scroll", "QueryBatch", "CollectionExists", "CollectionClusterInfo"}


@dataclass
class LittleQdrant:
    """A server for as long as the block of `little_qdrant` lasts. Its engine may be shared, as a cluster's nodes do."""

    engine: QdrantClient = field(default_factory=lambda: QdrantClient(":memory:"))
    peer: int = 2931637626479673
    other_peers: tuple[int, ...] = ()
    """The peers that hold the other shards of every collection."""
    keys: Mapping[str, str] | None = None
    """Key -> "rw" or "r"; None for a server without keys."""
    failing: tuple[str, str] | None = None
    """(gRPC status, text) that every request for points gets."""
    rest_port: int = 0
    grpc_port: int = 0
    asked: list[str] = field(default_factory=list)
    """Every request: "GET /collections/…" or "grpc Upsert"."""
    scheme: str = "http"
    prefix: str = ""
    """What a proxy before it wants in front of every path."""
    lock: threading.Lock = field(default_factory=threading.Lock)
    layouts: Layouts = field(default_factory=Layouts)
    said: dict[str, Any] = field(default_factory=dict)
    """What was said last of each kind: "PATCH" -> its JSON, "grpc QueryBatch" -> its message."""
    react: Callable[[bytes], tuple[str, str] | None] = lambda _: None
    """Gets every request for points as it came, before it is done, and may refuse it as `failing` does."""

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.rest_port}{self.prefix}"

    def refusal(self, key: str | None, *, writes: bool, points: bool) -> tuple[str, str] | None:
        """Say what stands against a request, as (gRPC status, text)."""
        if self.keys is not None and key not in self.keys:
            return "UNAUTHENTICATED", NO_KEY
        if writes and self.keys is not None and self.keys[key or ""] == "r":
            return "PERMISSION_DENIED", READ_ONLY
        return self.failing if points else None

    def cluster_info(self, name: str) -> models.CollectionClusterInfo:
        self.engine.get_collection(name)
        return self.layouts.cluster_info(name, self.peer, self.other_peers)


def _points(body: dict[str, Any]) -> Any:
    """What an operation is about: ids, or a filter."""
    return body["points"] if body.get("points") is not None else models.Filter.model_validate(body["filter"])


def _filter(body: dict[str, Any]) -> models.Filter | None:
    return models.Filter.model_validate(body["filter"]) if body.get("filter") else None


def _create(engine: QdrantClient, name: str, body: dict[str, Any]) -> Any:
    vectors = {each: models.VectorParams.model_validate(params) for each, params in body["vectors"].items()}
    return engine.create_collection(name, vectors_config=vectors)


def _upsert(engine: QdrantClient, name: str, body: dict[str, Any]) -> Any:
    return engine.upsert(name, [models.PointStruct.model_validate(point) for point in body["points"]])


def _scroll(engine: QdrantClient, name: str, body: dict[str, Any]) -> Any:
    found, following = engine.scroll(
        name, _filter(body), limit=body["limit"], offset=body.get("offset"), with_payload=body["with_payload"]
    )
    return {"points": found, "next_page_offset": following}


def _query_batch(engine: QdrantClient, name: str, body: dict[str, Any]) -> Any:
    return engine.query_batch_points(name, [models.QueryRequest.model_validate(each) for each in body["searches"]])


def _batch(engine: QdrantClient, name: str, body: dict[str, Any]) -> Any:
    return engine.batch_update_points(name, models.UpdateOperations.model_validate(body).operations)


def _update_vectors(engine: QdrantClient, name: str, body: dict[str, Any]) -> Any:
    return engine.update_vectors(name, [models.PointVectors.model_validate(point) for point in body["points"]])


Route = Callable[[QdrantClient, str, dict[str, Any]], Any]
ROUTES: dict[str, Route] = {
    "GET": lambda engine, name, _: engine.get_collection(name),
    "GET /exists": lambda engine, name, _: {"exists": engine.collection_exists(name)},
    "PATCH": lambda *_: True,
    "PUT": _create,
    "PUT /index": lambda engine, name, body: engine.create_payload_index(
        name, body["field_name"], body["field_schema"]
    ),
    "PUT /points": _upsert,
    "PUT /points/vectors": _update_vectors,
    "POST /points": lambda engine, name, body: engine.retrieve(
        name, body["ids"], with_payload=body["with_payload"], with_vectors=body["with_vector"]
    ),
    "POST /points/batch": _batch,
    "POST /points/count": lambda engine, name, body: engine.count(name, _filter(body)),
    "POST /points/delete": lambda engine, name, body: engine.delete(name, _points(body)),
    "POST /points/payload": lambda engine, name, body: engine.set_payload(name, body["payload"], _points(body)),
    "POST /points/payload/delete": lambda engine, name, body: engine.delete_payload(name, body["keys"], _points(body)),
    "POST /points/query/batch": _query_batch,
    "POST /points/scroll": _scroll,
    "POST /points/vectors/delete": lambda engine, name, body: engine.delete_vectors(
        name, body["vector"], _points(body)
    ),
}
REST_READS = {"GET", "GET /exists", "GET /cluster", "POST /points", "POST /points/count", "POST /points/query/batch",
              "POST /points/scroll"}  # fmt: skip


def _answer(server: LittleQdrant, method: str, path: str, key: str | None, body: dict[str, Any]) -> tuple[int, Any]:
    """Return (status, envelope) as the real server does."""
    if path == f"{server.prefix}/cluster":
        refused = server.refusal(key, writes=False, points=False)
        if refused or server.keys is not None:
            return 403, {"status": {"error": "Forbidden: Global access is required"}, "time": 0.0}
        return 200, {"result": cluster_status(server.peer, server.other_peers), "status": "ok", "time": 0.0}
    found = re.fullmatch(rf"{server.prefix}/collections/([^/?]+)([^?]*)(\?.*)?", path)
    if not found:
        return 404, None
    name, rest = found[1], found[2]
    route = f"{method} {rest}".strip()
    if refused := server.refusal(key, writes=route not in REST_READS, points="points" in rest):
        return REST_CODES[refused[0]], {"status": {"error": refused[1]}, "time": 0.0}
    try:
        with server.lock:
            server.said[route] = body
            if route == "GET /cluster":
                result: Any = server.cluster_info(name)
            elif rest.startswith("/vectors/"):
                config = models.DenseVectorNameConfig.model_validate(body)
                result = server.engine.create_vector_name(name, rest.removeprefix("/vectors/"), config)
            else:
                result = ROUTES[route](server.engine, name, body)
            if route in {"PUT", "PATCH"}:
                server.layouts.change(name, body)
            elif route == "GET":
                result = server.layouts.shown(name, result)
    except ValueError as error:
        status = 404 if "not found" in str(error) else 400
        return status, {"status": {"error": f"Not found: {error}"}, "time": 0.0}
    return 200, {"result": result, "status": "ok", "time": 0.0}


def _plain(value: Any) -> Any:
    return value.model_dump(mode="json", by_alias=True) if isinstance(value, BaseModel) else str(value)


def _handler(server: LittleQdrant) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            body = json.loads(raw or b"{}")
            server.asked.append(f"{self.command} {self.path}")
            refused = server.react(raw) if "/points" in self.path else None
            if refused:
                status, envelope = REST_CODES[refused[0]], {"status": {"error": refused[1]}, "time": 0.0}
            elif self.path == f"{server.prefix}/":
                status, envelope = 200, {"title": "qdrant - vector search engine", "version": "1.18.0"}
            else:
                status, envelope = _answer(server, self.command, self.path, self.headers.get("api-key"), body)
            answer = b"" if envelope is None else json.dumps(envelope, default=_plain).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def do_GET(self) -> None:
            self._serve()

        def do_PUT(self) -> None:
            self._serve()

        def do_PATCH(self) -> None:
            self._serve()

        def do_POST(self) -> None:
            self._serve()

        def log_message(self, *_: object) -> None:
            """Keep the test's output clean."""

    return Handler


@contextmanager
def little_qdrant(certificate: tuple[Path, Path] | None = None, **given: Any) -> Iterator[LittleQdrant]:
    """Serve at two free ports; with a certificate and its key, over TLS."""
    server = LittleQdrant(scheme="https" if certificate else "http", **given)
    http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(server))
    http.daemon_threads = True
    # Clients that distrust the certificate are what some tests are about.
    http.handle_error = lambda *_: None  # type: ignore[method-assign]
    rpc = grpc.server(ThreadPoolExecutor(4), interceptors=[_Gate(server)])
    add_services(server, rpc)
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        http.socket = context.wrap_socket(http.socket, server_side=True, do_handshake_on_connect=False)
        pair = (certificate[1].read_bytes(), certificate[0].read_bytes())
        server.grpc_port = rpc.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([pair]))
    else:
        server.grpc_port = rpc.add_insecure_port("127.0.0.1:0")
    server.rest_port = http.server_port
    threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True).start()
    rpc.start()
    try:
        yield server
    finally:
        rpc.stop(None)
        http.shutdown()
        http.server_close()


class _Gate(grpc.ServerInterceptor):  # type: ignore[misc]
    """Notes what is asked, refuses what the server refuses, and gives the engine's refusals their status."""

    def __init__(self, server: LittleQdrant) -> None:
        self.server = server

    def intercept_service(self, continuation: Any, details: Any) -> Any:
        server = self.server
        name = details.method.rpartition("/")[2]
        self.server.asked.append(f"grpc {name}")
        handler, key = continuation(details), dict(details.invocation_metadata).get("api-key")
        refused = self.server.refusal(key, writes=name not in READS, points="Points" in details.method)

        def answer(request: Any, context: Any) -> Any:
            server.said[f"grpc {name}"] = request
            said = server.react(request.SerializeToString()) if "Points" in details.method else None
            if no := refused or said:
                context.abort(grpc.StatusCode[no[0]], no[1])
            try:
                with self.server.lock:
                    return handler.unary_unary(request, context)
            except ValueError as error:
                missing = "not found" in str(error)
                context.abort(grpc.StatusCode["NOT_FOUND" if missing else "INVALID_ARGUMENT"], str(error))

        return grpc.unary_unary_rpc_method_handler(
            answer, request_deserializer=handler.request_deserializer, response_serializer=handler.response_serializer
        )
