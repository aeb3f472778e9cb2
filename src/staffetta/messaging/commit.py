"""One transaction that stores a batch of drafts: keys, money, messages, recipients, turns.

Wallets are locked in the order of their spaces, then idempotency keys in theirs, so two batches
wait for each other and never in a ring. A draft that is refused (credit, a reused key) is left out
alone; the rest of the batch is stored. An offence (forbidden words) is stored and refused.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from staffetta.compliance.blocklist import impose_block
from staffetta.db.pool import Connection, ConnectionLost, Database
from staffetta.domain.errors import IdempotencyKeyReused, NotAcceptingNow, StaffettaError
from staffetta.domain.ids import IdMaker
from staffetta.domain.states import State
from staffetta.ledger.store import open_book
from staffetta.messaging.alerts import tell_low_credit
from staffetta.messaging.draft import Draft
from staffetta.messaging.results import Replayed, Result, Stored
from staffetta.messaging.sql import accept as sql
from staffetta.messaging.till import open_till

_KeyName = tuple[int, str, str]


async def commit_drafts(
    database: Database, drafts: Sequence[Draft], ids: IdMaker
) -> Sequence[Result]:
    """Store what can be stored; one result for each draft, in their order.

    Raises the database's errors, and then nothing is stored, or (ConnectionLost) nobody knows: it
    went inside COMMIT. Raises NotAcceptingNow where it went before.
    """
    now, is_written = drafts[-1].now, False
    try:
        async with database.transaction() as connection:
            results = await _write(connection, drafts, ids, now)
            is_written = True
    except ConnectionLost as lost:
        if is_written:
            raise
        raise NotAcceptingNow(
            "the database was lost before the message was kept: send again"
        ) from lost
    return [results[draft.id] for draft in drafts]


async def _write(
    connection: Connection, drafts: Sequence[Draft], ids: IdMaker, now: datetime
) -> dict[bytes, Result]:
    """Everything of the drafts but the COMMIT; the results, by id."""
    book = await open_book(connection, (draft.space_id for draft in drafts), ids, now)
    results = await _claim_keys(connection, drafts)
    till = await open_till(connection, book, drafts, now)
    for draft in drafts:
        if draft.id not in results:
            results[draft.id] = till.take(draft)
    _follow_leaders(drafts, results)
    await _free_keys(connection, drafts, results)
    kept = [draft for draft in drafts if _is_kept(draft, results[draft.id])]
    if kept:
        await connection.execute(sql.STORE_DRAFTS, *_columns(kept, results))
        await till.write(connection)
        await _impose_blocks(connection, kept, now)
        await tell_low_credit(connection, book, ids)
    return results


async def find_stored(database: Database, drafts: Sequence[Draft]) -> dict[bytes, int]:
    """Which of these drafts the database has, each with how many segments bundles cover.

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
    return {row["id"]: row["bundle_segment_count"] for row in rows}


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
            results[draft.id] = result_of_taken_key(
                draft.idempotency.body_hash, body_hash, message_id
            )
    return results


def _key_name(draft: Draft) -> _KeyName:
    assert draft.idempotency is not None
    return (draft.space_id, draft.idempotency.path, draft.idempotency.key)


def result_of_taken_key(body_hash: bytes, first_hash: bytes, message_id: bytes) -> Result:
    """What a request is answered whose key an earlier one has: its message, or a refusal."""
    if body_hash == first_hash:
        return Replayed(message_id)
    return IdempotencyKeyReused(
        "this Idempotency-Key came before with another body: use a new key for a new message"
    )


def _follow_leaders(drafts: Sequence[Draft], results: dict[bytes, Result]) -> None:
    """A request that repeats one of its own batch is answered like it, its refusal included."""
    for draft in drafts:
        result = results[draft.id]
        if isinstance(result, Replayed):
            first = results.get(result.message_id)
            if isinstance(first, StaffettaError):
                results[draft.id] = first


def _is_kept(draft: Draft, result: Result) -> bool:
    """What is stored: every message taken, and an offence whose own refusal this is."""
    if draft.offence is not None:
        return result is draft.offence.refusal
    return isinstance(result, Stored)


async def _impose_blocks(connection: Connection, drafts: Sequence[Draft], now: datetime) -> None:
    for draft in drafts:
        if draft.offence is not None:
            await impose_block(connection, draft.space_id, draft.offence.reason, draft.id, now)


async def _free_keys(
    connection: Connection, drafts: Sequence[Draft], results: dict[bytes, Result]
) -> None:
    """Only a 201 is remembered: the key of a refused draft is free again."""
    refused = [
        draft
        for draft in drafts
        if draft.idempotency is not None
        and isinstance(results[draft.id], StaffettaError)
        and not isinstance(results[draft.id], IdempotencyKeyReused)
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


def _turn_offsets(drafts: Sequence[Draft]) -> list[int]:
    """How far behind its space's place on its connector each draft stands, in segments.

    What is not due yet gets its place when it is.
    """
    newest: dict[tuple[int, int | None], int] = {}
    offsets = []
    for draft in drafts:
        if draft.state is not State.QUEUED:
            offsets.append(0)
            continue
        pair = (draft.space_id, draft.connector_id)
        newest[pair] = newest.get(pair, 0) + draft.segment_count
        offsets.append(newest[pair])
    return offsets


def _covered_count(result: Result) -> int:
    return result.covered_count if isinstance(result, Stored) else 0


def _columns(drafts: Sequence[Draft], results: Mapping[bytes, Result]) -> tuple[object, ...]:
    covered = [_covered_count(results[draft.id]) for draft in drafts]
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
        [draft.callback and draft.callback.kept() for draft in drafts],
        [draft.now for draft in drafts],
        [draft.phone.e164 for draft in drafts],
        [draft.phone.country for draft in drafts],
        [draft.phone.calling_code for draft in drafts],
        [draft.state for draft in drafts],
        _turn_offsets(drafts),
        [draft.connector_id for draft in drafts],
        [draft.price_micro for draft in drafts],
        [_charged_micro(draft, count) for draft, count in zip(drafts, covered, strict=True)],
        [draft.callback_host for draft in drafts],
        [draft.expires_at for draft in drafts],
        [draft.due_at for draft in drafts],
        covered,
        [draft.offence and draft.offence.reason for draft in drafts],
        [draft.sealed_code for draft in drafts],
    )


def _charged_micro(draft: Draft, covered_count: int) -> int:
    return draft.penalty_micro if draft.offence else draft.charge_micro(covered_count)
