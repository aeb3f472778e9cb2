"""Staffetta: an SMS gateway that a company runs itself."""

__version__ = "0.1.0"
