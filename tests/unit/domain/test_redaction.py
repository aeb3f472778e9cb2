"""Secrets are taken out of text; what only looks like them stays."""

import json
from time import process_time

import pytest

from staffetta.domain.redaction import HIDDEN, is_secret_name, redact
from staffetta.domain.secrets import make_api_key, make_server_key_text

TOKEN = "65f2c1a0000000deadbeef01"
API_KEY = "q7k2m9x4c1v8b3n6w5e0r7t2y9u4i1o8"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (f"Authorization: Bearer {TOKEN}", TOKEN),
        (f"authorization: bearer  {TOKEN}", TOKEN),
        (f"{{'authorization': b'Bearer {TOKEN}'}}", TOKEN),
        ("Basic YW5uYUBleGFtcGxlLmNvbTpzZWNyZXQ=", "YW5uYUBleGFtcGxlLmNvbTpzZWNyZXQ="),
        (f"GET /oauth/v1/token/{TOKEN} HTTP/1.1", TOKEN),
        (f"GET /sandbox/oauth/v2/tokens/{TOKEN}?x=1", TOKEN),
        ("GET /token/not-even-a-token HTTP/1.1", "not-even-a-token"),
        ("cannot reach postgresql://anna:hunter2@db/x", "hunter2"),
        ('{"password": "hunter2", "user": "anna"}', "hunter2"),
        ('{"refreshToken":"0123456789abcdef"}', "0123456789abcdef"),
        ("{'api_key': 'hunter2'}", "hunter2"),
        (json.dumps({"said": json.dumps({"token": TOKEN})}), TOKEN),
        (f"connect(password=hunter2, token={TOKEN})", "hunter2"),
        (f"connect(password=hunter2, token={TOKEN})", TOKEN),
        ("callback_secret=hunter2", "hunter2"),
        ('{"x-callback_api-key": "hunter2"}', "hunter2"),
        ("signed with whsec_c2VjcmV0c2VjcmV0c2VjcmV0+/=", "c2VjcmV0c2VjcmV0c2VjcmV0"),
        (f"the key {API_KEY} is unknown", API_KEY),
    ],
)
def test_a_secret_is_taken_out(text: str, secret: str) -> None:
    assert secret not in redact(text)
    assert redact(redact(text)) == redact(text)


def test_a_server_key_is_taken_out() -> None:
    text = make_server_key_text()
    assert redact(f"read {text}\n") == f"read {HIDDEN}\n"


def test_api_keys_are_known_by_their_shape() -> None:
    made = [make_api_key() for _ in range(100)]
    assert all(redact(f"{key} is unknown") == f"{HIDDEN} is unknown" for key in made)


@pytest.mark.parametrize(
    "text",
    [
        f"message {TOKEN} is unknown",
        f"/v2/messages/{TOKEN}",
        f"callback cb_{TOKEN}",
        "send `Authorization: Bearer` and the token",
        "the Authorization header is not of the type Bearer: send",
        "no token was given: expected one",
        "postgresql://db1,db2/staffetta?target_session_attrs=primary",
        "0123456789abcdef0123456789abcdef",  # an MD5, say
        "there is no call at /v2/tokens",
        "token_count=3 tokens_max=5",
        "abcdefghijklmnopqrstuvwxyzabcdef",  # a long word is no key: it has no digit
        "uuid 123e4567-e89b-12d3-a456-426614174000",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize("part", ["-", "_", "a-", "-token", "x_secret-", "password"])
def test_long_texts_take_time_as_they_are_long(part: str) -> None:
    def seconds(count: int) -> float:
        text, best = part * count, float("inf")
        for _ in range(3):
            began = process_time()
            redact(text)
            best = min(best, process_time() - began)
        return best

    assert seconds(16_000) < 20 * seconds(2_000)  # 8 times as long; squared it were 64


def test_json_stays_json() -> None:
    line = json.dumps({"a": f"Bearer {TOKEN}", "b": {"password": 'x"y\\z'}, "c": "/token/x"})
    assert json.loads(redact(line))["a"] == f"Bearer {HIDDEN}"


@pytest.mark.parametrize(
    "name",
    [
        *("password", "token", "tokens", "api_key", "api_keys", "refresh_token", "refreshToken"),
        *("authorization", "Authorization", "callback_secret", "secrets", "server_key", "otp"),
    ],
)
def test_names_of_secrets_are_known(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize("name", ["token_hash", "event", "key", "token_count", "code", "secretary"])
def test_other_names_are_not(name: str) -> None:
    assert not is_secret_name(name)
