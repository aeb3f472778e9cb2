"""What a token may be limited to, and how that is written."""

from ipaddress import ip_network

import pytest

from staffetta.accounts.errors import InvalidTokenLimits
from staffetta.accounts.token_limits import (
    NO_LIMITS,
    SpendingLimits,
    TokenAllowance,
    TokenLimits,
    parse_limits,
)

ALL = {
    "totalRequests": 1000,
    "walletRequests": 20,
    "subscriptionRequests": 0,
    "walletAmount": 12.345678,
    "ip": ["192.0.2.7", "198.51.100.0/24", "2001:db8::/32"],
}


@pytest.mark.parametrize("given", [None, {}, {"totalRequests": None, "ip": None}, {"ip": []}])
def test_nothing_said_is_no_limit(given):
    assert parse_limits(given) == NO_LIMITS
    assert NO_LIMITS.as_object() == {}
    assert NO_LIMITS.allowance(b"t") is None


def test_every_limit_is_read_and_written_the_same():
    limits = parse_limits(ALL)
    assert limits == TokenLimits(
        1000,
        SpendingLimits(20, 0, 12_345_678),
        tuple(map(ip_network, ALL["ip"])),
    )
    assert limits.as_object() == ALL
    assert limits.allowance(b"t") == TokenAllowance(b"t", SpendingLimits(20, 0, 12_345_678))


@pytest.mark.parametrize("micro", [0, 1, 30_000, 100_000, 299_999, 10**15])
def test_amounts_go_through_json_exactly(micro: int):
    limits = TokenLimits(spending=SpendingLimits(wallet_micro_max=micro))
    assert parse_limits(limits.as_object()) == limits


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ([1], "must be an object"),
        ({"totalRequest": 1}, "no 'totalRequest'"),
        ({"totalRequests": -1}, "limits.totalRequests must be a whole number"),
        ({"walletRequests": 1.5}, "limits.walletRequests must be"),
        ({"subscriptionRequests": True}, "limits.subscriptionRequests must be"),
        ({"totalRequests": "7"}, "limits.totalRequests must be"),
        ({"walletAmount": -0.01}, "limits.walletAmount must be"),
        ({"walletAmount": 0.0000001}, "at most six decimals"),
        ({"walletAmount": float("nan")}, "limits.walletAmount must be"),
        ({"walletAmount": 1e300}, "limits.walletAmount must be"),
        ({"ip": "192.0.2.7"}, "limits.ip must be a list"),
        ({"ip": ["192.0.2"]}, "holds '192.0.2'"),
        ({"ip": ["192.0.2.7/24"]}, "without bits behind its prefix"),
        ({"ip": [7]}, "holds '7'"),
        ({"ip": ["192.0.2.7"] * 101}, "at most 100"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(given, says: str):
    with pytest.raises(InvalidTokenLimits) as refused:
        parse_limits(given)
    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("192.0.2.7", True),
        ("192.0.2.8", False),
        ("198.51.100.255", True),
        ("::ffff:192.0.2.7", True),
        ("::ffff:192.0.2.8", False),
        ("2001:db8:1::9", True),
        ("2001:db8:1::9%eth0", True),
        ("2001:db9::1", False),
        ("", False),
        ("localhost", False),
    ],
)
def test_an_address_is_allowed_by_itself_or_by_its_network(address: str, allowed: bool):
    assert parse_limits(ALL).allows_address(address) is allowed
    assert NO_LIMITS.allows_address(address)
