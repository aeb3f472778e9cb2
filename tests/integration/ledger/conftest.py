"""A longer look at stories: `pytest tests/integration/ledger --hypothesis-profile=long`."""

from hypothesis import settings

settings.register_profile("long", max_examples=300)
