"""What the console is given: everything it depends on, built once by `app`."""

from collections.abc import Callable
from dataclasses import dataclass

from staffetta.accounts.passwords import Passwords
from staffetta.accounts.token_desk import TokenDesk
from staffetta.callbacks.letters import BodySource
from staffetta.compliance.register_sender import SenderRegistry
from staffetta.console.carrier_desk import CarrierDesk
from staffetta.db.pool import Database
from staffetta.domain.clock import Clock
from staffetta.domain.secrets import Keyring
from staffetta.messaging.accept import Acceptor
from staffetta.messaging.bulk.desk import BulkDesk
from staffetta.messaging.cancel import Canceller
from staffetta.messaging.explain import Explainer
from staffetta.messaging.read import Reader
from staffetta.routing.table import RouteTable


@dataclass(frozen=True, slots=True)
class ConsoleParts:
    """The console's dependencies: the same that the API has, so that both do the same."""

    database: Database
    reports: Database  # for what reads a lot: few connections, little patience
    clock: Clock
    passwords: Passwords
    keyring: Keyring
    token_desk: TokenDesk
    reader: Reader
    acceptor: Acceptor
    bulk: BulkDesk
    canceller: Canceller
    explainer: Explainer
    senders: SenderRegistry
    callback_bodies: BodySource  # what callbacks said
    routes: Callable[[], RouteTable]  # as they are now
    carriers: CarrierDesk
