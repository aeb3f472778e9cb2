"""What a setting is, and the frozen object that carries the values of all; table.py names them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any, Final

from staffetta.callbacks.addresses import AllowedNetworks
from staffetta.config.values import HostName

PREFIX: Final = "STAFFETTA_"
SERVER_KEY_NAME: Final = "server.key"


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting, checked. Its fields are the names of SETTINGS in lower case."""

    data_dir: Path
    database_url: str | None = field(repr=False)
    server_key: str | None = field(repr=False)
    host: str
    port: int
    tls_cert: Path | None
    tls_key: Path | None
    tls_port: int
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...]
    api_processes: int
    body_bytes_max: int
    hosts: tuple[HostName, ...]
    tokens_listable: bool
    log_level: str
    log_format: str
    network_port: int
    network_address: tuple[str, int] | None
    on_uncertain: str
    message_ttl_hours: int
    segments_max: int
    default_sender: str
    response_seconds: float
    rate_limit_per_minute: int
    callbacks_allow_networks: AllowedNetworks
    callbacks_per_host_max: int
    v1_long_sender: str
    v1_realtime_factor: int  # thousandths
    v1_recipients_max: int
    network_delivery_seconds: float
    network_late_seconds: float
    network_throttle_seconds: float
    trace_ring_bytes: int
    trace_sample: float
    trace_text: str
    trace_retention_days: int
    trace_recordings_max: int

    @property
    def own_hosts(self) -> tuple[str, ...]:
        """The names this server answers to, as far as settings tell; scopes may name them."""
        return ("localhost", "127.0.0.1", self.host, *(host.name for host in self.hosts))


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the table. `parse` raises ValueError with what is expected."""

    name: str  # without the prefix
    parse: Callable[[str], Any]
    default: str | None  # as it would be written; None when the default is absent or computed
    default_words: str
    example: str
    explanation: str
    secret: bool = False

    @property
    def variable(self) -> str:
        """Its environment variable."""
        return PREFIX + self.name
