"""Relance: every follow-up a team owes its contacts, carried out once, at the right moment, with consent."""

__version__ = "0.1.0"
