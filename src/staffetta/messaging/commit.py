"""One transaction that stores a batch of drafts: keys, money, messages, recipients, turns.

Wallets are locked in the order of their spaces, then idempotency keys in theirs, so two batches
wait for each other and never in a ring. A draft that is refused (credit, a reused key) is left out
alone; the rest of the batch is stored.
"""

from collections.abc import Sequence

from staffetta.db.pool import Connection, Database
from staffetta.domain.errors import CreditTooLow, IdempotencyKeyReused, StaffettaError
from staffetta.domain.ids import IdMaker
from staffetta.domain.money import format_amount
from staffetta.ledger.book import Book, CounterAccount, EntryKind
from staffetta.ledger.store import open_book, write_book
from staffetta.messaging.draft import Draft
from staffetta.messaging.results import Replayed, Result, Stored
from staffetta.messaging.sql import accept as sql

_KeyName = tuple[int, str, str]


async def commit_drafts(
    database: Database, drafts: Sequence[Draft], ids: IdMaker
) -> Sequence[Result]:
    """Store what can be stored; one result for each draft, in their order.

    Raises the database's errors, and then nothing is stored, or (ConnectionLost) nobody knows.
    """
    now = drafts[-1].now
    async with database.transaction() as connection:
        book = await open_book(connection, (draft.space_id for draft in drafts), ids, now)
        results = await _claim_keys(connection, drafts)
        _charge(book, drafts, results)
        kept = [draft for draft in drafts if isinstance(results.get(draft.id), Stored)]
        await _free_keys(connection, drafts, results)
        if kept:
            await _write(connection, book, kept)
    return [results[draft.id] for draft in drafts]


async def find_stored(database: Database, drafts: Sequence[Draft]) -> frozenset[bytes]:
    """Which of these drafts the database has.

    The wallets are locked first: a transaction that is still committing them holds those locks, so
    this waits for its end instead of missing what it is about to store.
    """
    async with database.transaction() as connection:
        await open_book(connection, (draft.space_id for draft in drafts), IdMaker(), drafts[0].now)
        rows = await connection.fetch(
            sql.FIND_MESSAGES,
            [draft.space_id for draft in drafts],
            [draft.id for draft in drafts],
        )
    return frozenset(row["id"] for row in rows)


async def _claim_keys(connection: Connection, drafts: Sequence[Draft]) -> dict[bytes, Result]:
    """Results of the drafts whose key is taken: by an earlier request, or earlier in this batch."""
    leaders: dict[_KeyName, Draft] = {}
    for draft in drafts:
        if draft.idempotency is not None:
            leaders.setdefault(_key_name(draft), draft)
    if not leaders:
        return {}
    names = sorted(leaders)
    ordered = [leaders[name] for name in names]
    taken = await connection.fetch(
        sql.CLAIM_KEYS,
        [draft.space_id for draft in ordered],
        [name[1] for name in names],
        [name[2] for name in names],
        [draft.idempotency.body_hash for draft in ordered if draft.idempotency],
        [draft.id for draft in ordered],
        max(draft.now for draft in ordered),
    )
    earlier = {
        (row["space_id"], row["path"], row["key"]): (row["body_hash"], row["message_id"])
        for row in taken
    }
    results: dict[bytes, Result] = {}
    for draft in drafts:
        if draft.idempotency is None:
            continue
        body_hash, message_id = earlier[_key_name(draft)]
        if message_id != draft.id:
            results[draft.id] = _of_taken_key(draft.idempotency.body_hash, body_hash, message_id)
    return results


def _key_name(draft: Draft) -> _KeyName:
    assert draft.idempotency is not None
    return (draft.space_id, draft.idempotency.path, draft.idempotency.key)


def _of_taken_key(body_hash: bytes, first_hash: bytes, message_id: bytes) -> Result:
    if body_hash == first_hash:
        return Replayed(message_id)
    return IdempotencyKeyReused(
        "this Idempotency-Key came before with another body: use a new key for a new message"
    )


def _charge(book: Book, drafts: Sequence[Draft], results: dict[bytes, Result]) -> None:
    """Decide on credit in the order of arrival, and add a result for every draft."""
    for draft in drafts:
        if draft.id in results:
            continue
        wallet = book.wallets[draft.space_id]
        if wallet.available_micro < draft.needed_micro:
            results[draft.id] = _too_low(draft, wallet.available_micro)
            continue
        book.hold(draft.space_id, draft.id, draft.hold_micro)
        book.move(
            draft.space_id,
            EntryKind.CHARGE,
            -draft.charge_micro,
            CounterAccount.REVENUE,
            message_id=draft.id,
            recipient_id=draft.id,
        )
        results[draft.id] = Stored()
    _follow_leaders(drafts, results)


def _follow_leaders(drafts: Sequence[Draft], results: dict[bytes, Result]) -> None:
    """A request that repeats one of its own batch is answered like it, its refusal included."""
    for draft in drafts:
        result = results[draft.id]
        if isinstance(result, Replayed):
            first = results.get(result.message_id)
            if isinstance(first, StaffettaError):
                results[draft.id] = first


def _too_low(draft: Draft, available_micro: int) -> CreditTooLow:
    return CreditTooLow(
        draft.needed_micro,
        available_micro,
        f"the credit is too low: {format_amount(draft.needed_micro)} needed, "
        f"{format_amount(available_micro)} available",
    )


async def _free_keys(
    connection: Connection, drafts: Sequence[Draft], results: dict[bytes, Result]
) -> None:
    """Only a 201 is remembered: the key of a refused draft is free again."""
    refused = [
        draft
        for draft in drafts
        if draft.idempotency is not None and isinstance(results[draft.id], CreditTooLow)
    ]
    if refused:
        names = [_key_name(draft) for draft in refused]
        await connection.execute(
            sql.FREE_KEYS,
            [name[0] for name in names],
            [name[1] for name in names],
            [name[2] for name in names],
            [draft.id for draft in refused],
        )


async def _write(connection: Connection, book: Book, drafts: Sequence[Draft]) -> None:
    await connection.execute(sql.STORE_DRAFTS, *_columns(drafts))
    await write_book(connection, book)


def _turn_offsets(drafts: Sequence[Draft]) -> list[int]:
    """How far behind its space's place on its connector each draft stands, in segments."""
    newest: dict[tuple[int, int], int] = {}
    offsets = []
    for draft in drafts:
        pair = (draft.space_id, draft.quote.connector_id)
        newest[pair] = newest.get(pair, 0) + draft.segment_count
        offsets.append(newest[pair])
    return offsets


def _columns(drafts: Sequence[Draft]) -> tuple[object, ...]:
    return (
        [draft.space_id for draft in drafts],
        [draft.id for draft in drafts],
        [draft.market for draft in drafts],
        [draft.class_ for draft in drafts],
        [draft.priority for draft in drafts],
        [draft.sender for draft in drafts],
        [draft.text for draft in drafts],
        [draft.encoding for draft in drafts],
        [draft.characters_count for draft in drafts],
        [draft.segment_count for draft in drafts],
        [draft.reference for draft in drafts],
        [draft.dry_run for draft in drafts],
        [draft.options for draft in drafts],
        [draft.callback and draft.callback.echo() for draft in drafts],
        [draft.now for draft in drafts],
        [draft.phone.e164 for draft in drafts],
        [draft.phone.country for draft in drafts],
        [draft.phone.calling_code for draft in drafts],
        [draft.state for draft in drafts],
        _turn_offsets(drafts),
        [draft.quote.connector_id for draft in drafts],
        [draft.quote.price_micro for draft in drafts],
        [draft.charge_micro for draft in drafts],
        [draft.callback is not None and not draft.dry_run for draft in drafts],
        [draft.expires_at for draft in drafts],
    )
