"""An installation with the demo account, as somebody has it who follows a guide from its top."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from installation import Installation, running
from prepared_data import first_words

from staffetta.accounts.demo import DEMO_EMAIL

OWN_NAMES: Final = ("sms.example.org", "test.sms.example.org")  # as the pages name a server
SETTINGS: Final = {
    "STAFFETTA_HOSTS": f"{OWN_NAMES[0]}=v2,{OWN_NAMES[1]}=v2:sandbox",
    "STAFFETTA_TRUSTED_PROXIES": "127.0.0.1",
    "STAFFETTA_NETWORK_DELIVERY_SECONDS": "0.1",
    "STAFFETTA_NETWORK_LATE_SECONDS": "2",
    "STAFFETTA_NETWORK_THROTTLE_SECONDS": "1",
    "STAFFETTA_RESPONSE_SECONDS": "2",
}
SAMPLE_URL: Final = "http://127.0.0.1:8080"
# As the README and the guides show them.
SAMPLE_SECRETS: Final = (
    "ade3cd3eac43491fc560c7b6",  # production's token
    "knmpby0ah4ru2vpa29p1dlynhqjkq0zf",  # and API key
    "dc82e87c5203fb42f3c0a65b",  # the sandbox's token
    "f6rmdfg4p3gwsjejh1y9td8ludtzj3jk",  # and API key
)
SANDBOX_TOKEN: Final = SAMPLE_SECRETS[2]
SANDBOX_KEY: Final = SAMPLE_SECRETS[3]
SAMPLE_SIGNING_SECRET: Final = "whsec_9w1Jb8LaBlLhG41NwM5+UaIL7CgUQxP0PAhn1wkyTuU="
_SHOW_SECRET: Final = ("callbacks", "secret", "show", DEMO_EMAIL.text, "--environment", "sandbox")
_SECRET: Final = re.compile(r"(?:token|API key) ([0-9a-z]+)\n")


def demo_secrets() -> list[str]:
    """What the first start printed, in the order of the samples."""
    return _SECRET.findall(first_words())


@dataclass(frozen=True)
class GuideSite:
    """The installation, and what the pages' sample values are in it."""

    installation: Installation
    samples: Mapping[str, str]

    @property
    def token(self) -> str:
        """The demo account's, for the sandbox."""
        return self.samples[SANDBOX_TOKEN]

    @property
    def credentials(self) -> tuple[str, str]:
        """The demo account's e-mail and API key, for the sandbox."""
        return DEMO_EMAIL.text, self.samples[SANDBOX_KEY]

    @property
    def settings(self) -> dict[str, str]:
        """What the product's commands need to find it."""
        every = self.installation.environment
        return {name: value for name, value in every.items() if "STAFFETTA" in name}


@contextmanager
def guided(directory: Path) -> Iterator[GuideSite]:
    """A site on a fresh data directory."""
    with running(directory / "data", **SETTINGS) as installation:
        secret = installation.json(*_SHOW_SECRET)["secret"]
        samples = dict(zip(SAMPLE_SECRETS, demo_secrets(), strict=True))
        addresses = {SAMPLE_URL: installation.url, SAMPLE_SIGNING_SECRET: secret}
        yield GuideSite(installation, {**samples, **addresses})
