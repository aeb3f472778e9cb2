"""What an API process needs for v1's messages, in one piece."""

from staffetta.db.pool import Database
from staffetta.ledger.read_wallet import read_wallet
from staffetta.messaging.bulk.accept import BulkAcceptor
from staffetta.messaging.bulk.change import BulkChanger
from staffetta.messaging.bulk.read import BulkReader


class BulkDesk:
    """Takes, changes and reads messages."""

    def __init__(self, database: Database, acceptor: BulkAcceptor) -> None:
        self.acceptor = acceptor
        self.changer = BulkChanger(acceptor)
        self.reader = BulkReader(database)
        self._database = database

    async def credit(self, space_id: int) -> int:
        """What the account has, in micro-units: what holds set aside is not counted."""
        async with self._database.acquire() as connection:
            wallet = await read_wallet(connection, space_id)
        return 0 if wallet is None else wallet.balance_micro - wallet.held_micro
