"""What would happen to a number: the checks of a send are made, and nothing is sent or stored."""

from hand_gateway import FRENCH, ITALIAN, Gateway, make_connector
from operator_desk import make_account

from staffetta.routing.carriers import hold_links, read_carriers, tell_link

NUMBERS = "/numbers"


async def bind(gateway: Gateway) -> None:
    """The link of the gateway's carrier is bound."""
    now, connector_id = gateway.clock.now(), gateway.connector.connector_id
    async with gateway.database.transaction() as connection:
        await hold_links(connection, await read_carriers(connection), gateway.owner, now)
        await tell_link(
            connection,
            connector_id=connector_id,
            number=1,
            owner=gateway.owner,
            state="bound",
            detail="",
            now=now,
        )


async def test_the_number_is_taken_apart(desk) -> None:
    shown = await desk.see(NUMBERS, number=FRENCH)
    assert "France (FR, +33)" in shown
    assert ">mobile<" in shown
    landline = await desk.see(NUMBERS, number="+390612345678")
    assert "fixed line" in landline
    assert "not a mobile one" in landline
    assert "cannot be read as a number" in await desk.see(NUMBERS, number="hello")


async def test_it_says_who_takes_it_and_whether_that_is_bound(gateway, desk) -> None:
    shown = await desk.see(NUMBERS, number=ITALIAN)
    assert "It would be accepted, and wait: carrier takes it" in shown
    await bind(gateway)
    assert "sent over carrier at once" in await desk.see(NUMBERS, number=ITALIAN)


async def test_each_route_says_why_it_comes_where_it_does(gateway, desk) -> None:
    await make_connector(gateway.database, "cheap", {"*": 1_000})
    await make_connector(gateway.database, "dear", {"IT": 90_000})
    await make_connector(gateway.database, "asleep", {"IT": 1})
    async with gateway.database.transaction() as connection:
        await connection.execute("UPDATE connector SET enabled = false WHERE name = 'asleep'")
    await gateway.snapshots.refresh_once()
    shown = await desk.see(NUMBERS, number=ITALIAN)
    rows = shown[shown.index("<tbody>") :]
    assert rows.index("carrier") < rows.index("dear") < rows.index("cheap")
    assert "It goes first." in rows
    assert "It costs more." in rows
    assert "A route for the country itself goes before" in rows
    assert "if they were started: asleep" in rows


async def test_a_text_is_cut_as_the_chosen_carrier_gets_it(gateway, desk) -> None:
    async with gateway.database.transaction() as connection:
        await connection.execute(
            'UPDATE connector SET settings = \'{"transliterate": "punctuation"}\''
        )
    shown = await desk.see(NUMBERS, number=ITALIAN, text="“Ciao” <b>tutti</b>")
    assert "UCS-2" in shown
    assert "gets it another way: GSM-7, segments: 1." in shown
    assert "&#34;Ciao&#34; &lt;b&gt;tutti&lt;/b&gt;" in shown


async def test_a_long_text_is_looked_at_whole(gateway, desk) -> None:
    shown = await desk.see(NUMBERS, number=ITALIAN, text="long " * 200 + "end.")
    assert "end.</li>" in shown
    assert shown.count('class="bubble"') == 7


async def test_a_forbidden_word_is_told_and_blocks_nobody(gateway, desk) -> None:
    async with gateway.database.transaction() as connection:
        await connection.execute(
            "INSERT INTO forbidden_word (kind, text, created_at) VALUES ('word', 'casino', $1)",
            gateway.clock.now(),
        )
    await gateway.snapshots.refresh_once()
    shown = await desk.see(
        NUMBERS, number=ITALIAN, text="The best casino", account="alice@example.com"
    )
    assert "the message was refused" in shown
    rows = await gateway.rows("SELECT FROM blocklisting")
    assert rows == []


async def test_an_account_brings_its_own_refusals_and_its_price(gateway, desk) -> None:
    shown = await desk.see(NUMBERS, number=ITALIAN, account="alice@example.com")
    assert "€0.03" in shown
    assert "€10.00" in shown
    await make_account(gateway, "poor@example.com")
    poor = await desk.see(NUMBERS, number=ITALIAN, account="poor@example.com")
    assert "It would be refused." in poor
    nobody = await desk.see(NUMBERS, number=ITALIAN, account="nobody@example.com")
    assert "no account has the address nobody@example.com" in nobody


async def test_a_number_without_a_route_is_said_so(gateway, desk) -> None:
    shown = await desk.see(NUMBERS, number=ITALIAN, environment="sandbox")
    assert "no route is configured to IT in sandbox" in shown
    assert "No route leads there." in shown


async def test_nothing_is_stored(gateway, desk) -> None:
    await desk.see(NUMBERS, number=ITALIAN, text="hello", account="alice@example.com")
    assert await gateway.rows("SELECT FROM message") == []
    assert await gateway.wallet() == (10_000_000, 0)
