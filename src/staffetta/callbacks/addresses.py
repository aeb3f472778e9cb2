"""Which addresses a callback may reach: the public internet, and what the operator allows besides.

Pure. A customer chooses the URL and the server connects, so everything behind the firewall must be
out of reach (server-side request forgery). Literals are asked about when a send is checked, and
every address again when it is connected to, whatever name led there: names can change their mind.
"""

import re
from functools import lru_cache
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Final, Self

import msgspec

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

NETWORKS_MAX: Final = 100
_KNOWN_MAX: Final = 4096

# IANA's registry of special-purpose addresses (RFC 6890 and its successors).
_REFUSED_4: Final = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network; 0.0.0.0 reaches this machine
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier-grade NAT; a metadata service of one cloud
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # public by its number, a platform service by its use
        "169.254.0.0/16",  # link-local, with the metadata services of most clouds
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments; a metadata service of one cloud
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays, withdrawn
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, with the limited broadcast
    )
)
_GLOBAL_UNICAST_6: Final = IPv6Network("2000::/3")  # all else is special, or not assigned
_REFUSED_6: Final = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments, benchmarks among them; Teredo is looked into first
        "2001:db8::/32",  # documentation
        "3fff::/20",  # documentation
    )
)
_MAPPED: Final = IPv6Network("::ffff:0:0/96")
_NAT64: Final = IPv6Network("64:ff9b::/96")
_6TO4: Final = IPv6Network("2002::/16")
_TEREDO: Final = IPv6Network("2001::/32")
_LOOPBACK: Final = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))

_NONE: Final = "none"
_NUMBER_LABEL = re.compile(r"[0-9]+|0[xX][0-9a-fA-F]*")


class AllowedNetworks(msgspec.Struct, frozen=True):
    """Networks that callbacks may reach though they are not public."""

    networks: tuple[Network, ...] = ()
    is_closed: bool = False  # whether even a server on loopback keeps away from loopback

    @classmethod
    def parse(cls, text: str) -> Self:
        """Networks in CIDR notation, divided by commas, or the word none.

        Raises ValueError with what is expected.
        """
        if text.strip().lower() == _NONE:
            return cls(is_closed=True)
        parts = [part.strip() for part in text.split(",") if part.strip()]
        try:
            networks = tuple(ip_network(part) for part in parts)
        except ValueError:
            networks = ()
        if len(networks) != len(parts) or len(networks) > NETWORKS_MAX:
            raise ValueError(
                f"at most {NETWORKS_MAX} networks in CIDR notation, separated by commas, or none"
            )
        return cls(networks)

    def with_loopback(self) -> "AllowedNetworks":
        """These networks and this machine itself."""
        return AllowedNetworks((*self.networks, *_LOOPBACK))

    def permits(self, address: Address) -> bool:
        """Whether a callback may connect to `address`."""
        return _permits(self.networks, address)

    def hold(self, address: Address) -> bool:
        """Whether `address` is inside one of these networks, as it stands."""
        return any(
            address.version == network.version and address in network for network in self.networks
        )


PUBLIC_ONLY: Final = AllowedNetworks()


def allowed_networks(allowed: AllowedNetworks, listen_host: str | None) -> AllowedNetworks:
    """What a server bound to `listen_host` allows: on loopback it may call back to loopback.

    Who listens on loopback alone is reached by this machine alone (contract section 5). Where a
    reverse proxy on this machine passes the world's requests on, the operator closes it. None:
    nobody here knows where the server listens, and it may be anywhere.
    """
    if allowed.is_closed or listen_host is None:
        return allowed
    if listen_host.lower() == "localhost":
        return allowed.with_loopback()
    try:
        return allowed.with_loopback() if ip_address(listen_host).is_loopback else allowed
    except ValueError:
        return allowed


def literal_address(host: str) -> Address | None:
    """The address that a URL's host is, or None for a name.

    Raises ValueError for what is neither: the short, octal and hexadecimal ways to write an IPv4
    address (2130706433, 127.1, 0x7f.0.0.1), which some resolvers read and people do not.
    """
    if ":" in host:
        return IPv6Address(host.strip("[]"))
    name = host.rstrip(".")
    if _NUMBER_LABEL.fullmatch(name.rpartition(".")[2]):
        return IPv4Address(name)
    return None


@lru_cache(maxsize=_KNOWN_MAX)
def _permits(networks: tuple[Network, ...], address: Address) -> bool:
    allowed = AllowedNetworks(networks)
    if allowed.hold(address):
        return True
    embedded = _embedded(address)
    if embedded:
        return all(_permits(networks, inner) for inner in embedded)
    return _is_public(address)


def _embedded(address: Address) -> tuple[IPv4Address, ...]:
    """The IPv4 addresses that packets to this IPv6 address end at."""
    if isinstance(address, IPv4Address):
        return ()
    number = int(address)
    if address in _MAPPED or address in _NAT64:
        return (IPv4Address(number & 0xFFFF_FFFF),)
    if address in _6TO4:
        return (IPv4Address(number >> 80 & 0xFFFF_FFFF),)
    if address in _TEREDO:  # the server, and the client behind its NAT, inverted (RFC 4380)
        return (
            IPv4Address(number >> 64 & 0xFFFF_FFFF),
            IPv4Address(~number & 0xFFFF_FFFF),
        )
    return ()


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _REFUSED_4)
    return address in _GLOBAL_UNICAST_6 and not any(address in network for network in _REFUSED_6)
