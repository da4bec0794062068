"""The boto3 client of S3, over connections with a deadline: its own time-out bounds only the silence between bytes."""

from __future__ import annotations

import socket
from functools import cache, lru_cache
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

import boto3.session  # noqa: TID253 - this module is imported when the first client is made
from botocore.awsrequest import AWSHTTPConnectionPool, AWSHTTPSConnectionPool
from botocore.config import Config

from resources.deadlines import SMALLEST_PACE, Pace, TimedFile

DEADLINE = 5
"""Times the time-out of a read: how long S3 may be slower than SMALLEST_PACE."""
LOOPBACK = {"127.0.0.1", "::1", "localhost"}
_MAKING = Lock()
"""Held while a client is made: a session makes one at a time."""


@cache
def _session() -> Any:
    # One for all buckets: what a first client reads of S3's description takes 0.05 to 0.2 s, then one takes 0.003.
    return boto3.session.Session()


# A process has a handful of buckets at one endpoint, and the platform is made anew for each step of a run.
@lru_cache(maxsize=16)
def client_of(
    endpoint_url: str | None,
    access_key: str | None,
    secret_key: str | None,
    region: str,
    read_timeout: float,
    attempts: int,
) -> Any:
    """Return the boto3 client of a server, which threads may share.

    Raises ValueError, which quotes it, for an endpoint that is no address.
    """
    config = Config(
        signature_version="s3v4",
        s3={"addressing_style": "path"},
        connect_timeout=5,
        read_timeout=read_timeout,
        retries={"mode": "standard", "total_max_attempts": attempts},
        max_pool_connections=64,
        # {} is "none", None is "those of the environment": a proxy has no business with loopback.
        proxies={} if urlsplit(endpoint_url or "").hostname in LOOPBACK else None,
        # Several S3-compatible servers refuse the checksums that newer clients send unasked.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    with _MAKING:
        client = _session().client(
            "s3",
            endpoint_url=endpoint_url,
            aws_access_key_id=access_key,
            aws_secret_access_key=secret_key,
            region_name=region,
            config=config,
        )
    # botocore has no parameter for the class of its connections; tests/resources/test_s3_faults.py notices a change.
    session = client._endpoint.http_session  # noqa: SLF001
    pools = {
        scheme: type(
            "Pool",
            (pool,),
            {"ConnectionCls": type("Connection", (_Timed, pool.ConnectionCls), {"patience": DEADLINE * read_timeout})},
        )
        for scheme, pool in {"http": AWSHTTPConnectionPool, "https": AWSHTTPSConnectionPool}.items()
    }
    session._pool_classes_by_scheme = session._manager.pool_classes_by_scheme = pools  # noqa: SLF001
    return client


class _Timed:
    """Gives each request a deadline of its own, and the socket of the connection the reader that holds it."""

    patience: float
    sock: Any

    def connect(self) -> None:
        super().connect()  # type: ignore[misc]
        self.sock = _Socket(self.sock, self.new_deadline())

    def request(self, *args: Any, **options: Any) -> Any:
        if self.sock:
            self.sock.deadline = self.new_deadline()
        return super().request(*args, **options)  # type: ignore[misc]

    def new_deadline(self) -> Pace:
        return Pace(self.patience, SMALLEST_PACE)


class _Socket:
    """A socket that is read within the deadline of the request under way."""

    def __init__(self, connection: socket.socket, deadline: Pace) -> None:
        self._connection = connection
        self.deadline = deadline

    def makefile(self, _mode: str, buffering: int | None = None) -> Any:
        """Return what `http.client` reads the answer from."""
        if buffering == 0:
            # botocore waits in it for the end of a 100 Continue, and never asks whether the connection still lives.
            return TimedFile(self._connection, self.deadline, open_ended=True)
        return TimedFile.buffered(self._connection, self.deadline)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)
