"""The table of settings, and the frozen object that carries their values.

The table is data: `staffetta serve --help` lists it, and docs/reference/settings.md is checked
against it. It reads nothing; see read.py.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any, Final

from staffetta.callbacks.addresses import AllowedNetworks
from staffetta.config.values import (
    HostName,
    absolute_directory,
    database_address,
    factor,
    host_and_port,
    host_names,
    listen_host,
    one_of,
    proxy_networks,
    readable_file,
    seconds,
    sender_id,
    server_keys,
    share,
    size_in_bytes,
    whole_number,
    yes_or_no,
)

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


SETTINGS: Final[tuple[Setting, ...]] = (
    Setting(
        "DATA_DIR",
        absolute_directory,
        None,
        "/var/lib/staffetta as root, ~/.local/share/staffetta otherwise",
        "/srv/staffetta",
        "Where the embedded PostgreSQL and the server's key are kept. Back it up.",
    ),
    Setting(
        "DATABASE_URL",
        database_address,
        None,
        "the embedded PostgreSQL",
        "postgresql://staffetta:secret@db1,db2/staffetta?target_session_attrs=primary",
        "A PostgreSQL 15 or later to use instead of the embedded one; several hosts for failover.",
        secret=True,
    ),
    Setting(
        "SERVER_KEY",
        server_keys,
        None,
        f"{SERVER_KEY_NAME} in the data directory, made when missing",
        "64 hexadecimal digits, e.g. from: openssl rand -hex 32",
        "The key that seals what must be readable again (carriers' passwords, listed tokens). "
        "Several, one a line, newest first, while keys are being changed.",
        secret=True,
    ),
    Setting(
        "HOST",
        listen_host,
        "127.0.0.1",
        "127.0.0.1",
        "0.0.0.0",  # noqa: S104 - an example
        "The address the HTTP server listens on.",
    ),
    Setting(
        "PORT",
        whole_number(0, 65535),
        "8080",
        "8080",
        "8080",
        "The port for HTTP; 0 takes any free one.",
    ),
    Setting(
        "TLS_CERT",
        readable_file,
        None,
        "no HTTPS",
        "/etc/staffetta/fullchain.pem",
        "The certificate chain, in PEM. With TLS_KEY it adds HTTPS beside HTTP. A changed file is "
        "taken up without a restart.",
    ),
    Setting(
        "TLS_KEY",
        readable_file,
        None,
        "no HTTPS",
        "/etc/staffetta/privkey.pem",
        "The certificate's private key, in PEM.",
    ),
    Setting(
        "TLS_PORT",
        whole_number(0, 65535),
        "8443",
        "8443",
        "443",
        "The port for HTTPS; 0 takes any free one.",
    ),
    Setting(
        "TRUSTED_PROXIES",
        proxy_networks,
        "",
        "none: X-Forwarded headers are ignored",
        "127.0.0.1,10.20.0.0/16",
        "Addresses or networks of the reverse proxies in front: from them X-Forwarded-For and "
        "X-Forwarded-Proto are believed, and from nobody else.",
    ),
    Setting(
        "API_PROCESSES",
        whole_number(1, 64),
        None,
        "half the processor cores, at least 1",
        "2",
        "How many processes answer HTTP requests.",
    ),
    Setting(
        "BODY_BYTES_MAX",
        size_in_bytes(1024, 1 << 30),
        "32MiB",
        "32MiB",
        "32MiB",
        "The largest request body that is read.",
    ),
    Setting(
        "HOSTS",
        host_names,
        "",
        "none besides the published names",
        "sms.example.org=v2,test.sms.example.org=v2:sandbox",
        "Host names of your own, with the service and environment each stands for.",
    ),
    Setting(
        "TOKENS_LISTABLE",
        yes_or_no,
        "true",
        "true",
        "false",
        "Whether accounts can list their tokens; false keeps hashes alone, and lists show the last "
        "four characters.",
    ),
    Setting(
        "LOG_LEVEL",
        one_of("debug", "info", "warning", "error"),
        "info",
        "info",
        "info",
        "The least severe events that are logged.",
    ),
    Setting(
        "LOG_FORMAT",
        one_of("auto", "console", "json"),
        "auto",
        "auto",
        "json",
        "How events are written to standard error; auto is console on a terminal, json elsewhere.",
    ),
    Setting(
        "NETWORK_PORT",
        whole_number(0, 65535),
        "0",
        "0",
        "2775",
        "The loopback port of the simulated network (SMPP); 0 takes any free one.",
    ),
    Setting(
        "NETWORK_ADDRESS",
        host_and_port,
        None,
        "the simulated network of this installation",
        "127.0.0.1:2775",
        "Where the simulated network listens, for a dispatch role that runs apart from it.",
    ),
    Setting(
        "ON_UNCERTAIN",
        one_of("resend", "hold"),
        "resend",
        "resend",
        "hold",
        "What happens to a message whose carrier never answered: sent once more and flagged as a "
        "possible duplicate, or held until a delivery report or its expiry.",
    ),
    Setting(
        "MESSAGE_TTL_HOURS",
        whole_number(1, 720),
        "48",
        "48",
        "24",
        "After how many hours an undelivered message expires.",
    ),
    Setting(
        "SEGMENTS_MAX",
        whole_number(1, 255),
        "10",
        "10",
        "10",
        "The most segments a text may need.",
    ),
    Setting(
        "DEFAULT_SENDER",
        sender_id,
        "Openapi",
        "Openapi",
        "Openapi",
        "The sender of a message that names none.",
    ),
    Setting(
        "RESPONSE_SECONDS",
        seconds(0.1, 600),
        "30",
        "30",
        "10",
        "How long a carrier may take to answer a request over SMPP.",
    ),
    Setting(
        "RATE_LIMIT_PER_MINUTE",
        whole_number(0, 100_000_000),
        "10000",
        "10000",
        "60000",
        "How many requests one token may make in a minute, of all processes together; 0: no limit.",
    ),
    Setting(
        "CALLBACKS_ALLOW_NETWORKS",
        AllowedNetworks.parse,
        "",
        "public addresses only; and loopback, where the server listens on loopback alone",
        "10.20.0.0/16,fd00:20::/64",
        "Networks that callbacks may reach though they are not public. The word none also closes "
        "loopback, for a server behind a reverse proxy on the same machine.",
    ),
    Setting(
        "CALLBACKS_PER_HOST_MAX",
        whole_number(1, 500),
        "32",
        "32",
        "8",
        "How many callbacks are under way at once to one host for one account, in each process "
        "that delivers.",
    ),
    Setting(
        "V1_LONG_SENDER",
        one_of("refuse", "truncate"),
        "refuse",
        "refuse",
        "truncate",
        "What v1 does with a sender that is too long: refuses the message, or cuts the sender.",
    ),
    Setting(
        "V1_REALTIME_FACTOR",
        factor(10),
        "1.2",
        "1.2",
        "1.5",
        "How many times its price a v1 message costs that is sent in real time.",
    ),
    Setting(
        "V1_RECIPIENTS_MAX",
        whole_number(1, 2_000_000),
        "500000",
        "500000",
        "100000",
        "How many recipients a v1 message may have, those added with PUT included.",
    ),
    Setting(
        "NETWORK_DELIVERY_SECONDS",
        seconds(0, 3600),
        "1",
        "1",
        "0.1",
        "How long the simulated network takes to deliver a message.",
    ),
    Setting(
        "NETWORK_LATE_SECONDS",
        seconds(0, 3600),
        "60",
        "60",
        "5",
        "How late the simulated network reports on numbers that end in 9906.",
    ),
    Setting(
        "NETWORK_THROTTLE_SECONDS",
        seconds(0, 3600),
        "3",
        "3",
        "1",
        "How long the simulated network throttles numbers that end in 9905.",
    ),
    Setting(
        "TRACE_RING_BYTES",
        size_in_bytes(0, 64 << 20),
        "1MiB",
        "1MiB",
        "4MiB",
        "How much of what went over a link last is kept in memory, for each; 0 records no PDU.",
    ),
    Setting(
        "TRACE_SAMPLE",
        share,
        "0.001",
        "0.001",
        "0.01",
        "The share of messages whose PDUs are all recorded, though nothing went wrong.",
    ),
    Setting(
        "TRACE_TEXT",
        one_of("never", "sandbox", "always"),
        "sandbox",
        "sandbox",
        "always",
        "Where recorded PDUs keep the texts of messages. One-time codes are kept nowhere.",
    ),
    Setting(
        "TRACE_RETENTION_DAYS",
        whole_number(1, 365),
        "7",
        "7",
        "30",
        "After how many days recorded PDUs are forgotten.",
    ),
    Setting(
        "TRACE_RECORDINGS_MAX",
        whole_number(0, 100_000_000),
        "200000",
        "200000",
        "1000000",
        "How many recorded PDUs are kept at most; the oldest are forgotten for newer ones.",
    ),
)
