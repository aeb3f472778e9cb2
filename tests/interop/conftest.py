"""One installation for all carriers that others' software plays: it takes seconds to start."""

from collections.abc import Iterator

import pytest
from carrier_gateway import Gateway
from contract_site import serving


@pytest.fixture(scope="session")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with serving(tmp_path_factory.mktemp("gateway")) as site:
        customer = site.customer("alice", "production")
        customer.topup("1000")
        yield Gateway(site, customer)
