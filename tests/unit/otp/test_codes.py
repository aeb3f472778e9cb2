"""Codes: their alphabets, their sealing, and what counts as the same."""

import secrets
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from staffetta.domain.secrets import CannotUnseal, Keyring, ServerKey
from staffetta.otp.codes import ALPHANUMERIC, is_same, make_code, seal, unseal

KEYRING = Keyring((ServerKey.from_bytes(secrets.token_bytes(32)),))
CODE_ID, OTHER_ID = b"c" * 12, b"d" * 12


@given(st.integers(4, 10))
def test_a_numeric_code_is_digits(length: int) -> None:
    code = make_code(length, alphanumeric=False)
    assert len(code) == length
    assert code.isascii()
    assert code.isdigit()


@given(st.integers(4, 10))
def test_an_alphanumeric_code_has_no_look_alikes_and_a_digit(length: int) -> None:
    code = make_code(length, alphanumeric=True)
    assert len(code) == length
    assert set(code) <= set(ALPHANUMERIC)
    assert any(character.isdigit() for character in code)


def test_the_alphabet_is_upper_case_letters_and_digits_without_0_o_1_i() -> None:
    assert ALPHANUMERIC == "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def test_codes_begin_with_every_digit() -> None:
    # Zero among them: the chance that one is missing of 2,000 is below 1 in 10 to the 90th.
    firsts = Counter(make_code(5, alphanumeric=False)[0] for _ in range(2000))
    assert set(firsts) == set("0123456789")


@pytest.mark.parametrize("given_code", ["7KM4Q", "7km4q", " 7KM4Q\n", "\t7kM4q "])
def test_what_a_person_types_is_forgiven_its_case_and_the_spaces_around(given_code: str) -> None:
    assert is_same(given_code, "7KM4Q")


@pytest.mark.parametrize("given_code", ["", "7KM4", "7KM4QQ", "7 KM4Q", "7KM4R", "\ud800", "七"])
def test_anything_else_is_wrong(given_code: str) -> None:
    assert not is_same(given_code, "7KM4Q")


def test_a_sealed_code_opens_for_its_own_space_and_id_alone() -> None:
    sealed = seal(KEYRING, 7, CODE_ID, "12345")
    assert b"12345" not in sealed
    assert unseal(KEYRING, 7, CODE_ID, sealed) == "12345"
    for space_id, code_id in ((8, CODE_ID), (7, OTHER_ID)):
        with pytest.raises(CannotUnseal):
            unseal(KEYRING, space_id, code_id, sealed)
