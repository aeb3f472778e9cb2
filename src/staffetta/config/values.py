"""What a setting's value may be: functions from text to value.

Each raises ValueError whose text is what was expected, to be put into a sentence.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from staffetta.domain.environments import Environment
from staffetta.domain.secrets import InvalidServerKey, Keyring


@dataclass(frozen=True, slots=True)
class HostName:
    """A name of this installation, and the service and environment it stands for."""

    name: str  # lower case
    service: str  # v1, v2, oauth/v1, oauth/v2
    environment: Environment


def whole_number(low: int, high: int) -> Callable[[str], int]:
    """A whole number between two bounds, both included."""

    def parse(text: str) -> int:
        if not re.fullmatch(r"\d{1,12}", text, re.ASCII) or not low <= int(text) <= high:
            raise ValueError(f"a whole number from {low} to {high}")
        return int(text)

    return parse


_SECONDS: Final = re.compile(r"\d{1,6}(\.\d{1,6})?", re.ASCII)


def seconds(low: float, high: float) -> Callable[[str], float]:
    """A decimal number of seconds between two bounds, both included."""

    def parse(text: str) -> float:
        if not _SECONDS.fullmatch(text) or not low <= float(text) <= high:
            raise ValueError(f"a number of seconds from {low:g} to {high:g}")
        return float(text)

    return parse


_FACTOR: Final = re.compile(r"\d{1,2}(\.\d{1,3})?", re.ASCII)


def factor(high: int) -> Callable[[str], int]:
    """A factor from 1 to `high`, with three decimals at most, in thousandths."""

    def parse(text: str) -> int:
        thousandths = round(float(text) * 1000) if _FACTOR.fullmatch(text) else 0
        if not 1000 <= thousandths <= high * 1000:
            raise ValueError(f"a factor from 1 to {high}, like 1.2")
        return thousandths

    return parse


_SHARE: Final = re.compile(r"(0|1)(\.\d{1,6})?", re.ASCII)


def share(text: str) -> float:
    """A share of a whole, with six decimals at most."""
    if not _SHARE.fullmatch(text) or float(text) > 1:
        raise ValueError("a share from 0 to 1, like 0.001")
    return float(text)


def one_of(*words: str) -> Callable[[str], str]:
    """One of a few words, in any case."""

    def parse(text: str) -> str:
        if text.lower() not in words:
            raise ValueError(f"one of {', '.join(words)}")
        return text.lower()

    return parse


def yes_or_no(text: str) -> bool:
    """A switch."""
    switch = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    if text.lower() not in switch:
        raise ValueError("true or false")
    return switch[text.lower()]


_BYTES: Final = re.compile(r"(\d{1,12}) ?(|B|KiB|MiB|GiB)", re.ASCII)
_BYTE_UNITS: Final = {"": 1, "B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}


def size_in_bytes(low: int, high: int) -> Callable[[str], int]:
    """A size in bytes, with or without a binary unit."""

    def parse(text: str) -> int:
        match = _BYTES.fullmatch(text)
        value = int(match[1]) * _BYTE_UNITS[match[2]] if match else -1
        if not low <= value <= high:
            raise ValueError(f"a size from {low} bytes to {high >> 20} MiB, with KiB or MiB")
        return value

    return parse


def absolute_directory(text: str) -> Path:
    """A directory, which need not exist yet; `~` is one's home."""
    path = Path(text).expanduser()
    if not path.is_absolute():
        raise ValueError("an absolute path of a directory")
    return path


def readable_file(text: str) -> Path:
    """A file that can be opened now."""
    path = Path(text).expanduser()
    try:
        with path.open("rb"):
            return path
    except OSError as error:
        raise ValueError(f"the path of a readable file ({error.strerror})") from None


_HOST_OF_DATABASE: Final = re.compile(r"(\[[0-9A-Fa-f:.%]+\]|[^:\[\]]+)(:\d{1,5})?", re.ASCII)


def database_address(text: str) -> str:
    """A PostgreSQL address as libpq writes it; whether it answers shows later.

    Hosts and ports are looked at here: what the driver says of a wrong one repeats a piece of it,
    and a password with a slash in it makes that a piece of the password.
    """
    try:
        address = urlsplit(text)
    except ValueError:
        raise ValueError("a PostgreSQL address") from None
    if address.scheme not in ("postgresql", "postgres"):
        raise ValueError("a PostgreSQL address")
    hosts = address.netloc.rpartition("@")[2]
    if hosts and not all(_HOST_OF_DATABASE.fullmatch(host) for host in hosts.split(",")):
        raise ValueError(
            "a PostgreSQL address with hosts and ports, and with / ? # @ : in a user or password"
            " percent-encoded"
        )
    return text


def server_keys(text: str) -> str:
    """Server keys, newest first, one a line; kept as text."""
    try:
        Keyring.parse(text)
    except InvalidServerKey:
        raise ValueError("64 hexadecimal digits") from None
    return text


def listen_host(text: str) -> str:
    """An address or host name to listen on."""
    if not re.fullmatch(r"[A-Za-z0-9.:_-]{1,253}", text, re.ASCII):
        raise ValueError("an address or host name to listen on")
    return text


def host_and_port(text: str) -> tuple[str, int]:
    """A host and a port, divided by a colon."""
    host, colon, port = text.rpartition(":")
    if not colon or not re.fullmatch(r"\d{1,5}", port, re.ASCII) or not 1 <= int(port) <= 65535:
        raise ValueError("a host and a port")
    return listen_host(host.strip("[]")), int(port)


_HOST: Final = re.compile(
    r"(?P<name>[a-z0-9]([a-z0-9.-]*[a-z0-9])?)=(?P<service>v1|v2|oauth/v1|oauth/v2)"
    r"(:(?P<environment>production|sandbox))?",
    re.ASCII,
)


def host_names(text: str) -> tuple[HostName, ...]:
    """Host names with their services, divided by commas."""
    names = []
    for part in filter(None, (part.strip().lower() for part in text.split(","))):
        match = _HOST.fullmatch(part)
        if match is None:
            raise ValueError(
                "host=service or host=service:sandbox, separated by commas, where the service is "
                "v1, v2, oauth/v1 or oauth/v2"
            )
        environment = Environment(match["environment"] or Environment.PRODUCTION)
        names.append(HostName(match["name"], match["service"], environment))
    return tuple(names)


PROXY_NETWORKS_MAX: Final = 100


def proxy_networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Addresses and networks of reverse proxies, divided by commas."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    expected = "addresses or networks like 10.1.2.3 or 10.1.0.0/16, separated by commas"
    try:
        networks = tuple(ip_network(part) for part in parts)
    except ValueError:
        raise ValueError(expected) from None
    if any(network.prefixlen == 0 for network in networks) or len(networks) > PROXY_NETWORKS_MAX:
        raise ValueError(f"{expected}, at most {PROXY_NETWORKS_MAX}, and none that is everybody")
    return networks


def sender_id(text: str) -> str:
    """An alphanumeric sender ID (contract section 5)."""
    if not re.fullmatch(r"[A-Za-z0-9 ]{3,11}", text, re.ASCII) or text.isdigit():
        raise ValueError("3 to 11 letters, digits and spaces, with a letter among them")
    return text
