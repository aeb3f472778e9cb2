"""One installation for all pages."""

from collections.abc import Iterator

import pytest
from guide_site import GuideSite, guided


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuideSite]:
    """An installation as somebody has it who starts with the README."""
    with guided(tmp_path_factory.mktemp("guides")) as guide_site:
        yield guide_site
