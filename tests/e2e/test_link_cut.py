"""The link to the carrier breaks in the middle of a window: everything arrives all the same."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from carrier import Carrier, add_carrier, links_of, running_carrier, wait_for_route
from installation import Installation, running, wait_for
from tcp_proxy import TcpProxy, Way, running_proxy

MESSAGES = 300
WINDOW = 100
SENDERS = 4
SENDER = b"Openapi\0"  # as each submit_sm has it, and nothing else that goes to the carrier
SUBMIT_SM_RESP = (0x8000_0004).to_bytes(4, "big")
LONG = "Questo testo non entra in un solo segmento. " * 5


@dataclass(frozen=True)
class Setting:
    """An installation whose carrier is reached through a proxy."""

    installation: Installation
    carrier: Carrier
    proxy: TcpProxy
    client: httpx.Client


@pytest.fixture(scope="module")
def setting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Setting]:
    directory = tmp_path_factory.mktemp("link")
    with (
        running_carrier(directory) as carrier,
        running_proxy(carrier.port) as proxy,
        running(directory / "data") as installation,
    ):
        token = installation.make_account()["production"]
        add_carrier(installation, proxy.port, window=WINDOW)
        wait_for(lambda: links_of(installation) == ["bound"], what="bound")
        with installation.client(token, "production") as client:
            wait_for_route(client)
            yield Setting(installation, carrier, proxy, client)


def cut_in_a_submit(proxy: TcpProxy) -> None:
    """Some submits are through, the next one half: an answer to a report puts nothing in doubt."""
    proxy.cut_in(Way.TO_SERVER, SENDER, 30)


def cut_in_an_answer(proxy: TcpProxy) -> None:
    """The carrier took more than we heard of: a report that is cut would put nothing in doubt."""
    proxy.cut_in(Way.TO_CLIENT, SUBMIT_SM_RESP, 30)


def stall(proxy: TcpProxy) -> None:
    """The window fills, and nobody answers; the test cuts later."""
    proxy.stall()


TROUBLES = [cut_in_a_submit, cut_in_an_answer, stall]


@pytest.mark.parametrize("trouble", TROUBLES)
def test_every_message_is_delivered_and_duplicates_are_flagged(
    setting: Setting, trouble: Callable[[TcpProxy], None]
) -> None:
    connections = setting.proxy.connection_count
    trouble(setting.proxy)
    sent = send_all(setting.client, first_number=TROUBLES.index(trouble) * MESSAGES)
    if trouble is stall:
        wait_for(lambda: is_full(setting.installation), what="the window is full")
        setting.proxy.cut()
        setting.proxy.go_on()
    wait_for(lambda: setting.proxy.connection_count > connections, what="a new connection")
    wait_for(lambda: all_delivered(setting.client, sent), 180, "every message delivered")
    flagged = {
        message["recipient"]
        for message in read_all(setting.client).values()
        if message["id"] in sent and message.get("possiblyDuplicate")
    }
    texts, counts = arrivals(setting.carrier)
    assert {recipient: texts[recipient] for recipient, _ in sent.values()} == dict(sent.values())
    twice = {recipient for recipient, _ in sent.values() if counts[recipient] > 1}
    assert twice <= flagged
    if trouble is cut_in_an_answer:
        assert twice, "what the carrier took without our hearing of it was sent again"
    # Only what was in flight is in doubt: never more than the window.
    assert 0 < len(flagged) <= WINDOW
    wait_for(lambda: links_of(setting.installation) == ["bound"], what="bound again")
    assert setting.installation.json("ledger", "verify")["exact"] is True


def is_full(installation: Installation) -> bool:
    """Whether no answer comes, and no more is sent."""
    (link,) = installation.json("connector", "show", "acme")["links"]
    window = link["use"]["window"] if link["use"] else {"open": 0, "max": WINDOW}
    return bool(window["open"] == window["max"])


def send_all(client: httpx.Client, first_number: int) -> dict[str, tuple[str, str]]:
    """Send from several threads, so that many are in flight; recipients and texts by id."""

    def send(number: int) -> tuple[str, tuple[str, str]]:
        market, stem = ("IT", "+393331") if number % 3 else ("WW", "+33612")
        recipient = f"{stem}{number:06d}"
        text = f"numero {number} " + (LONG if number % 10 == 0 else "")
        body = {"recipient": recipient, "message": text}
        answer = client.post(f"/{market}-messages", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()["data"]["id"], (recipient, text)

    with ThreadPoolExecutor(SENDERS) as pool:
        return dict(pool.map(send, range(first_number, first_number + MESSAGES)))


def read_all(client: httpx.Client) -> dict[str, dict[str, Any]]:
    answer = client.get("/messages", params={"limit": 1000})
    return {message["id"]: message for message in answer.json()["data"]}


def all_delivered(client: httpx.Client, sent: Iterable[str]) -> bool:
    messages = read_all(client)
    return all(messages[identifier]["state"] == "DELIVERED" for identifier in sent)


def arrivals(carrier: Carrier) -> tuple[dict[str, str], dict[str, int]]:
    """The joined text that came for each recipient, and how often its commonest segment came."""
    parts: dict[str, dict[int, str]] = defaultdict(dict)
    times: Counter[tuple[str, int]] = Counter()
    for entry in carrier.journal():
        parts[f"+{entry.destination}"][entry.part] = entry.text
        times[f"+{entry.destination}", entry.part] += 1
    texts = {
        recipient: "".join(text for _, text in sorted(found.items()))
        for recipient, found in parts.items()
    }
    counts: dict[str, int] = defaultdict(int)
    for (recipient, _), count in times.items():
        counts[recipient] = max(counts[recipient], count)
    return texts, counts
