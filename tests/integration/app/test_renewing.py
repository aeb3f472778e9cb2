"""What housekeeping says of bundles: a line in the log, and an alert that is owed."""

from datetime import timedelta

from open_books import EUR, START, buy, make_space, rows
from structlog.testing import capture_logs

from staffetta.accounts.set_terms import TermsChanges, set_terms
from staffetta.app.renewing import renew_bundles_once
from staffetta.db.pool import Database
from staffetta.domain.ids import IdMaker
from staffetta.ledger.bundle import BundleTerms
from staffetta.ledger.wallet_guards import WalletGuardChanges, set_wallet_guards

END = START + timedelta(days=30)


async def test_a_renewal_is_logged_and_an_end_is_told_to_whoever_wants_it(
    database: Database,
) -> None:
    ids = IdMaker()
    space_id = await make_space(database, "anna@example.com", 25 * EUR)
    async with database.transaction() as connection:
        await set_wallet_guards(connection, space_id, WalletGuardChanges(alert_below_micro=EUR))
        await set_terms(connection, space_id, TermsChanges(alert_url="https://example.com/low"))
    terms = BundleTerms(100, 8 * EUR, 30, autorenew=True, name="monthly")
    bundle = await buy(database, space_id, terms, ids, START)
    with capture_logs() as logs:
        assert await renew_bundles_once(database, ids, END) == 1
    assert [(line["event"], line["bundle"], line["name"]) for line in logs] == [
        ("bundle_renewed", bundle.id, "monthly")
    ]
    assert await rows(database, "SELECT FROM callback") == []

    await rows(database, "UPDATE bundle SET price_micro = 10000000 RETURNING 1")
    with capture_logs() as logs:
        assert await renew_bundles_once(database, ids, END + timedelta(days=30)) == 1
    ended = next(line for line in logs if line["event"] == "bundle_ended")
    assert "10.00 needed, 9.00 available" in ended["reason"]
    owed = await rows(database, "SELECT kind, host, payload FROM callback")
    assert [(row["kind"], row["host"]) for row in owed] == [("low_credit", "example.com")]
    assert owed[0]["payload"]["body"]["available"] == 9
