"""The edge of the one-time password calls: shapes, ranges, answers."""

import json
from typing import Any

import httpx
import pytest

from staffetta.domain.errors import GuardRefused, OtpOver
from staffetta.otp.errors import UnknownOtp
from staffetta.otp.send import OtpRequest

ALICE = "+393331234567"
OTP_ID = "65f2c1a0" + "00" * 8


async def send(client: httpx.AsyncClient, **body: Any) -> httpx.Response:
    return await client.post("otp", content=json.dumps({"recipient": ALICE, **body}))


async def verify(client: httpx.AsyncClient, content: str) -> httpx.Response:
    return await client.post(f"otp/{OTP_ID}/verify", content=content)


async def test_a_recipient_alone_asks_for_five_digits_of_its_own(client, backstage) -> None:
    answer = await send(client)
    assert answer.status_code == 201
    assert backstage.accepted[0][2] == OtpRequest(
        recipient=ALICE,
        alphanumeric=False,
        length=5,
        cache_seconds=0,
        dry_run=False,
        fail_on_multiple_segments=False,
        callback=None,
        idempotency=None,
    )


async def test_the_answer_is_the_message_with_its_code_and_what_was_asked(client) -> None:
    answer = await send(client, length=6, alphanumeric=True, cacheSeconds=300)
    data = answer.json()["data"]
    assert data["message"] == "Code: 12345"
    assert data["isOtp"] is True
    assert data["otp"] == "12345"
    assert data["otpOptions"] == {"length": 6, "alphanumeric": True, "cacheSeconds": 300}
    assert data["state"] == "NEW"


async def test_null_means_the_default(client, backstage) -> None:
    body = dict.fromkeys(("alphanumeric", "length", "cacheSeconds", "options", "callback"))
    answer = await send(client, **body)
    assert answer.json()["data"]["otpOptions"] == {
        "length": 5,
        "alphanumeric": False,
        "cacheSeconds": 0,
    }


async def test_options_callback_and_key_are_passed_on(client, backstage) -> None:
    callback = {"url": "https://example.com/"}
    content = {"recipient": ALICE, "options": {"dryRun": True}, "callback": callback}
    headers = {"Idempotency-Key": "k"}
    answer = await client.post("otp/", content=json.dumps(content), headers=headers)
    assert answer.json()["data"]["otp"] is None
    request = backstage.accepted[0][2]
    assert (request.dry_run, request.callback) == (True, callback)
    assert (request.idempotency.path, request.idempotency.key) == ("/otp", "k")


async def test_a_repeated_request_says_so(client, backstage) -> None:
    backstage.replayed = True
    answer = await send(client)
    assert answer.headers["idempotent-replay"] == "true"


@pytest.mark.parametrize("length", [3, 11, 0, -1, 10**30])
async def test_a_length_out_of_range_is_1020(client, backstage, length) -> None:
    answer = await send(client, length=length)
    assert (answer.status_code, answer.json()["code"]) == (422, 1020)
    assert "4 to 10" in answer.json()["message"]
    assert backstage.accepted == []


@pytest.mark.parametrize("length", [4, 10])
async def test_the_ends_of_the_range_are_in_it(client, length) -> None:
    answer = await send(client, length=length, cacheSeconds=600)
    assert answer.status_code == 201


@pytest.mark.parametrize("seconds", [-1, 601])
async def test_a_cache_out_of_range_is_1021(client, backstage, seconds) -> None:
    answer = await send(client, cacheSeconds=seconds)
    assert (answer.status_code, answer.json()["code"]) == (422, 1021)
    assert "0 to 600" in answer.json()["message"]
    assert backstage.accepted == []


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"recipient": None}, "recipient"),
        ({"recipient": 39333}, "recipient"),
        ({"length": "5"}, "length"),
        ({"length": 5.5}, "length"),
        ({"length": True}, "length"),
        ({"cacheSeconds": "60"}, "cacheSeconds"),
        ({"alphanumeric": 1}, "alphanumeric"),
        ({"options": []}, "options"),
        ({"options": {"dryRun": "yes"}}, "options.dryRun"),
        ({"callback": "https://example.com"}, "callback"),
        ({"callback": {"custom": {"a": "\0"}}}, "callback"),
        ({"recipient": "+39\ud800"}, "recipient"),
    ],
)
async def test_a_field_of_the_wrong_type_is_1001_and_named(client, body, named) -> None:
    answer = await send(client, **body)
    assert (answer.status_code, answer.json()["code"]) == (422, 1001)
    assert f"the field {named} " in answer.json()["message"]


@pytest.mark.parametrize("content", ["", "[]", "{", '{"recipient": NaN}', "5"])
async def test_what_is_no_object_is_1000(client, content) -> None:
    for path in ("otp", f"otp/{OTP_ID}/verify"):
        answer = await client.post(path, content=content)
        assert (answer.status_code, answer.json()["code"]) == (400, 1000)


async def test_a_right_code_is_verified(client, backstage) -> None:
    answer = await verify(client, '{"code": "12345"}')
    assert (answer.status_code, answer.json()) == (200, {"data": {"verified": True}})
    assert backstage.accepted[0][:3] == (7, bytes.fromhex(OTP_ID), "12345")


async def test_a_wrong_code_says_how_many_tries_are_left(client) -> None:
    answer = await verify(client, '{"code": "99999"}')
    assert answer.status_code == 200
    assert answer.json() == {"data": {"verified": False, "triesLeft": 4}}


@pytest.mark.parametrize("content", ["{}", '{"code": 12345}', '{"code": null}'])
async def test_a_code_that_is_no_string_is_1001(client, content) -> None:
    answer = await verify(client, content)
    assert (answer.status_code, answer.json()["code"]) == (422, 1001)
    assert "the field code " in answer.json()["message"]


@pytest.mark.parametrize(
    ("outcome", "status", "code"),
    [(OtpOver("used"), 422, 1031), (UnknownOtp("none"), 404, 2070)],
)
async def test_what_cannot_be_verified(client, backstage, outcome, status, code) -> None:
    backstage.outcome = outcome
    answer = await verify(client, '{"code": "12345"}')
    assert answer.status_code == status
    assert answer.json() == {"code": code, "message": str(outcome)}


async def test_what_is_no_id_is_2070(client) -> None:
    answer = await client.post("otp/12/verify", content='{"code": "12345"}')
    assert (answer.status_code, answer.json()["code"]) == (404, 2070)


async def test_a_guard_is_2040_and_speaks_for_itself(client, backstage) -> None:
    backstage.outcome = GuardRefused("the recipient guard refused it")
    answer = await send(client)
    assert answer.status_code == 422
    assert answer.json() == {"code": 2040, "message": "the recipient guard refused it"}


@pytest.mark.parametrize("path", ["otp", f"otp/{OTP_ID}/verify"])
async def test_only_post_is_a_call_here(client, path) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
