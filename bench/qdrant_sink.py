"""A server that takes what a Qdrant server takes over gRPC, keeps nothing, and says that all of it is done.

It runs in a process of its own, so that what a client's process burns is the client's: `python -m bench.qdrant_sink`.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc  # type: ignore[import-untyped]
import orjson
from qdrant_client import grpc as protocol

DONE = protocol.UpdateResult(status=protocol.UpdateStatus.Completed)


def _ids(request: bytes) -> bytes:
    """Answer that every point asked for is there."""
    asked = protocol.GetPoints.FromString(request)
    return protocol.GetResponse(result=[protocol.RetrievedPoint(id=each) for each in asked.ids]).SerializeToString()  # type: ignore[no-any-return]


def _done(_: bytes) -> bytes:
    return protocol.PointsOperationResponse(result=DONE).SerializeToString()  # type: ignore[no-any-return]


def _batch(_: bytes) -> bytes:
    return protocol.UpdateBatchResponse(result=[DONE]).SerializeToString()  # type: ignore[no-any-return]


ANSWERS: Mapping[str, Callable[[bytes], bytes]] = {
    "/qdrant.Points/Get": _ids,
    "/qdrant.Points/UpdateBatch": _batch,
}
"""Method -> its answer; `_done` to all others."""


class _Sink(grpc.GenericRpcHandler):  # type: ignore[misc]
    def service(self, details: Any) -> Any:
        answer = ANSWERS.get(details.method, _done)
        return grpc.unary_unary_rpc_method_handler(lambda request, _: answer(request))


def _serve() -> None:
    server = grpc.server(ThreadPoolExecutor(4), options=[("grpc.max_receive_message_length", -1)])
    server.add_generic_rpc_handlers([_Sink()])
    print(server.add_insecure_port("127.0.0.1:0"), flush=True)
    server.start()
    sys.stdin.read()


@contextmanager
def sink() -> Iterator[int]:
    """Run one for the block, and say at which port. It ends with the block, and with this process."""
    command = [sys.executable, "-m", "bench.qdrant_sink"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout and process.stdin
        try:
            yield int(orjson.loads(process.stdout.readline()))
        finally:
            process.stdin.close()


if __name__ == "__main__":
    _serve()
