"""Failures of the carriers' configuration that an operator can act on.

StaffettaError
└── RoutingError
    ├── InvalidConnector    a field that no connector can have; the text names it and the option
    ├── ConnectorExists     the name is taken in this environment
    ├── ConnectorMissing    no connector has the name, or two have it
    ├── ConnectorInUse      what must not be removed yet; the text says what holds it
    └── CheckUnderWay       a check of the connector has not ended yet
"""

from staffetta.domain.errors import StaffettaError


class RoutingError(StaffettaError):
    """The root of what goes wrong with connectors and routes."""


class InvalidConnector(RoutingError):
    """A connector's field that breaks a rule."""


class ConnectorExists(RoutingError):
    """A connector of this name exists already in this environment."""


class ConnectorMissing(RoutingError):
    """No connector has this name, or it does not say which of two is meant."""


class ConnectorInUse(RoutingError):
    """The connector cannot be removed: messages or reports still need it."""


class CheckUnderWay(RoutingError):
    """Another check of this connector has not ended yet."""
