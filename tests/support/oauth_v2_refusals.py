"""What OAuth v2 refuses about tokens, as rows: what is sent with POST, and with PATCH."""

from typing import Any

UNKNOWN = "0123456789abcdef01234567"
NO_TOKENS = ["x", "0" * 23, "0" * 25, "G" * 24, "ABCDEF0123456789abcdef01", "0 0", "%00", "è"]
WRONG_FORMATS: dict[str, Any] = {
    "scopes is a text": {"scopes": "GET:sms.openapi.com/messages"},
    "scopes is a number": {"scopes": 5},
    "scopes is an object": {"scopes": {"a": "b"}},
    "scopes holds a number": {"scopes": [5]},
    "scopes holds null": {"scopes": [None]},
    "name is a number": {"name": 5},
    "name is too long": {"name": "x" * 101},
    "name holds a line's end": {"name": "a\nb"},
    "name holds NUL": {"name": "a\0"},
    "ttl is a word": {"ttl": "soon"},
    "ttl is true": {"ttl": True},
    "ttl has a fraction": {"ttl": 1.5},
    "limits is a list": {"limits": [1]},
    "limits is a number": {"limits": 5},
    "a limit is negative": {"limits": {"totalRequests": -1}},
    "a limit is a text": {"limits": {"walletRequests": "5"}},
    "a limit is true": {"limits": {"subscriptionRequests": True}},
    "a limit has a fraction": {"limits": {"totalRequests": 1.5}},
    "a limit is beyond counting": {"limits": {"totalRequests": 10**18}},
    "an amount is negative": {"limits": {"walletAmount": -0.01}},
    "an amount is a text": {"limits": {"walletAmount": "5"}},
    "an amount has seven decimals": {"limits": {"walletAmount": 0.0000001}},
    "ip is a text": {"limits": {"ip": "192.0.2.7"}},
    "ip is no address": {"limits": {"ip": ["192.0.2.700"]}},
    "ip holds a number": {"limits": {"ip": [5]}},
    "too many addresses": {"limits": {"ip": ["192.0.2.7"] * 101}},
    "a limit nobody knows": {"limits": {"total": 5}},
}
WRONG_BODIES = [b"{", b"[1,", b'{"scopes": ["\\ud800"]}', b'{"scopes": ["a\\u0000"]}', b"{" * 9999]
NOT_ENABLED = [
    "GET:company.openapi.com/IT-start",
    "PATCH:sms.openapi.com/messages",
    "POST:sms.openapi.com/nothing",
    "nothing",
    "",
    "http://sms.openapi.com/messages",
    "GET:sms.openapi.com/messages/1",
    "x" * 301,
]
