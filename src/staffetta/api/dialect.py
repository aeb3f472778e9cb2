"""What differs between the services that tokens open: names, numbers, the words of refusals."""

from collections.abc import Callable, Mapping

import msgspec

from staffetta.api.asgi import Answer
from staffetta.api.doors import Room
from staffetta.domain.environments import Environment
from staffetta.domain.scopes import HOSTS, Service


class Dialect(msgspec.Struct, frozen=True):
    """One generation of the service (contract section 2)."""

    room: Room
    service: Service
    wrong_token: float  # the number of a 401
    wrong_scope: float  # and of a 403
    refusal: Callable[[Exception], Answer | None]  # None: a fault of ours
    wrong_address: float = 127  # of a 403: the token may not be used from there; v1's

    @property
    def hosts(self) -> Mapping[Environment, tuple[str, ...]]:
        """The canonical names that scopes call this service by."""
        return {one: (HOSTS[self.service, one],) for one in Environment}
