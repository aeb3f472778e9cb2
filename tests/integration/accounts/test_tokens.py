"""What an account does with its tokens, on a real database: list, find, change, renew, end."""

import asyncio
from datetime import timedelta

import pytest

from staffetta.accounts import create_token as creating
from staffetta.accounts.authorize import Authorizer
from staffetta.accounts.create_account import NewAccount, create_account
from staffetta.accounts.email import Email
from staffetta.accounts.errors import (
    InvalidTokenTerms,
    NoSuchToken,
    TooManyTokens,
    WrongRefreshToken,
)
from staffetta.accounts.forget_tokens import KEPT_AFTER_END, forget_tokens_once
from staffetta.accounts.renew_token import REFRESH_LIFETIME
from staffetta.accounts.space import Space
from staffetta.accounts.token_desk import NewToken, TokenChange, TokenDesk, TokenTerms
from staffetta.accounts.token_limits import parse_limits
from staffetta.db.pool import Database
from staffetta.domain.environments import Environment
from staffetta.domain.scopes import InvalidScope, ScopeNotEnabled
from staffetta.domain.secrets import Keyring, hash_secret, is_refresh_token, make_server_key_text
from staffetta.ledger.topup import top_up

KEYRING = Keyring.parse(make_server_key_text())
ITALIAN, SPANISH = "POST:test.sms.openapi.com/IT-messages", "POST:test.sms.openapi.com/ES-messages"
LIMITS = parse_limits({"totalRequests": 5, "ip": ["192.0.2.0/24"]})


@pytest.fixture
def desk(database: Database) -> TokenDesk:
    return TokenDesk(database, KEYRING, ["localhost", "sms.example.org"])


@pytest.fixture
def space(account: NewAccount) -> Space:
    return account.spaces[Environment.SANDBOX]


async def make(desk: TokenDesk, space: Space, clock, *scopes: str, **terms: object) -> NewToken:
    return await desk.create(space, TokenTerms(scopes or (ITALIAN,), **terms), clock.now())


async def test_a_token_is_listed_as_it_was_made(desk, space, clock) -> None:
    made = await make(desk, space, clock, lifetime_seconds=3600, name="shop", limits=LIMITS)
    (record,) = await desk.list(space, clock.now())
    assert record.token == record.shown == made.token
    assert record.refresh_token == made.refresh_token
    assert is_refresh_token(made.refresh_token)
    assert (record.scopes, record.name, record.limits) == ((ITALIAN,), "shop", LIMITS)
    assert (record.created_at, record.expire_at) == (clock.now(), clock.now() + timedelta(hours=1))
    assert await desk.find(space, made.token, clock.now()) == record


async def test_the_secrets_of_a_token_show_in_no_representation(desk, space, clock) -> None:
    made = await make(desk, space, clock)
    (record,) = await desk.list(space, clock.now())
    for secret in (made.token, made.refresh_token):
        assert secret not in repr(made)
        assert secret not in repr(record)


async def test_where_only_the_hash_is_kept_a_list_shows_four_characters(
    database: Database, desk: TokenDesk, space: Space, clock
) -> None:
    hashes_alone = TokenDesk(database, None, ())
    made = await make(hashes_alone, space, clock)
    async with database.acquire() as connection:
        kept = await connection.fetchrow("SELECT sealed, refresh_sealed FROM token")
    assert kept is not None
    assert tuple(kept) == (None, None)
    for one in (hashes_alone, desk):
        (record,) = await one.list(space, clock.now())
        assert (record.shown, record.refresh_token) == (made.token[-4:], None)
    found = await hashes_alone.find(space, made.token, clock.now())
    assert found is not None
    assert found.shown == made.token  # the caller has just shown it


async def test_a_list_is_not_stopped_by_a_key_that_is_gone(
    database: Database, desk: TokenDesk, space: Space, clock
) -> None:
    made = await make(desk, space, clock)
    other = TokenDesk(database, Keyring.parse(make_server_key_text()), ())
    (record,) = await other.list(space, clock.now())
    assert record.shown == made.token[-4:]


async def test_tokens_are_listed_newest_first_and_in_pages(desk, space, clock) -> None:
    made = []
    for _ in range(3):
        made.append((await make(desk, space, clock)).token)
        clock.advance(1)
    listed = [record.token for record in await desk.list(space, clock.now())]
    assert listed == made[::-1]
    page = await desk.list(space, clock.now(), skip=1, limit=1)
    assert [record.token for record in page] == [made[1]]


async def test_a_filter_finds_the_tokens_that_hold_all_of_its_scopes(desk, space, clock) -> None:
    one = await make(desk, space, clock, ITALIAN)
    clock.advance(1)
    both = await make(desk, space, clock, ITALIAN, SPANISH)

    async def filtered(*scopes: str) -> list[str | None]:
        return [record.token for record in await desk.list(space, clock.now(), scopes=scopes)]

    assert await filtered() == [both.token, one.token]
    assert await filtered(ITALIAN) == [both.token, one.token]
    assert await filtered(ITALIAN, SPANISH) == [both.token]
    assert await filtered("*:test.sms.openapi.com/*") == []
    assert await filtered("POST:sms.openapi.com/IT-messages") == []
    assert await filtered("no scope at all") == []


async def test_what_is_over_or_somebody_elses_is_not_there(
    database: Database, desk: TokenDesk, account: NewAccount, space: Space, clock
) -> None:
    async with database.transaction() as connection:
        bob = Email.parse("bob@example.com")
        other = await create_account(connection, bob, "EUR", top_up, clock.now())
    short = await make(desk, space, clock, lifetime_seconds=60)
    revoked = await make(desk, space, clock)
    await desk.revoke(space, revoked.token, clock.now())
    kept = await make(desk, space, clock)
    strangers = [other.spaces[Environment.SANDBOX], account.spaces[Environment.PRODUCTION]]
    clock.advance(61)
    assert [record.token for record in await desk.list(space, clock.now())] == [kept.token]
    change = TokenChange(name="mine")
    gone = [(space, short.token), (space, revoked.token), (space, "x"), (space, "0" * 24)]
    for whose, token in [*gone, *((one, kept.token) for one in strangers)]:
        assert await desk.find(whose, token, clock.now()) is None
        with pytest.raises(NoSuchToken):
            await desk.change(whose, token, change, clock.now())
        with pytest.raises(NoSuchToken):
            await desk.revoke(whose, token, clock.now())
    for one in strangers:
        assert await desk.list(one, clock.now()) == ()


async def test_a_change_touches_only_what_it_names(desk, space, clock) -> None:
    made = await make(desk, space, clock, name="shop", limits=LIMITS)
    clock.advance(100)

    async def change(**what: object):
        return await desk.change(space, made.token, TokenChange(**what), clock.now())

    record = await change(scopes=(SPANISH,))
    assert (record.scopes, record.expire_at) == ((SPANISH,), made.expire_at)
    assert (record.name, record.limits, record.token) == ("shop", LIMITS, made.token)
    record = await change(lifetime_seconds=60)
    assert record.expire_at == clock.now() + timedelta(seconds=60)
    record = await change(name="", limits=parse_limits({}))
    assert (record.scopes, record.name, record.limits) == ((SPANISH,), "", parse_limits({}))
    assert await desk.find(space, made.token, clock.now()) == record


@pytest.mark.parametrize(
    ("what", "error"),
    [
        ({"scopes": ()}, InvalidScope),
        ({"scopes": ("?",)}, InvalidScope),
        ({"scopes": ("POST:sms.openapi.com/otp",)}, ScopeNotEnabled),
        ({"lifetime_seconds": 0}, InvalidTokenTerms),
        ({"lifetime_seconds": creating.LIFETIME_SECONDS_MAX + 1}, InvalidTokenTerms),
        ({"name": "x" * 101}, InvalidTokenTerms),
    ],
)
async def test_a_change_that_cannot_be_changes_nothing(desk, space, clock, what, error) -> None:
    made = await make(desk, space, clock)
    with pytest.raises(error):
        await desk.change(space, made.token, TokenChange(**what), clock.now())
    record = await desk.find(space, made.token, clock.now())
    assert (record.scopes, record.expire_at, record.name) == ((ITALIAN,), made.expire_at, "")


async def test_the_servers_own_names_may_stand_in_scopes(desk, space, clock) -> None:
    for host in ("localhost:8080", "sms.example.org"):
        made = await make(desk, space, clock, f"POST:{host}/IT-messages")
        assert made.scopes == (f"POST:{host}/IT-messages",)
    with pytest.raises(ScopeNotEnabled):
        await make(desk, space, clock, "POST:other.example/IT-messages")
    terms = TokenTerms(("POST:other.example:80/IT-messages",))
    made = await desk.create(space, terms, clock.now(), came_to=["other.example"])
    assert made.scopes == terms.scopes
    listed = await desk.list(space, clock.now(), scopes=terms.scopes, came_to=["other.example"])
    assert [record.token for record in listed] == [made.token]


async def test_a_space_has_so_many_live_tokens_and_no_more(
    database: Database, desk: TokenDesk, space: Space, clock
) -> None:
    made = await make(desk, space, clock)
    async with database.transaction() as connection:
        await connection.execute(
            "INSERT INTO token (hash, space_id, scopes, hint, created_at, expire_at)"
            " SELECT int4send(one), $1, '{}', 'abcd', $2, $3 FROM generate_series(2, $4) AS one",
            space.space_id,
            clock.now(),
            made.expire_at,
            creating.TOKENS_MAX,
        )
    with pytest.raises(TooManyTokens, match="10000"):
        await make(desk, space, clock)
    await desk.revoke(space, made.token, clock.now())
    await make(desk, space, clock)


# Renewing -----------------------------------------------------------------------------------------


async def test_a_renewed_token_goes_on_where_the_old_one_stopped(
    database: Database, desk: TokenDesk, space: Space, clock
) -> None:
    clock.advance(0.7)
    old = await make(desk, space, clock, lifetime_seconds=3600, name="shop", limits=LIMITS)
    clock.advance(100)
    new = await desk.renew(space, old.refresh_token, clock.now(), old.token)
    assert len({old.token, new.token, old.refresh_token, new.refresh_token}) == 4
    assert (new.scopes, new.name, new.limits) == (old.scopes, "shop", LIMITS)
    assert new.expire_at == clock.now().replace(microsecond=0) + timedelta(hours=1)
    assert [record.token for record in await desk.list(space, clock.now())] == [new.token]
    authorizer = Authorizer(database)
    newest = await desk.renew(space, new.refresh_token, clock.now())
    grant = await authorizer.grant_for(newest.token, Environment.SANDBOX, clock.now())
    assert grant is not None
    assert (grant.token_hash, grant.use_hash) == (
        hash_secret(newest.token),
        hash_secret(old.token),
    )


@pytest.mark.parametrize("seconds", [60, 86_400])
async def test_a_token_is_renewed_for_as_long_as_was_last_asked(
    desk: TokenDesk, space: Space, clock, seconds: int
) -> None:
    old = await make(desk, space, clock, lifetime_seconds=3600)
    clock.advance(1800)
    await desk.change(space, old.token, TokenChange(lifetime_seconds=seconds), clock.now())
    await desk.change(space, old.token, TokenChange(name="shop"), clock.now())
    new = await desk.renew(space, old.refresh_token, clock.now())
    newest = await desk.renew(space, new.refresh_token, clock.now())
    for one in (new, newest):
        assert one.expire_at == clock.now() + timedelta(seconds=seconds)


async def test_a_token_of_an_earlier_release_is_renewed_for_as_long_as_it_was_to_live(
    database: Database, desk: TokenDesk, space: Space, clock
) -> None:
    clock.advance(0.7)
    old = await make(desk, space, clock, lifetime_seconds=3600)
    async with database.acquire() as connection:
        await connection.execute("UPDATE token SET lifetime_seconds = NULL")
    clock.advance(100)
    new = await desk.renew(space, old.refresh_token, clock.now())
    assert new.expire_at == clock.now().replace(microsecond=0) + timedelta(hours=1)


async def test_a_refresh_token_works_once(desk, space, clock) -> None:
    old = await make(desk, space, clock)
    new = await desk.renew(space, old.refresh_token, clock.now())
    with pytest.raises(WrongRefreshToken):
        await desk.renew(space, old.refresh_token, clock.now())
    again = await desk.renew(space, new.refresh_token, clock.now())
    assert [record.token for record in await desk.list(space, clock.now())] == [again.token]


async def test_of_many_renewals_at_once_exactly_one_wins(desk, space, clock) -> None:
    old = await make(desk, space, clock)
    ended = await asyncio.gather(
        *(desk.renew(space, old.refresh_token, clock.now()) for _ in range(8)),
        return_exceptions=True,
    )
    made = [one for one in ended if isinstance(one, NewToken)]
    assert len(made) == 1
    assert [type(one) for one in ended if one not in made] == [WrongRefreshToken] * 7
    assert [record.token for record in await desk.list(space, clock.now())] == [made[0].token]


async def test_a_refresh_token_speaks_for_its_own_space_and_token(
    desk: TokenDesk, account: NewAccount, space: Space, clock
) -> None:
    one, other = await make(desk, space, clock), await make(desk, space, clock)
    refresh, now = one.refresh_token, clock.now()
    assert await desk.space_of_refresh(refresh, Environment.SANDBOX, now) == space
    assert await desk.space_of_refresh(refresh, Environment.PRODUCTION, now) is None
    for wrong in (one.token, "", "0" * 32, "\ud800"):
        assert await desk.space_of_refresh(wrong, Environment.SANDBOX, now) is None
    with pytest.raises(WrongRefreshToken):
        await desk.renew(account.spaces[Environment.PRODUCTION], refresh, now)
    with pytest.raises(WrongRefreshToken):
        await desk.renew(space, refresh, now, other.token)
    assert (await desk.renew(space, refresh, now, one.token)).scopes == one.scopes


async def test_a_token_that_expired_a_while_ago_is_renewed_but_a_revoked_one_is_not(
    desk: TokenDesk, space: Space, clock
) -> None:
    short = await make(desk, space, clock, lifetime_seconds=60)
    revoked = await make(desk, space, clock)
    await desk.revoke(space, revoked.token, clock.now())
    with pytest.raises(WrongRefreshToken):
        await desk.renew(space, revoked.refresh_token, clock.now())
    clock.advance(86_400)
    new = await desk.renew(space, short.refresh_token, clock.now())
    assert new.expire_at == clock.now() + timedelta(seconds=60)
    clock.advance(REFRESH_LIFETIME.total_seconds())
    with pytest.raises(WrongRefreshToken):
        await desk.renew(space, new.refresh_token, clock.now())


async def test_a_refresh_token_opens_no_call_and_the_old_token_is_refused_after_a_poll(
    database: Database, desk: TokenDesk, space: Space, clock
) -> None:
    authorizer = Authorizer(database)

    async def grant(token: str):
        return await authorizer.grant_for(token, Environment.SANDBOX, clock.now())

    old = await make(desk, space, clock)
    assert await grant(old.refresh_token) is None
    await authorizer.refresh_once(clock.now())
    assert await grant(old.token) is not None
    new = await desk.renew(space, old.refresh_token, clock.now())
    await authorizer.refresh_once(clock.now())
    assert await grant(old.token) is None
    assert await grant(new.token) is not None


async def test_what_has_long_been_over_is_forgotten_with_its_use(
    database: Database, desk: TokenDesk, space: Space, clock
) -> None:
    revoked, kept = await make(desk, space, clock), await make(desk, space, clock)
    short = await make(desk, space, clock, lifetime_seconds=60)
    await desk.revoke(space, revoked.token, clock.now())
    hashes = {one: hash_secret(one.token) for one in (revoked, short, kept)}
    async with database.transaction() as connection:
        await connection.executemany(
            "INSERT INTO token_use (use_hash) VALUES ($1)", [(one,) for one in hashes.values()]
        )

    async def left() -> list[set[bytes]]:
        async with database.acquire() as connection:
            tokens = await connection.fetch("SELECT hash FROM token")
            used = await connection.fetch("SELECT use_hash FROM token_use")
        return [{row[0] for row in rows} for rows in (tokens, used)]

    assert await forget_tokens_once(database, clock.now()) == 0
    clock.advance(KEPT_AFTER_END.total_seconds() + 61)
    assert await forget_tokens_once(database, clock.now()) == 1
    assert await left() == [{hashes[short], hashes[kept]}] * 2  # the short one may be renewed
    new = await desk.renew(space, short.refresh_token, clock.now())
    clock.advance(KEPT_AFTER_END.total_seconds() + 1)
    assert await forget_tokens_once(database, clock.now()) == 1
    tokens = {hash_secret(new.token), hashes[kept]}
    assert await left() == [tokens, {hashes[short], hashes[kept]}]  # what the new one goes on with
    clock.advance(REFRESH_LIFETIME.total_seconds())
    assert await forget_tokens_once(database, clock.now()) == 2
    assert await left() == [set(), set()]
