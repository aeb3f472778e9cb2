"""`staffetta ledger`: the books."""

from typing import Final

import typer

from staffetta.cli.ledger_export import export
from staffetta.cli.ledger_limit import limit
from staffetta.cli.ledger_statement import statement
from staffetta.cli.opened import Opened, with_everything_open
from staffetta.cli.options import AsJson
from staffetta.cli.output import Column, Result, facts, show
from staffetta.ledger.proof import Proof
from staffetta.ledger.verify import verify_books

app = typer.Typer(no_args_is_help=True, help="Prove, show and export the books; set limits.")
app.command()(statement)
app.command()(export)
app.command()(limit)

_FAULT_COLUMNS: Final = (Column("space", "right"), Column("what does not agree"))


@app.command()
def verify(as_json: AsJson = False) -> None:
    """Prove that ledger entries, wallets, holds and messages agree. Exit code 1 when they do not.

    It reads one snapshot, and disturbs nobody. Large books take it minutes.

    Example: staffetta ledger verify
    """

    async def work(parts: Opened) -> Proof:
        async with parts.database.transaction(
            isolation="repeatable_read", readonly=True
        ) as connection:
            return await verify_books(connection)

    proof = with_everything_open(work, patient=True)
    show(_result(proof), as_json=as_json)
    if not proof.holds:
        raise typer.Exit(1)


def _result(proof: Proof) -> Result:
    said = {
        "exact": proof.holds,
        "wallets": proof.wallet_count,
        "entries": proof.entry_count,
        "holds": proof.hold_count,
        "closings": proof.closing_count,
        "faults": [
            {"space": fault.space_id, "entry": fault.sequence, "what": fault.what}
            for fault in proof.faults
        ],
    }
    if proof.faults:
        rows = [(fault.space_id, fault.what) for fault in proof.faults]
        return Result(said, _FAULT_COLUMNS, rows, "The books are not exact.")
    counts = [
        ("wallets", proof.wallet_count),
        ("entries", proof.entry_count),
        ("holds", proof.hold_count),
        ("closings", proof.closing_count),
    ]
    return facts(said, counts, "The books are exact.")
