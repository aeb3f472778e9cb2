"""Failures of the carriers' configuration that an operator can act on.

StaffettaError
└── RoutingError
    ├── InvalidConnector    a field that no connector can have; the text names it and the option
    └── ConnectorExists     the name is taken in this environment
"""

from staffetta.domain.errors import StaffettaError


class RoutingError(StaffettaError):
    """The root of what goes wrong with connectors and routes."""


class InvalidConnector(RoutingError):
    """A connector's field that breaks a rule."""


class ConnectorExists(RoutingError):
    """A connector of this name exists already in this environment."""
