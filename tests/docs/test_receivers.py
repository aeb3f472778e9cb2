"""The receivers of the guide to callbacks take what the product signs, and nothing else."""

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from guide_blocks import GUIDES, Mark, blocks_of
from guide_shell import GuideShell, typing
from guide_site import SAMPLE_SIGNING_SECRET, SAMPLE_URL, SANDBOX_TOKEN, GuideSite
from installation import wait_for

from staffetta.callbacks.sign import make_secret, signed_headers, signing_key

BLOCKS = blocks_of(GUIDES / "callbacks.md")
FILES = {block.word: block for block in BLOCKS if block.mark is Mark.FILE}
SERVERS = {
    name: block
    for name in FILES
    for block in BLOCKS
    if block.mark is Mark.SERVER and block.text.rstrip().endswith(name)
}
SEND = next(block for block in BLOCKS if "9000/sms" in block.text and block.is_command)
BODY = json.dumps({"id": "6b017c79586a4c8d3e16c979", "state": "DELIVERED"}).encode()
GENUINE, FORGED = 204, 401


def test_there_is_a_receiver_in_four_languages() -> None:
    assert set(SERVERS) == {"receiver.py", "receiver.mjs", "receiver.php", "receiver.go"}


@contextmanager
def serving(name: str, site: GuideSite, directory: Path) -> Iterator[GuideShell]:
    with typing(site, directory / "shell") as shell:
        shell.save(FILES[name])
        shell.run(f"SECRET={SAMPLE_SIGNING_SECRET} URL={SAMPLE_URL} TOKEN={SANDBOX_TOKEN}")
        shell.serve(SERVERS[name])
        yield shell


@pytest.mark.parametrize("name", FILES)
def test_it_tells_calls_of_the_product_from_all_others(
    name: str, site: GuideSite, tmp_path: Path
) -> None:
    key = signing_key(site.samples[SAMPLE_SIGNING_SECRET])
    other = signing_key(make_secret())
    with serving(name, site, tmp_path) as shell, httpx.Client(timeout=20) as client:
        # Only now: the seconds until it listens would make the youngest of the old ones too old.
        now = datetime.now(UTC)
        genuine = signed_headers(secrets.token_bytes(12), now, BODY, [key])
        unsigned = {k: v for k, v in genuine.items() if k != "webhook-signature"}
        calls = [
            ("as it was signed", genuine, BODY, GENUINE),
            ("the same once more", genuine, BODY, GENUINE),
            ("two secrets", signed_headers(b"two", now, BODY, [other, key]), BODY, GENUINE),
            ("four minutes old", _signed(now, -4, key), BODY, GENUINE),
            ("changed", genuine, BODY.replace(b"DELIVERED", b"REJECTED!"), FORGED),
            ("another id", {**genuine, "webhook-id": "cb_00"}, BODY, FORGED),
            ("another secret", signed_headers(b"no", now, BODY, [other]), BODY, FORGED),
            ("six minutes old", _signed(now, -6, key), BODY, FORGED),
            ("six minutes ahead", _signed(now, 6, key), BODY, FORGED),
            ("no such moment", {**genuine, "webhook-timestamp": "now"}, BODY, FORGED),
            ("a short signature", {**genuine, "webhook-signature": "v1,"}, BODY, FORGED),
            ("not signed", unsigned, BODY, FORGED),
            ("nothing", {}, b"", FORGED),
        ]
        url = f"http://127.0.0.1:{shell.here('9000')}/sms"
        answers = [client.post(url, headers=head, content=body) for _, head, body, _ in calls]
        said = {what: answer.status_code for (what, *_), answer in zip(calls, answers, strict=True)}
        assert said == {what: status for what, _, _, status in calls}


def _signed(now: datetime, minutes: int, key: bytes) -> dict[str, str]:
    moment = now + timedelta(minutes=minutes)
    return signed_headers(secrets.token_bytes(12), moment, BODY, [key])


@pytest.mark.parametrize("name", FILES)
def test_it_is_told_of_a_message_and_prints_it_once(
    name: str, site: GuideSite, tmp_path: Path
) -> None:
    with serving(name, site, tmp_path) as shell:
        message_id = json.loads(shell.type(SEND))["data"]["id"]
        line = f"{message_id} DELIVERED"
        wait_for(lambda: line in shell.said_at("9000"), what=line)
        assert shell.said_at("9000").count(line) == 1
