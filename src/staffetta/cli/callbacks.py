"""`staffetta callbacks`: what was owed to accounts' URLs, every attempt, and sending again."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import msgspec
import typer

from staffetta.accounts.audit import record
from staffetta.accounts.email import Email as Address
from staffetta.accounts.read_account import find_account
from staffetta.accounts.space import find_space
from staffetta.callbacks.history import (
    LISTED_MAX,
    CallbackFilter,
    CallbackRecord,
    list_callbacks,
    read_attempts,
    replay_callbacks,
)
from staffetta.callbacks.secret import SpaceSecrets, ensure_secret, rotate_secret
from staffetta.cli.actor import whoever_commands
from staffetta.cli.failures import CommandFailed
from staffetta.cli.opened import Opened, with_everything_open
from staffetta.cli.options import AsJson, ForEnvironment, Whose
from staffetta.cli.output import Column, Result, facts, local_time, print_alone, show
from staffetta.domain.environments import Environment
from staffetta.domain.ids import parse_id

app = typer.Typer(no_args_is_help=True, help="Look at callbacks, and send them again.")
secret_app = typer.Typer(no_args_is_help=True, help="The secrets that sign callbacks.")
app.add_typer(secret_app, name="secret")

_STATUSES: Final = ("owed", "delivering", "delivered", "superseded", "ended", "dead")
_DEAD: Final = ("dead",)
_COLUMNS: Final = (
    Column("id", whole=True),
    Column("created", whole=True),
    Column("account"),
    Column("event"),
    Column("host"),
    Column("status"),
    Column("attempts", "right"),
    Column("answer"),
    Column("next", whole=True),
)
_ATTEMPT_COLUMNS: Final = (
    Column("attempt", "right"),
    Column("at", whole=True),
    Column("ms", "right"),
    Column("status"),
    Column("what came back"),
)
_WhoseOnly = Annotated[str | None, typer.Option("--account", help="Of this account alone.")]
_Where = Annotated[Environment | None, typer.Option("--environment", help="In this world alone.")]
_Statuses = Annotated[
    list[str] | None,
    typer.Option("--status", help=f"One of {', '.join(_STATUSES)}; may be given again."),
]
_Since = Annotated[
    str | None, typer.Option("--since", help="Owed since then: ISO 8601, like 2026-03-14T09:00Z.")
]
_Until = Annotated[str | None, typer.Option("--until", help="Owed before then.")]
_Limit = Annotated[int, typer.Option("--limit", help="How many at most.", min=1, max=10_000)]


@app.command("list")
def list_(
    account: _WhoseOnly = None,
    environment: _Where = None,
    status: _Statuses = None,
    since: _Since = None,
    until: _Until = None,
    limit: _Limit = 50,
    as_json: AsJson = False,
) -> None:
    """Show callbacks, newest first.

    Example: staffetta callbacks list --status dead --since 2026-03-14
    """
    wanted = _filter(account, environment, status, since, until)

    async def work(parts: Opened) -> list[CallbackRecord]:
        async with parts.database.acquire() as connection:
            return await list_callbacks(connection, wanted, limit)

    found = with_everything_open(work)
    note = "" if found else "No callback fits."
    rows = [_row_of(one) for one in found]
    show(Result([_json_of(one) for one in found], _COLUMNS, rows, note), as_json=as_json)


@app.command("show")
def show_(
    callback: Annotated[str, typer.Argument(metavar="ID", help="The callback's id.")],
    as_json: AsJson = False,
) -> None:
    """Show one callback with every attempt and the beginning of each answer.

    Example: staffetta callbacks show 65f2c1a0000000deadbeef01
    """
    callback_id = _id(callback)

    async def work(parts: Opened) -> tuple[CallbackRecord, list[dict[str, Any]]]:
        async with parts.database.acquire() as connection:
            found = await list_callbacks(connection, CallbackFilter(id=callback_id), 1)
            if not found:
                raise CommandFailed(f"there is no callback {callback}")
            attempts = await read_attempts(connection, found[0].space_id, callback_id)
        return found[0], [
            {
                "attempt": one.attempt,
                "at": _utc(one.at),
                "elapsedMs": one.elapsed_ms,
                "httpStatus": one.http_status,
                "error": one.error,
                "answer": one.answer,
            }
            for one in attempts
        ]

    record, attempts = with_everything_open(work)
    rows = [
        (
            one["attempt"],
            one["at"],
            one["elapsedMs"],
            one["httpStatus"] or "-",
            one["answer"] or one["error"],
        )
        for one in attempts
    ]
    note = f"{record.event} to {record.host} is {record.status}."
    said = {**_json_of(record), "attempts": attempts}
    show(Result(said, _ATTEMPT_COLUMNS, rows, note), as_json=as_json)


@app.command()
def replay(
    callbacks: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="These callbacks.")
    ] = None,
    account: _WhoseOnly = None,
    environment: _Where = None,
    status: _Statuses = None,
    since: _Since = None,
    until: _Until = None,
    limit: _Limit = LISTED_MAX,
    as_json: AsJson = False,
) -> None:
    """Send again: the callbacks named, or the dead ones since a time.

    What a newer state of its message has followed is left out: an older state is never sent after a
    newer. Repeat the command while it says that more may be left.

    Example: staffetta callbacks replay --since 2026-03-14T09:00Z --account anna@example.com
    """
    if not callbacks and since is None:
        raise typer.BadParameter("name callbacks, or say since when", param_hint="--since")
    wanted = msgspec.structs.replace(
        _filter(account, environment, status or list(_DEAD), since, until), replayable_only=True
    )
    ids = [_id(one) for one in callbacks or ()]

    async def work(parts: Opened) -> tuple[int, int]:
        async with parts.database.transaction() as connection:
            found: list[CallbackRecord] = []
            for callback_id in ids:
                found += await list_callbacks(connection, CallbackFilter(id=callback_id), 1)
            if not ids:
                found = await list_callbacks(connection, wanted, limit)
            owed_count = len(await replay_callbacks(connection, found, parts.now))
            if owed_count:
                about = account and await find_account(connection, Address.parse(account))
                details = {"count": owed_count, "since": since, "until": until}
                actor = whoever_commands()
                await record(
                    connection, actor, "callback.replay", about or None, details, parts.now
                )
            return len(found), owed_count

    found_count, owed_count = with_everything_open(work)
    may_be_more = not ids and found_count == limit
    left = found_count - owed_count
    note = f"{owed_count} will be sent again"
    if left:
        note += f"; {left} not: under way, superseded, or followed by a newer state"
    if may_be_more:
        note += f"; {limit} is the limit: there may be more, so repeat the command"
    said = {"found": found_count, "replayed": owed_count, "mayBeMore": may_be_more}
    show(facts(said, said.items(), f"{note}."), as_json=as_json)


@secret_app.command("show")
def show_secret(
    email: Whose,
    environment: ForEnvironment,
    plain: Annotated[
        bool, typer.Option("--plain", help="Print the secret and nothing else, for scripts.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show the secret that an account's callbacks are signed with; made when there is none.

    Example: staffetta callbacks secret show anna@example.com --environment production
    """
    if plain and as_json:
        raise typer.BadParameter("choose one of --plain and --json", param_hint="--plain")
    secrets = _secrets(email, environment, rotate=False)
    if plain:
        print_alone(secrets[0])
        return
    _show_secrets(email, environment, secrets, as_json=as_json)


@secret_app.command("rotate")
def rotate(email: Whose, environment: ForEnvironment, as_json: AsJson = False) -> None:
    """Make a new secret; for a day callbacks carry the signatures of both.

    Example: staffetta callbacks secret rotate anna@example.com --environment production
    """
    secrets = _secrets(email, environment, rotate=True)
    _show_secrets(email, environment, secrets, as_json=as_json)


def _secrets(email: str, environment: Environment, *, rotate: bool) -> Sequence[str]:
    """The secrets that sign, the newest first; each look is noted."""
    address = Address.parse(email)

    async def work(parts: Opened) -> SpaceSecrets:
        use_case = rotate_secret if rotate else ensure_secret
        async with parts.database.transaction() as connection:
            space = await find_space(connection, address, environment)
            action = f"callback.{'rotate' if rotate else 'show'}_secret"
            await record(connection, whoever_commands(), action, space, {}, parts.now)
            return await use_case(connection, parts.keyring, space.space_id, parts.now)

    return with_everything_open(work).secrets


def _show_secrets(
    email: str, environment: Environment, secrets: Sequence[str], *, as_json: bool
) -> None:
    account = Address.parse(email).text
    said = {"account": account, "environment": environment, "secret": secrets[0]}
    note = "The one before signs too, for a day." if len(secrets) > 1 else ""
    show(facts(said, said.items(), note), as_json=as_json)


def _filter(
    account: str | None,
    environment: Environment | None,
    statuses: list[str] | None,
    since: str | None,
    until: str | None,
) -> CallbackFilter:
    for status in statuses or ():
        if status not in _STATUSES:
            raise typer.BadParameter(f"one of {', '.join(_STATUSES)}", param_hint="--status")
    return CallbackFilter(
        email=None if account is None else Address.parse(account).text,
        environment=environment,
        statuses=tuple(statuses) if statuses else None,
        since=_moment(since, "--since"),
        until=_moment(until, "--until"),
    )


def _moment(text: str | None, option: str) -> datetime | None:
    """A time as typed; without an offset it is of this machine's zone."""
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError):
        raise typer.BadParameter(
            "a time in ISO 8601, like 2026-03-14 or 2026-03-14T09:00Z", param_hint=option
        ) from None


def _id(text: str) -> bytes:
    found = parse_id(text.removeprefix("cb_"))
    if found is None:
        raise typer.BadParameter("an id has 24 hexadecimal digits", param_hint="ID")
    return found


def _row_of(one: CallbackRecord) -> tuple[object, ...]:
    answer = one.http_status if one.http_status is not None else one.error
    due = local_time(one.due_at) if one.status == "owed" else ""
    return (
        one.id.hex(),
        local_time(one.created_at),
        one.email,
        one.event,
        one.host,
        one.status,
        one.attempt_count,
        answer,
        due,
    )


def _json_of(one: CallbackRecord) -> dict[str, Any]:
    return {
        "id": one.id.hex(),
        "account": one.email,
        "environment": one.environment,
        "kind": one.kind,
        "messageId": None if one.message_id is None else one.message_id.hex(),
        "event": one.event,
        "host": one.host,
        "status": one.status,
        "attempts": one.attempt_count,
        "httpStatus": one.http_status,
        "error": one.error,
        "dueAt": _utc(one.due_at),
        "createdAt": _utc(one.created_at),
        "settledAt": None if one.settled_at is None else _utc(one.settled_at),
    }


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
