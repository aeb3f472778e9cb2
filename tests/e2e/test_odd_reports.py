"""A carrier with short ids, hexadecimal in answers and decimal in bare reports, as it is found."""

from pathlib import Path

from carrier import add_carrier, running_carrier
from installation import running, wait_for

COUNT = 24


def test_its_reports_are_matched_and_its_spelling_is_learned(tmp_path: Path) -> None:
    odd = ("--ids", "hex-decimal", "--first-id", "1", "--report-form", "bare")
    with (
        running_carrier(tmp_path / "carrier", more=odd) as carrier,
        running(tmp_path / "data") as installation,
    ):
        token = installation.make_account()["production"]
        add_carrier(installation, carrier.port)
        with installation.client(token, "production") as client:

            def sent(number: int) -> str | None:
                body = {"recipient": f"+39333123{number:04d}", "message": "ciao"}
                answer = client.post("/IT-messages", json=body)
                return answer.json()["data"]["id"] if answer.status_code == 201 else None

            def is_delivered(identifier: str) -> bool:
                state: str = client.get(f"/messages/{identifier}").json()["data"]["state"]
                return state == "DELIVERED"

            # The route is known to every process a moment after the connector was added.
            identifiers = [
                wait_for(lambda: sent(1000 + number), what="a route")  # noqa: B023 - at once
                for number in range(COUNT)
            ]
            for identifier in identifiers:
                wait_for(lambda: is_delivered(identifier), what="delivered")  # noqa: B023 - at once
        shown = wait_for(
            lambda: installation.json("connector", "show", "acme")["learned"], 20, "learned"
        )
        assert shown["report_spelling"] == "text/decimal"
        assert installation.json("connector", "reports", "acme", "--waiting", "--orphans") == []
