"""v1's messages played by hand: the real acceptor, changer and reader on a hand gateway."""

from collections.abc import Iterable
from typing import Any

from hand_gateway import Gateway

from staffetta.domain.templates import Template
from staffetta.messaging.accept import AcceptRules
from staffetta.messaging.bell import Bell
from staffetta.messaging.bulk.accept import BulkAccepted, BulkAcceptor
from staffetta.messaging.bulk.change import BulkChanged, BulkChanger
from staffetta.messaging.bulk.read import BulkReader, BulkView, RecipientView
from staffetta.messaging.bulk.request import BulkRequest, Change, Recipients


class BulkHand:
    """What an API process does with v1's requests."""

    def __init__(self, gateway: Gateway, rules: AcceptRules = AcceptRules()) -> None:  # noqa: B008
        self.gateway = gateway
        self.bell = Bell(gateway.database)
        self.acceptor = BulkAcceptor(
            gateway.database,
            self.bell,
            gateway.snapshots,
            rules,
            gateway.ids,
        )
        self.changer = BulkChanger(self.acceptor)
        self.reader = BulkReader(gateway.database)

    async def post(self, recipients: Iterable[object], **changes: Any) -> BulkAccepted:
        return await self.acceptor.accept(
            self.gateway.space, bulk_request(recipients, **changes), self.gateway.clock.now()
        )

    async def put(
        self, message_id: bytes, recipients: Iterable[object] = (), **changes: Any
    ) -> BulkChanged:
        change = Change(
            recipients=Recipients(recipients),
            closes=changes.get("closes", False),
            due_at=changes.get("due_at"),
            changes_due="due_at" in changes,
            is_time_alone=set(changes) == {"due_at"} and not recipients,
        )
        return await self.changer.change(
            self.gateway.space, message_id, change, self.gateway.clock.now()
        )

    async def delete(self, message_id: bytes) -> None:
        await self.changer.cancel(self.gateway.space, message_id, self.gateway.clock.now())

    async def recipients(self, message_id: bytes) -> list[RecipientView]:
        pages = self.reader.recipients(self.gateway.space_id, message_id, 0, 10_000)
        return [one async for step in pages for one in step]

    async def read(self, message_id: bytes) -> BulkView:
        found = await self.reader.get(self.gateway.space_id, message_id)
        assert found is not None
        return found


def bulk_request(recipients: Iterable[object], **changes: Any) -> BulkRequest:
    body = changes.pop("body", "ciao")
    asked: dict[str, Any] = {
        "sender": "Openapi",
        "priority": 1000,
        "factor": 1000,
        "is_test": False,
        "is_open": False,
        "flash": False,
        "realtime": False,
        "due_at": None,
        "options": {},
        "callback": None,
        "idempotency": None,
        **changes,
    }
    return BulkRequest(body=Template(body), recipients=Recipients(recipients), **asked)


def italians(count: int, first: int = 0) -> list[object]:
    return [f"+39-333{number:07d}" for number in range(first, first + count)]
