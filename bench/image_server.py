"""A loopback image server in a process of its own: drawn JPEGs of 1.3 megapixels, kept in memory."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from museum_assets.simulator.drawing import jpeg
from museum_assets.simulator.scenes import scene_of

WIDTH, HEIGHT = 1280, 1024


def picture(number: int) -> bytes:
    """Return the JPEG of this number."""
    return jpeg(scene_of(number, "painting"), WIDTH, HEIGHT)


@contextmanager
def serving(pictures: int) -> Iterator[str]:
    """Serve `/0.jpg` and so on; yield the base URL."""
    command = [sys.executable, "-m", "bench.image_server", str(pictures)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def main() -> None:
    """Draw first, then listen and say where."""
    drawn = {f"{number}.jpg": picture(number) for number in range(int(sys.argv[1]))}

    async def answer(request: Request) -> Response:
        return Response(drawn[request.path_params["name"]], media_type="image/jpeg")

    listener = socket.create_server(("127.0.0.1", 0))
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    app = Starlette(routes=[Route("/{name}", answer)])
    uvicorn.Server(uvicorn.Config(app, log_level="critical", access_log=False)).run(sockets=[listener])


if __name__ == "__main__":
    main()
