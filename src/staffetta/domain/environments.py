"""The two worlds of an installation, and the market a message is sent in."""

from enum import StrEnum


class Environment(StrEnum):
    """Production reaches carriers; the sandbox reaches the simulated network alone."""

    PRODUCTION = "production"
    SANDBOX = "sandbox"


class Market(StrEnum):
    """Which of the v2 endpoints a message came in by: it decides country rules and charging."""

    ITALY = "IT"
    SPAIN = "ES"
    WORLD = "WW"

    @property
    def charges_on_acceptance(self) -> bool:
        """IT and ES are charged with the 201; WW is held, and captured when a carrier accepts."""
        return self is not Market.WORLD
