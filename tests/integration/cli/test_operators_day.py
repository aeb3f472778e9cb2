"""What an operator does for a customer, with the installed command from beginning to end."""

ANNA = "anna@example.com"
OLGA = "olga@example.com"
SANDBOX = ("--environment", "sandbox")
PASSWORD = "a passphrase of olga's"


async def test_a_customer_comes_changes_keys_and_goes(installed) -> None:
    made = await installed(
        *("account", "create", "--email", ANNA, "--owner-email", OLGA, "--password-stdin"),
        "--json",
        given=PASSWORD.encode() + b"\n",
    )
    rotated = await installed("apikey", "rotate", ANNA, *SANDBOX, "--overlap", "0", "--json")
    token = await installed("token", "create", "--email", ANNA, *SANDBOX, "--json")
    shown = await installed("account", "show", ANNA)
    assert f"{OLGA} (owner)" in shown.out
    listed = await installed("token", "list", ANNA)
    assert token.json["id"] in listed.out
    closed = await installed("account", "close", ANNA, "--json")
    assert closed.json["closed_at"] is not None
    noted = await installed("audit", "list", "--json")
    assert [one["action"] for one in noted.json] == [
        "account.close",
        "token.create",
        "apikey.rotate",
        "person.add",
        "account.create",
    ]
    secrets = [
        *made.json["api_keys"].values(),
        rotated.json["api_key"],
        token.json["token"],
        token.json["refresh_token"],
        PASSWORD,
    ]
    for ended in (shown, listed, closed, noted):
        assert not [secret for secret in secrets if secret in ended.out + ended.err]
    assert PASSWORD not in made.out + made.err
