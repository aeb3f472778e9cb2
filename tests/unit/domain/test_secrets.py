"""Keys, tokens, hashes and sealed bytes."""

import re

import pytest

from staffetta.domain.secrets import (
    CannotUnseal,
    InvalidServerKey,
    Keyring,
    ServerKey,
    hash_secret,
    hint,
    is_refresh_token,
    is_token,
    make_api_key,
    make_refresh_token,
    make_server_key_text,
    make_token,
    same_secret,
)

OLD = "11" * 32
NEW = "22" * 32
PURPOSE = b"connector.password:production:acme"


def test_an_api_key_has_32_letters_and_digits() -> None:
    assert re.fullmatch(r"[a-z0-9]{32}", make_api_key())


def test_a_token_has_24_hexadecimal_digits() -> None:
    assert re.fullmatch(r"[0-9a-f]{24}", make_token())
    assert is_token(make_token())


def test_a_refresh_token_and_a_token_never_pass_for_each_other() -> None:
    assert is_refresh_token(make_refresh_token())
    assert not is_token(make_refresh_token())
    assert not is_refresh_token(make_token())


def test_keys_and_tokens_do_not_repeat() -> None:
    assert len({make_token() for _ in range(1000)} | {make_api_key() for _ in range(1000)}) == 2000


@pytest.mark.parametrize(
    "text",
    ["", "a" * 23, "a" * 25, "g" * 24, "A" * 24, "a" * 24 + "\n", "\u0661" * 24, " " + "a" * 23],
)
def test_what_is_not_shaped_like_a_token_is_known_without_a_look_up(text: str) -> None:
    assert not is_token(text)


def test_a_hash_is_sha_256() -> None:
    assert hash_secret("abc").hex().startswith("ba7816bf8f01cfea414140de5dae2223")
    assert len(hash_secret("")) == 32


def test_any_text_a_client_sends_can_be_hashed() -> None:
    assert len(hash_secret("\udc80\ud800\x00")) == 32


def test_equal_secrets_are_the_same() -> None:
    assert same_secret(hash_secret("one"), hash_secret("one"))
    assert not same_secret(hash_secret("one"), hash_secret("two"))
    assert not same_secret(b"one", b"longer")


def test_the_hint_is_the_last_four_characters() -> None:
    assert hint("0123456789abcdef") == "cdef"


def test_what_is_sealed_opens_with_the_same_key_and_purpose() -> None:
    keyring = Keyring.parse(OLD)
    assert keyring.unseal(keyring.seal(b"hunter2", PURPOSE), PURPOSE) == b"hunter2"


def test_nothing_of_the_secret_shows_and_no_two_seals_are_alike() -> None:
    keyring = Keyring.parse(OLD)
    first, second = keyring.seal(b"hunter2", PURPOSE), keyring.seal(b"hunter2", PURPOSE)
    assert first != second
    assert b"hunter2" not in first


def test_sealed_bytes_do_not_open_for_another_purpose() -> None:
    keyring = Keyring.parse(OLD)
    with pytest.raises(CannotUnseal, match="another use"):
        keyring.unseal(keyring.seal(b"hunter2", PURPOSE), b"connector.password:production:other")


def test_every_changed_byte_is_noticed() -> None:
    keyring = Keyring.parse(OLD)
    sealed = keyring.seal(b"hunter2", PURPOSE)
    for position in range(len(sealed)):
        changed = bytearray(sealed)
        changed[position] ^= 1
        with pytest.raises(CannotUnseal):
            keyring.unseal(bytes(changed), PURPOSE)


@pytest.mark.parametrize("length", range(0, 33, 4))
def test_sealed_bytes_cut_short_do_not_open(length: int) -> None:
    keyring = Keyring.parse(OLD)
    with pytest.raises(CannotUnseal):
        keyring.unseal(keyring.seal(b"", PURPOSE)[:length], PURPOSE)


def test_after_rotation_old_seals_open_and_new_ones_use_the_new_key() -> None:
    before = Keyring.parse(OLD)
    sealed = before.seal(b"hunter2", PURPOSE)
    after = Keyring.parse(f"{NEW}\n{OLD}\n")
    assert after.unseal(sealed, PURPOSE) == b"hunter2"
    assert before.is_current(sealed)
    assert not after.is_current(sealed)
    with pytest.raises(CannotUnseal, match="does not have"):
        before.unseal(after.seal(b"hunter2", PURPOSE), PURPOSE)


def test_a_server_key_that_was_made_can_be_read_with_comments_around_it() -> None:
    text = make_server_key_text()
    keyring = Keyring.parse(f"# made on the first start\n\n{text}\n")
    assert keyring.unseal(Keyring.parse(text).seal(b"x", b""), b"") == b"x"


@pytest.mark.parametrize(
    "text", ["", "# only a comment", "11" * 31, "zz" * 32, "\n".join(["11" * 32] * 17)]
)
def test_text_that_is_no_server_key_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(InvalidServerKey) as caught:
        Keyring.parse(text)
    assert "11" * 31 not in str(caught.value)


def test_a_key_is_not_shown_when_printed() -> None:
    key = ServerKey.from_bytes(bytes.fromhex(OLD))
    assert repr(bytes.fromhex(OLD)) not in repr(key)
