"""Signatures are those of Standard Webhooks: its own library verifies them."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from staffetta.callbacks.sign import SECRET_BYTES, make_secret, signed_headers, signing_key

_ID = bytes(range(12))
_BODY = '{"state":"DELIVERED","message":"però €"}'.encode()


def _headers(*secrets: str, at: datetime | None = None) -> dict[str, str]:
    keys = [signing_key(secret) for secret in secrets]
    return signed_headers(_ID, at or datetime.now(UTC), _BODY, keys)


def test_the_published_library_verifies_a_signature() -> None:
    secret = make_secret()

    assert Webhook(secret).verify(_BODY, _headers(secret)) == {
        "state": "DELIVERED",
        "message": "però €",
    }


def test_the_id_is_that_of_the_callback_and_the_time_that_of_the_attempt() -> None:
    at = datetime(2026, 3, 14, 9, 26, 53, 999_999, tzinfo=UTC)

    headers = _headers(make_secret(), at=at)

    assert headers["webhook-id"] == "cb_000102030405060708090a0b"
    assert headers["webhook-timestamp"] == "1773480413"


def test_while_two_secrets_sign_each_of_them_verifies() -> None:
    new, old, other = make_secret(), make_secret(), make_secret()

    headers = _headers(new, old)

    assert headers["webhook-signature"].count("v1,") == 2
    Webhook(new).verify(_BODY, headers)
    Webhook(old).verify(_BODY, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(other).verify(_BODY, headers)


def test_a_changed_body_id_or_time_does_not_verify() -> None:
    secret = make_secret()
    headers = _headers(secret)
    later = str(int(headers["webhook-timestamp"]) + 1)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(_BODY + b" ", headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(_BODY, {**headers, "webhook-id": "cb_0"})
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(_BODY, {**headers, "webhook-timestamp": later})


def test_an_old_request_does_not_verify() -> None:
    secret = make_secret()
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(_BODY, _headers(secret, at=datetime.now(UTC) - timedelta(hours=1)))


def test_secrets_are_long_and_never_the_same() -> None:
    one, other = make_secret(), make_secret()

    assert one != other
    assert one.startswith("whsec_")
    assert len(base64.b64decode(one.removeprefix("whsec_"))) == SECRET_BYTES >= 24
