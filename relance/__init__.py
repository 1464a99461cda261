"""Relance: every follow-up a team owes its contacts, carried out once, at the right moment, with consent."""

import zoneinfo

# The pinned tzdata and not the system's, which may be years old: all machines of an installation must agree.
zoneinfo.reset_tzpath(to=())

__version__ = "0.1.0"
