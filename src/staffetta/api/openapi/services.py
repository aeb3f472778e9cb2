"""The services that have a document, by the names in their addresses."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from staffetta.api.openapi.calls import Service
from staffetta.api.openapi.oauth_v1.service import OAUTH_V1_SERVICE
from staffetta.api.openapi.oauth_v2.service import OAUTH_V2_SERVICE
from staffetta.api.openapi.v1.service import V1_SERVICE
from staffetta.api.openapi.v2.service import V2_SERVICE

SERVICES: Final[Mapping[str, Service]] = MappingProxyType(
    {
        service.name: service
        for service in (V1_SERVICE, V2_SERVICE, OAUTH_V1_SERVICE, OAUTH_V2_SERVICE)
    }
)
