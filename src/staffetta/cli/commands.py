"""Which command is where: the table of everything but `serve` and `migrate`."""

import typer

from staffetta.cli import (
    account,
    apikey,
    audit,
    blocklist,
    bundle,
    callbacks,
    connector,
    guard,
    key,
    ledger,
    messages,
    person,
    send,
    sender,
    smsc,
    tls,
    token,
    topup,
    words,
)


def register(app: typer.Typer) -> None:
    """Add the commands of this table to the application."""
    app.add_typer(account.app, name="account")
    app.add_typer(person.app, name="person")
    app.add_typer(apikey.app, name="apikey")
    app.add_typer(token.app, name="token")
    app.command()(topup.topup)
    app.add_typer(bundle.app, name="bundle")
    app.add_typer(guard.app, name="guard")
    app.add_typer(words.app, name="words")
    app.add_typer(blocklist.app, name="blocklist")
    app.add_typer(sender.app, name="sender")
    app.add_typer(callbacks.app, name="callbacks")
    app.add_typer(connector.app, name="connector")
    app.add_typer(key.app, name="key")
    app.add_typer(tls.app, name="tls")
    app.command()(send.send)
    app.command()(messages.messages)
    app.add_typer(ledger.app, name="ledger")
    app.add_typer(audit.app, name="audit")
    app.command()(smsc.smsc)
