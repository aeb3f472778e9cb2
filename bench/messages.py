"""The requests of a load: one message each, no two alike, all of one length.

Recipients are valid Italian mobile numbers spread over twenty prefixes; none ends in the digits
that mean something to the simulated network. Texts look like what such gateways carry: one segment
in GSM-7. What changes has a fixed width, so everything else is made once.
"""

_PREFIXES = (
    *("320", "327", "328", "329", "333", "338", "339", "340", "342", "345"),
    *("346", "347", "348", "349", "360", "366", "368", "380", "388", "389"),
)
# Last four digits from 0000 to 9899: those of the simulated network begin with 99.
_ENDINGS_COUNT = 9_900
_MIDDLES_COUNT = 1_000
RECIPIENTS_COUNT = len(_PREFIXES) * _MIDDLES_COUNT * _ENDINGS_COUNT
_SENDER = "Staffetta"


class Requests:
    """The requests from a serial number on; with a URL, each calls back to it."""

    def __init__(self, first_number: int, callback_url: str = "") -> None:
        self._number = first_number
        url = callback_url.encode("ascii")
        self._callback = b',"callback":{"url":"%b"}' % url if url else b""

    def head(self, path: str, host: str, port: int, token: str) -> bytes:
        """What every request of one connection begins with, up to the changing part."""
        length = len(self._body(0))
        lines = (
            f"POST {path} HTTP/1.1",
            f"Host: {host}:{port}",
            f"Authorization: Bearer {token}",
            "Content-Type: application/json",
            f"Content-Length: {length}",
        )
        return "\r\n".join((*lines, "", "")).encode("ascii")

    def next(self, head: bytes) -> bytes:
        """The next request."""
        number = self._number
        self._number = number + 1
        return head + self._body(number)

    def _body(self, number: int) -> bytes:
        recipient = _PREFIX_AND_REST % _recipient(number)
        code = number * _CODE_STEP % 1_000_000
        return _BODY % (recipient, number % 1_000_000_000, code, self._callback)


def dashed_recipients(first_number: int, count: int) -> list[str]:
    """So many recipients as v1 writes them, no two alike, from a serial number on."""
    numbers = range(first_number, first_number + count)
    return [f"+39-{(_PREFIX_AND_REST % _recipient(number)).decode()}" for number in numbers]


_BODY = (
    b'{"sender":"' + _SENDER.encode("ascii") + b'","recipient":"+39%b",'
    b'"message":"Gentile cliente, il tuo ordine %09d e in consegna oggi. Il codice per ritirarlo'
    b' e %06d. Grazie di averci scelto."%b}'
)
_PREFIX_AND_REST = b"%b%03d%04d"
_PREFIX_OCTETS = tuple(prefix.encode("ascii") for prefix in _PREFIXES)
_CODE_STEP = 7919  # a prime: neighbouring messages carry codes far apart


def _recipient(number: int) -> tuple[bytes, int, int]:
    rest, prefix = divmod(number, len(_PREFIX_OCTETS))
    rest, ending = divmod(rest, _ENDINGS_COUNT)
    return _PREFIX_OCTETS[prefix], rest % _MIDDLES_COUNT, ending
