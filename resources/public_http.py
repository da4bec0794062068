"""Connecting to public addresses only, whatever a name in a record or a redirect resolves to.

A host that somebody wrote down as an IP address or as `localhost` may be private: that was meant.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any

import httpcore
import httpx

from museum_assets.failures import Failure

_ADDRESSES_TRIED = 3
"""AIC's image host resolves to about 24 addresses: trying all of them would multiply the connect time-out."""

_NAT64 = IPv6Network("64:ff9b::/96")


def is_public(address: str) -> bool:
    """Tell whether an IP address, or the IPv4 address wrapped in it, is reachable from everywhere."""
    ip: IPv4Address | IPv6Address | None = ip_address(address)
    if isinstance(ip, IPv6Address):
        nat64 = IPv4Address(int(ip) & 0xFFFFFFFF) if ip in _NAT64 else None
        ip = ip.ipv4_mapped or ip.sixtofour or nat64 or ip
    return ip is not None and ip.is_global and not ip.is_multicast


def _is_literal(host: str) -> bool:
    try:
        return host == "localhost" or bool(ip_address(host))
    except ValueError:
        return False


class PublicBackend(httpcore.SyncBackend):
    """Connects to the very address that was checked, so that a second DNS answer cannot lead elsewhere."""

    def __init__(self, remedy: str, resolve: Callable[..., list[Any]] = socket.getaddrinfo) -> None:
        self._remedy = remedy
        self._resolve = resolve

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Open a connection to a public address of `host`. Raises Failure(private_address) or ConnectError."""
        try:
            addresses = list(
                dict.fromkeys(str(info[4][0]) for info in self._resolve(host, port, type=socket.SOCK_STREAM))
            )
        except OSError as error:
            raise httpcore.ConnectError(f"{host} cannot be resolved: {error}") from error
        private = [] if _is_literal(host) else [address for address in addresses if not is_public(address)]
        if private:
            raise Failure(
                f"the host {host} resolves to {private[0]}, which is not a public address. If that is meant, "
                f"{self._remedy}.",
                code="private_address",
                permanent=True,
            )
        failed: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in addresses[:_ADDRESSES_TRIED]:
            try:
                return super().connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed


class PublicTransport(httpx.HTTPTransport):
    """httpx's transport over our backend, which httpx itself has no parameter for (encode/httpx, 0.28).

    `remedy` ends the message of a refusal: what to do when a private address is meant.
    """

    def __init__(self, remedy: str, resolve: Callable[..., list[Any]] = socket.getaddrinfo) -> None:
        context = httpx.create_ssl_context()
        super().__init__(verify=context)
        self._pool = httpcore.ConnectionPool(
            ssl_context=context,
            max_connections=100,
            max_keepalive_connections=20,
            keepalive_expiry=30.0,
            network_backend=PublicBackend(remedy, resolve),
        )
