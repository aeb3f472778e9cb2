"""`staffetta send`: one message, through a running server's API."""

from typing import Annotated, Any, Final

import typer

from staffetta.cli.gateway import DEFAULT_ADDRESS, Gateway, ServerAddress, Token
from staffetta.cli.options import AsJson
from staffetta.cli.output import Result, facts, show
from staffetta.domain.environments import Environment, Market

_MARKETS: Final = {"+39": Market.ITALY, "+34": Market.SPAIN}


def send(
    recipient: Annotated[str, typer.Argument(help="A mobile number like +393331234567.")],
    text: Annotated[str, typer.Argument(help="What to say.")],
    sender: Annotated[
        str | None, typer.Option("--sender", help="3 to 11 letters, digits and spaces.")
    ] = None,
    environment: Annotated[
        Environment, typer.Option("--environment", help="The sandbox reaches no real phone.")
    ] = Environment.SANDBOX,
    market: Annotated[
        Market | None,
        typer.Option("--market", help="The endpoint: by the number's country if not given."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check and price it, and send nothing.")
    ] = False,
    idempotency_key: Annotated[
        str | None,
        typer.Option("--idempotency-key", help="The same key is never sent twice in 24 hours."),
    ] = None,
    token: Token = None,
    url: ServerAddress = DEFAULT_ADDRESS,
    as_json: AsJson = False,
) -> None:
    """Send a message through a running server.

    Example: STAFFETTA_TOKEN=... staffetta send +393331234567 "Hello from Staffetta"
    """
    endpoint = market or _MARKETS.get(recipient[:3], Market.WORLD)
    message = Gateway(url, environment, token).call(
        "POST",
        f"/{endpoint}-messages",
        {
            "sender": sender,
            "recipient": recipient,
            "message": text,
            "options": {"dryRun": dry_run},
        },
        {"Idempotency-Key": idempotency_key} if idempotency_key is not None else {},
    )
    show(_result(message), as_json=as_json)


def _result(message: dict[str, Any]) -> Result:
    return facts(
        message,
        [
            ("id", message.get("id")),
            ("state", message.get("state")),
            ("recipient", message.get("recipient")),
            ("sender", message.get("sender")),
            ("encoding", message.get("encoding")),
            ("segments", message.get("messageCount")),
            ("price", message.get("totalPrice")),
        ],
    )
