"""`staffetta apikey`: what opens the OAuth services to an account, a key for each environment."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Final

import typer

from staffetta.accounts.audit import record
from staffetta.accounts.email import Email as Address
from staffetta.accounts.rotate_api_key import (
    OVERLAP_MAX,
    ApiKey,
    KeyState,
    NewApiKey,
    list_api_keys,
    revoke_api_key,
    rotate_api_key,
)
from staffetta.accounts.space import find_space
from staffetta.cli.actor import whoever_commands
from staffetta.cli.opened import Opened, with_everything_open
from staffetta.cli.options import AsJson, ForEnvironment, Whose
from staffetta.cli.output import Column, Result, facts, local_time, show
from staffetta.domain.environments import Environment

app = typer.Typer(no_args_is_help=True, help="Show, rotate and revoke API keys.")

_DURATION: Final = re.compile(r"(\d{1,9})([smhd])|0", re.ASCII)
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_COLUMNS: Final = (
    Column("key", justify="right", whole=True),
    Column("environment", whole=True),
    Column("ends in", whole=True),
    Column("made", whole=True),
    Column("last used", whole=True),
    Column("state"),
)


@app.command("list")
def list_(
    email: Whose,
    environment: Annotated[
        Environment | None, typer.Option("--environment", help="Only of this world.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show an account's keys, newest first, those that are over too; the keys themselves never.

    Example: staffetta apikey list anna@example.com
    """
    address = Address.parse(email)
    asked = tuple(Environment) if environment is None else (environment,)

    async def work(parts: Opened) -> tuple[list[tuple[Environment, ApiKey, KeyState]], str]:
        async with parts.database.acquire() as connection:
            found = [
                (one, key, key.state(parts.now))
                for one in asked
                for key in await list_api_keys(
                    connection, await find_space(connection, address, one)
                )
            ]
        return found, address.text

    keys, account = with_everything_open(work)
    rows = [_row_of(*one) for one in keys]
    show(Result([_json_of(account, *one) for one in keys], _COLUMNS, rows), as_json=as_json)


@app.command()
def rotate(
    email: Whose,
    environment: ForEnvironment,
    overlap: Annotated[
        str,
        typer.Option("--overlap", help="How long the old keys still work, like 90m, 24h or 7d; 0."),
    ] = "24h",
    as_json: AsJson = False,
) -> None:
    """Make a new key, shown here and never again; the old ones work a while longer.

    Example: staffetta apikey rotate anna@example.com --environment production --overlap 48h
    """
    address = Address.parse(email)
    until = _duration(overlap)

    async def work(parts: Opened) -> NewApiKey:
        async with parts.database.transaction() as connection:
            space = await find_space(connection, address, environment)
            made = await rotate_api_key(connection, space, until, parts.now)
            details = {
                "key": made.api_key_id,
                "ending": list(made.ending_ids),
                "old_until": made.old_until.isoformat(),
            }
            actor = whoever_commands()
            await record(connection, actor, "apikey.rotate", space, details, parts.now)
            return made

    made = with_everything_open(work)
    show(_rotated(address, environment, made), as_json=as_json)


@app.command()
def revoke(
    email: Whose,
    key: Annotated[int, typer.Argument(metavar="KEY", help="Its number in the list.")],
    environment: ForEnvironment,
    force: Annotated[
        bool, typer.Option("--force", help="Even the last one: then nobody gets in.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """End a key at once.

    Example: staffetta apikey revoke anna@example.com 12 --environment production
    """
    address = Address.parse(email)

    async def work(parts: Opened) -> ApiKey:
        async with parts.database.transaction() as connection:
            space = await find_space(connection, address, environment)
            ended = await revoke_api_key(connection, space, key, parts.now, even_last=force)
            details = {"key": key, "ends_in": ended.hint}
            actor = whoever_commands()
            await record(connection, actor, "apikey.revoke", space, details, parts.now)
            return ended

    ended = with_everything_open(work)
    said = {
        "account": address.text,
        "environment": environment.value,
        "key": ended.api_key_id,
        "ends_in": ended.hint,
    }
    show(facts(said, _titled(said), "The key is refused from now on."), as_json=as_json)


def _duration(text: str) -> timedelta:
    read = _DURATION.fullmatch(text.strip().lower())
    if read is None:
        raise typer.BadParameter(
            f"{text!r} is no duration: write it like 90m, 24h or 7d, or 0", param_hint="--overlap"
        )
    duration = timedelta(seconds=int(read[1] or 0) * _SECONDS[read[2] or "s"])
    if duration > OVERLAP_MAX:
        raise typer.BadParameter(f"at most {OVERLAP_MAX.days}d", param_hint="--overlap")
    return duration


def _rotated(address: Address, environment: Environment, made: NewApiKey) -> Result:
    said = {
        "account": address.text,
        "environment": environment.value,
        "key": made.api_key_id,
        "api_key": made.api_key,
        "ending": list(made.ending_ids),
        "old_until": made.old_until.isoformat(),
    }
    rows = {
        **said,
        "ending": ", ".join(str(one) for one in made.ending_ids) or "none",
        "old_until": local_time(made.old_until),
    }
    note = "The key is kept as a hash alone: note it now."
    return facts(said, _titled(rows), note)


def _titled(said: Mapping[str, object]) -> list[tuple[str, object]]:
    return [(title.replace("_", " "), value) for title, value in said.items()]


def _json_of(
    account: str, environment: Environment, key: ApiKey, state: KeyState
) -> dict[str, object]:
    return {
        "account": account,
        "environment": environment.value,
        "key": key.api_key_id,
        "ends_in": key.hint,
        "created_at": key.created_at.isoformat(),
        "expire_at": key.expire_at and key.expire_at.isoformat(),
        "revoked_at": key.revoked_at and key.revoked_at.isoformat(),
        "last_used_at": key.last_used_at and key.last_used_at.isoformat(),
        "state": state.value,
    }


def _row_of(environment: Environment, key: ApiKey, state: KeyState) -> tuple[object, ...]:
    ends_at = key.revoked_at or key.expire_at
    return (
        key.api_key_id,
        environment,
        key.hint,
        local_time(key.created_at),
        "never" if key.last_used_at is None else local_time(key.last_used_at),
        state if ends_at is None else f"{state} {local_time(ends_at)}",
    )
