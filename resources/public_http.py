"""Connecting to public addresses only, whatever a name in a record or a redirect resolves to.

A host that somebody wrote down as an IP address or as `localhost` may be private: that was meant.
"""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from museum_assets.core.failures import Failure
from resources.deadlines import Resolve, TimedBackend

_ADDRESSES_TRIED = 3
"""AIC's image host resolves to about 24 addresses: trying all of them would multiply the connect time-out."""

_UNICAST = IPv6Network("2000::/3")
"""All that IANA has given out. Outside lie `fec0::/10`, `fe80::/10`, `fc00::/7`, `5f00::/16` and the local NAT64 prefix
`64:ff9b:1::/48`, and whatever else will be reserved; `ipaddress` calls some of these global, others in newer Pythons.
"""
_NOT_PUBLIC = (
    IPv4Network("192.0.0.0/24"),  # protocol assignments: newer Pythons except two addresses of it
    IPv4Network("192.88.99.0/24"),  # relays of 6to4, gone since RFC 7526
    IPv6Network("2001::/23"),  # protocol assignments; Teredo in it is unwrapped before
    IPv6Network("2001:db8::/32"),  # documentation
    IPv6Network("3fff::/20"),  # documentation, RFC 9637
)
_NAT64 = IPv6Network("64:ff9b::/96")
_COMPATIBLE = IPv6Network("::/96")


def is_public(address: str) -> bool:
    """Tell whether an IP address is reachable from everywhere; for one that wraps IPv4 addresses, whether all are.

    An address with a zone (`fe80::1%eth0`) belongs to one machine's network, and what is no address is not public.
    """
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, IPv4Address):
        return _is_public_itself(ip)
    if ip.scope_id is not None:
        return False
    wrapped = _wrapped(ip)
    return all(map(_is_public_itself, wrapped)) if wrapped else ip in _UNICAST and _is_public_itself(ip)


def _wrapped(ip: IPv6Address) -> tuple[IPv4Address, ...]:
    """Return the IPv4 addresses in it, to which a router or this machine may unwrap it."""
    if ip.ipv4_mapped:
        return (ip.ipv4_mapped,)
    if ip.sixtofour:
        return (ip.sixtofour,)
    if ip.teredo:
        return ip.teredo
    return (IPv4Address(int(ip) & 0xFFFFFFFF),) if ip in _NAT64 or ip in _COMPATIBLE else ()


def _is_public_itself(ip: IPv4Address | IPv6Address) -> bool:
    # 240.0.0.0/4 is reserved, and not global; IPv6's own is_reserved holds what _UNICAST leaves out.
    return (
        ip.is_global and not ip.is_multicast and not any(ip in net for net in _NOT_PUBLIC if net.version == ip.version)
    )


def _is_literal(host: str) -> bool:
    try:
        return host == "localhost" or bool(ip_address(host))
    except ValueError:
        return False


def public_backend(remedy: str, resolve: Resolve = socket.getaddrinfo) -> TimedBackend:
    """Return what connects to public addresses only.

    `remedy` ends the message of a refusal, Failure(private_address): what to do when a private address is meant.
    """

    def permitted(host: str, addresses: list[str]) -> list[str]:
        private = [] if _is_literal(host) else [address for address in addresses if not is_public(address)]
        if private:
            raise Failure(
                f"the host {host} resolves to {private[0]}, which is not a public address. If that is meant, {remedy}.",
                code="private_address",
                permanent=True,
            )
        return addresses[:_ADDRESSES_TRIED]

    return TimedBackend(permitted, resolve)
