"""`staffetta token`: what clients of the API present.

A token is named by its id or its last four characters, never by itself, and shown whole only when
it is made or where that is asked for.
"""

from typing import Annotated, Final

import typer

from staffetta.accounts.audit import record
from staffetta.accounts.change_token import TokenChange, change_hashed_token
from staffetta.accounts.create_token import LIFETIME_SECONDS_MAX, NewToken, create_token
from staffetta.accounts.email import Email as Address
from staffetta.accounts.find_tokens import LIST_MAX, list_tokens
from staffetta.accounts.named_tokens import find_named_token, token_id
from staffetta.accounts.revoke_token import revoke_token
from staffetta.accounts.space import Space, find_space
from staffetta.accounts.token_limits import NO_LIMITS
from staffetta.accounts.tokens import TokenRecord
from staffetta.cli import token_limits
from staffetta.cli.actor import whoever_commands
from staffetta.cli.opened import Opened, with_everything_open
from staffetta.cli.options import AsJson, Email, ForEnvironment, Whose
from staffetta.cli.output import Column, Result, facts, local_time, show
from staffetta.cli.token_limits import limits_after, said_limits, told_limits
from staffetta.db.pool import Connection
from staffetta.domain.environments import Environment
from staffetta.domain.scopes import all_scopes
from staffetta.domain.secrets import Keyring, hash_secret

app = typer.Typer(no_args_is_help=True, help="Make, show, change and revoke tokens.")

_COLUMNS: Final = (
    Column("id", whole=True),
    Column("environment", whole=True),
    Column("ends in", whole=True),
    Column("name"),
    Column("scopes", justify="right", whole=True),
    Column("limits"),
    Column("until", whole=True),
)
_NOT_KEPT: Final = "not kept"
_Token = Annotated[
    str, typer.Argument(metavar="TOKEN", help="Its id in the list, or its last four characters.")
]
_Scopes = Annotated[
    list[str] | None,
    typer.Option(
        "--scope",
        help="What it may call, like POST:sms.openapi.com/IT-messages; wildcards like"
        " *:sms.openapi.com/* are expanded. May be given several times.",
    ),
]
_Reveal = Annotated[bool, typer.Option("--reveal", help="Show it whole, where it was kept so.")]


@app.command()
def create(
    email: Email,
    environment: ForEnvironment,
    scope: _Scopes = None,
    ttl: Annotated[
        int,
        typer.Option("--ttl", help="Lifetime in seconds.", min=1, max=LIFETIME_SECONDS_MAX),
    ] = LIFETIME_SECONDS_MAX,
    name: Annotated[str, typer.Option("--name", help="What you will know it by.")] = "",
    total: token_limits.Total = None,
    wallet: token_limits.Wallet = None,
    subscription: token_limits.Subscription = None,
    amount: token_limits.Amount = None,
    ip: token_limits.Addresses = None,
    as_json: AsJson = False,
) -> None:
    r"""Make a token of an account for one environment. Without a scope it may call everything.

    Example: staffetta token create --email anna@example.com --environment sandbox

    Example: staffetta token create --email anna@example.com --environment production \
      --scope POST:sms.openapi.com/IT-messages --ttl 86400 --limit-wallet-amount 20
    """
    address = Address.parse(email)
    limits = limits_after(NO_LIMITS, said_limits(total, wallet, subscription, amount, ip))

    async def work(parts: Opened) -> NewToken:
        async with parts.database.transaction() as connection:
            space = await find_space(connection, address, environment)
            made = await create_token(
                connection,
                space,
                scope or all_scopes(environment),
                parts.now,
                lifetime_seconds=ttl,
                name=name,
                limits=limits,
                own_hosts=parts.settings.own_hosts,
                keyring=_list_keyring(parts),
            )
            token_hash = hash_secret(made.token)
            await _note(connection, "token.create", space, token_hash, name, parts)
            return made

    show(_made(environment, with_everything_open(work)), as_json=as_json)


@app.command("list")
def list_(
    email: Whose,
    environment: Annotated[
        Environment | None, typer.Option("--environment", help="Only of this world.")
    ] = None,
    reveal: _Reveal = False,
    skip: Annotated[int, typer.Option("--skip", help="Leave out the newest so many.", min=0)] = 0,
    limit: Annotated[
        int, typer.Option("--limit", help="At most so many of each world.", min=1, max=LIST_MAX)
    ] = 100,
    as_json: AsJson = False,
) -> None:
    """Show an account's live tokens, newest first.

    Example: staffetta token list anna@example.com --environment production
    """
    address = Address.parse(email)
    asked = tuple(Environment) if environment is None else (environment,)

    async def work(parts: Opened) -> list[tuple[Environment, TokenRecord]]:
        async with parts.database.acquire() as connection:
            return [
                (one, token)
                for one in asked
                for token in await list_tokens(
                    connection,
                    await find_space(connection, address, one),
                    parts.now,
                    skip=skip,
                    limit=limit,
                    keyring=_list_keyring(parts),
                )
            ]

    tokens = with_everything_open(work)
    columns = (*_COLUMNS, Column("token", whole=True)) if reveal else _COLUMNS
    show(
        Result(
            [_json_of(one, token, reveal=reveal) for one, token in tokens],
            columns,
            [_row_of(one, token, reveal=reveal) for one, token in tokens],
            "" if tokens else "There is no live token.",
        ),
        as_json=as_json,
    )


@app.command("show")
def show_(
    email: Whose,
    token: _Token,
    environment: ForEnvironment,
    reveal: _Reveal = False,
    as_json: AsJson = False,
) -> None:
    """Show a live token: its scopes, its limits and its end.

    Example: staffetta token show anna@example.com 3fa2 --environment sandbox
    """
    address = Address.parse(email)

    async def work(parts: Opened) -> TokenRecord:
        async with parts.database.acquire() as connection:
            space = await find_space(connection, address, environment)
            keyring = _list_keyring(parts)
            return await find_named_token(connection, space, token, parts.now, keyring)

    _show_one(environment, with_everything_open(work), reveal=reveal, as_json=as_json)


@app.command()
def change(
    email: Whose,
    token: _Token,
    environment: ForEnvironment,
    scope: _Scopes = None,
    ttl: Annotated[
        int | None,
        typer.Option("--ttl", help="Seconds from now on.", min=1, max=LIFETIME_SECONDS_MAX),
    ] = None,
    name: Annotated[str | None, typer.Option("--name", help="What you will know it by.")] = None,
    total: token_limits.Total = None,
    wallet: token_limits.Wallet = None,
    subscription: token_limits.Subscription = None,
    amount: token_limits.Amount = None,
    ip: token_limits.Addresses = None,
    as_json: AsJson = False,
) -> None:
    r"""Change a live token; what is not named stays. Scopes that are named replace the old ones.

    Example: staffetta token change anna@example.com 3fa2 --environment sandbox \
      --ttl 3600 --limit-ip 192.0.2.7 --limit-total-requests none
    """
    address = Address.parse(email)
    said = said_limits(total, wallet, subscription, amount, ip)
    if scope is None and ttl is None and name is None and not said:
        raise typer.BadParameter("name what is to change", param_hint="--scope, --ttl, --name …")

    async def work(parts: Opened) -> TokenRecord:
        async with parts.database.transaction() as connection:
            space = await find_space(connection, address, environment)
            before = await find_named_token(connection, space, token, parts.now, None)
            after = await change_hashed_token(
                connection,
                space,
                before.token_hash,
                TokenChange(
                    scopes=None if scope is None else tuple(scope),
                    lifetime_seconds=ttl,
                    name=name,
                    limits=limits_after(before.limits, said) if said else None,
                ),
                parts.now,
                own_hosts=parts.settings.own_hosts,
            )
            await _note(connection, "token.change", space, after.token_hash, after.name, parts)
            return after

    _show_one(environment, with_everything_open(work), reveal=False, as_json=as_json)


@app.command()
def revoke(
    email: Whose, token: _Token, environment: ForEnvironment, as_json: AsJson = False
) -> None:
    """End a live token: every process refuses it within a second.

    Example: staffetta token revoke anna@example.com 3fa2 --environment sandbox
    """
    address = Address.parse(email)

    async def work(parts: Opened) -> TokenRecord:
        async with parts.database.transaction() as connection:
            space = await find_space(connection, address, environment)
            ended = await find_named_token(connection, space, token, parts.now, None)
            await revoke_token(connection, space, ended.token_hash, parts.now)
            await _note(connection, "token.revoke", space, ended.token_hash, ended.name, parts)
            return ended

    ended = with_everything_open(work)
    said = {
        "id": token_id(ended.token_hash),
        "environment": environment.value,
        "ends_in": ended.hint,
        "name": ended.name,
    }
    rows = [(title.replace("_", " "), value) for title, value in said.items()]
    show(facts(said, rows, "The token is refused from now on."), as_json=as_json)


async def _note(
    connection: Connection,
    action: str,
    space: Space,
    token_hash: bytes,
    name: str,
    parts: Opened,
) -> None:
    details = {"token": token_id(token_hash), "name": name}
    await record(connection, whoever_commands(), action, space, details, parts.now)


def _list_keyring(parts: Opened) -> Keyring | None:
    """What tokens are sealed with beside their hashes, where they are kept readable at all."""
    return parts.keyring if parts.settings.tokens_listable else None


def _made(environment: Environment, made: NewToken) -> Result:
    identity = token_id(hash_secret(made.token))
    return facts(
        {
            "id": identity,
            "token": made.token,
            "refresh_token": made.refresh_token,
            "name": made.name,
            "scopes": list(made.scopes),
            "limits": made.limits.as_object(),
            "expire": int(made.expire_at.timestamp()),
        },
        [
            ("token", made.token),
            ("id", identity),
            ("environment", environment),
            ("scopes", "\n".join(made.scopes)),
            ("limits", told_limits(made.limits) or "none"),
            ("until", local_time(made.expire_at)),
        ],
    )


def _show_one(environment: Environment, token: TokenRecord, *, reveal: bool, as_json: bool) -> None:
    rows = [
        ("id", token_id(token.token_hash)),
        ("environment", environment),
        ("ends in", token.hint),
        ("name", token.name),
        ("scopes", "\n".join(token.scopes)),
        ("limits", told_limits(token.limits) or "none"),
        ("made", local_time(token.created_at)),
        ("until", local_time(token.expire_at)),
        *([("token", token.token or _NOT_KEPT)] if reveal else []),
    ]
    show(facts(_json_of(environment, token, reveal=reveal), rows), as_json=as_json)


def _json_of(environment: Environment, token: TokenRecord, *, reveal: bool) -> dict[str, object]:
    return {
        "id": token_id(token.token_hash),
        "environment": environment.value,
        "ends_in": token.hint,
        "name": token.name,
        "scopes": list(token.scopes),
        "limits": token.limits.as_object(),
        "created_at": token.created_at.isoformat(),
        "expire_at": token.expire_at.isoformat(),
        **({"token": token.token} if reveal else {}),
    }


def _row_of(environment: Environment, token: TokenRecord, *, reveal: bool) -> tuple[object, ...]:
    shown = (
        token_id(token.token_hash),
        environment,
        token.hint,
        token.name,
        len(token.scopes),
        told_limits(token.limits),
        local_time(token.expire_at),
    )
    return (*shown, token.token or _NOT_KEPT) if reveal else shown
