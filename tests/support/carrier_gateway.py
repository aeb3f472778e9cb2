"""One installation with one customer, whose messages go to carriers that others' software plays."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
from carrier import PASSWORD_VARIABLE
from contract_site import Customer, Site, created, new_number
from installation import wait_for
from judges import judged_proxy
from peer_carrier import PASSWORD, PeerCarrier
from tcp_proxy import Way

from staffetta.db.embedded import EmbeddedServer

_NOBODYS_PORT = 1  # connections to it are refused
# A link that recovers quickly, and asks often enough to be seen asking.
_QUICK = {
    "enquire_seconds": 0.5,
    "reconnect_seconds_min": 0.05,
    "reconnect_seconds_max": 0.2,
    "throttle_pause_seconds": 0.2,
}


@dataclass(frozen=True)
class Gateway:
    """The installation, and its customer in production."""

    site: Site
    customer: Customer
    added: set[str] = field(default_factory=set)  # the names of connectors

    def connect(
        self, name: str, port: int, countries: str, password: str = PASSWORD, **settings: Any
    ) -> None:
        """A connector to this port, with these settings besides the quick ones.

        One that was there before and was disabled is the same one again.
        """
        if name not in self.added:
            self._add(name, countries, password)
        # At once, so that the carrier sees one bind, and that with these settings.
        self._set(name, port, settings)

    def set(self, name: str, **settings: Any) -> None:
        """Give a connector these settings besides the quick ones, and no others."""
        self._set(name, None, settings)

    def _add(self, name: str, countries: str, password: str) -> None:
        self.site.installation.settings[PASSWORD_VARIABLE] = password
        self.site.run(
            *("connector", "add", "--name", name, "--environment", "production"),
            *("--host", "127.0.0.1", "--port", str(_NOBODYS_PORT), "--system-id", name),
            *("--password-env", PASSWORD_VARIABLE, "--rate", "0"),
            *("--countries", countries, "--price", "0.03"),
        )
        self.added.add(name)

    def _set(self, name: str, port: int | None, settings: Mapping[str, Any]) -> None:
        self._run(
            "UPDATE connector SET settings = $2::text::jsonb, port = coalesce($3, port),"
            " enabled = true WHERE name = $1",
            *(name, json.dumps({**_QUICK, **settings}), port),
        )

    def disable(self, name: str) -> None:
        """Let a connector drain and go."""
        self._run("UPDATE connector SET enabled = false WHERE name = $1", name)

    def link_states(self, name: str) -> list[str]:
        """The states of a connector's links."""
        found = self._run(
            "SELECT link.state::text FROM link JOIN connector ON connector.id = connector_id"
            " WHERE connector.name = $1",
            name,
        )
        return [row["state"] for row in found]

    def wait_for_links(self, name: str, state: str) -> None:
        """Until every link of a connector is in this state."""
        wait_for(lambda: set(self.link_states(name)) == {state}, what=f"{name} is {state}")

    def send(
        self, text: str, market: str = "IT", recipient: str = ""
    ) -> tuple[str, dict[str, Any]]:
        """Send to a new phone unless told; its number without the plus, the message once final."""
        number = recipient or new_number(market)
        body = {"recipient": number, "message": text, "sender": "ACME"}
        # A route is known to every process a moment after its connector was added.
        answer = wait_for(
            lambda: (sent := self.customer.post(market, **body)).status_code != 503 and sent
        )
        return number.removeprefix("+"), self.customer.final(created(answer)["id"])

    def _run(self, sql: str, *arguments: object) -> list[asyncpg.Record]:
        async def run() -> list[asyncpg.Record]:
            url = EmbeddedServer(self.site.installation.data_dir).url()
            connection = await asyncpg.connect(url)
            try:
                return await connection.fetch(sql, *arguments)
            finally:
                await connection.close()

        return asyncio.run(run())


@contextmanager
def connected(
    gateway: Gateway,
    name: str,
    carrier: PeerCarrier,
    directory: Path,
    countries: str,
    **settings: Any,
) -> Iterator[PeerCarrier]:
    """A connector of this name to a carrier, from its bind to its unbind.

    Every octet that we write on the way is judged when the block ends.
    """
    with judged_proxy(carrier.port, Way.TO_SERVER, directory) as proxy:
        gateway.connect(name, proxy.port, countries, **settings)
        gateway.wait_for_links(name, "bound")
        yield carrier
        gateway.disable(name)
        carrier.wait_for(lambda: not carrier.open_sessions, f"the end of {name}")
