"""Options that several commands share, and their readers."""

from typing import Annotated

import typer

from staffetta.domain.environments import Environment
from staffetta.domain.money import InvalidAmount, parse_amount

AsJson = Annotated[
    bool, typer.Option("--json", help="Print the result as JSON, for other programs.")
]
Email = Annotated[str, typer.Option("--email", help="The account's e-mail address.")]
Whose = Annotated[str, typer.Argument(metavar="EMAIL", help="The account's e-mail address.")]
ForEnvironment = Annotated[
    Environment,
    typer.Option("--environment", help="Which world: their money and tokens never mix."),
]


def amount_micro(text: str, *, option: str) -> int:
    """The micro-units of an option's amount; a wrong one is wrong usage."""
    try:
        return parse_amount(text)
    except InvalidAmount as error:
        raise typer.BadParameter(str(error), param_hint=option) from None
