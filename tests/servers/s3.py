"""An S3 server of another make: versitygw, a Go module, over a folder."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path

from resources.embedded.s3 import free_port
from tests.servers.process import Missing, ServerProcess, program

MODULE = "github.com/versity/versitygw/cmd/versitygw@v1.8.0"
ACCESS_KEY, SECRET_KEY = "museum-tests", "not-the-first-guess"


def s3(folder: Path, cache: Path, *options: str, scheme: str = "http") -> tuple[ServerProcess, str]:
    """Return a server over this folder that is not started yet, and its address. Raises Missing."""
    gateway = _built(cache)
    data = folder / "buckets"
    data.mkdir(exist_ok=True)
    try:
        # Where it keeps metadata. In files beside (--sidecar) an object that is overwritten keeps the one before it.
        os.setxattr(data, "user.museum", b"")
    except OSError as error:
        raise Missing(f"{data} has no extended attributes, which versitygw needs ({error}): set TMPDIR") from error
    port = free_port()

    def answers() -> bool:
        with socket.create_connection(("127.0.0.1", port), timeout=2):
            return True

    command: list[str | Path] = [gateway, "--port", f"127.0.0.1:{port}", *options, "posix", data]
    keys = {"ROOT_ACCESS_KEY": ACCESS_KEY, "ROOT_SECRET_KEY": SECRET_KEY}
    return ServerProcess("s3", command, folder, answers, environment=keys), f"{scheme}://127.0.0.1:{port}"


def _built(cache: Path) -> Path:
    found = cache / "versitygw"
    if not found.exists():
        go = program("go", "/usr/local/go/bin", package="golang")
        ran = subprocess.run([go, "install", MODULE], env={**os.environ, "GOBIN": str(cache)}, capture_output=True,
                             text=True, check=False)  # fmt: skip
        if ran.returncode:
            raise Missing(f"versitygw could not be built: {ran.stderr[-1000:]}")
    return found
