"""Which channels a contact's words name: refused, welcomed, or the only ones left open."""

from collections.abc import Mapping, Set

from relance.rules.optout.phrasebook import book

MESSAGES = frozenset({"sms", "whatsapp", "email"})
CHANNELS = MESSAGES | {"call"}
_REFUSED: Mapping[str, Set[str]] = {
    "call": {"call"},
    "sms": {"sms"},
    "text": {"sms", "whatsapp"},
    "message": {"sms", "whatsapp"},
    "writing": MESSAGES,
    "whatsapp": {"whatsapp"},
    "email": {"email"},
    "contact": CHANNELS,
}
_GENERAL = {"writing", "contact"}
_WELCOMED: Mapping[str, Set[str]] = {**_REFUSED, "message": MESSAGES}
"""A message may be an e-mail too: in doubt, what was agreed to stands."""


def refused_by(clause: str, start: int, end: int) -> tuple[int, frozenset[str]]:
    """Where the refusal said from `start` to `end` really ends, and what it names: "write to me *by e-mail*"."""
    if by := book().by.match(clause, end):
        return by.end(), _named(by[0], _REFUSED)
    return end, _named(clause[start:end], _REFUSED)


def welcomed_by(message: list[str]) -> frozenset[str]:
    """The channels that are offered or asked for."""
    return frozenset().union(
        *(_by_or_named(found[0]) for says in book().welcomed for clause in message for found in says.finditer(clause))
    )


def left_open(message: list[str]) -> frozenset[str]:
    """The only channels left open: "e-mail only please"."""
    found = [only for clause in message if (only := book().only.search(clause))]
    return frozenset().union(*(_by_or_named(only[0]) for only in found))


def _by_or_named(words: str) -> frozenset[str]:
    by = book().by.search(words)
    return _named(by[0] if by else words, _WELCOMED)


def _named(words: str, channels: Mapping[str, Set[str]]) -> frozenset[str]:
    names = {name for name, says in book().named.items() if says.search(words)}
    return frozenset().union(*(channels[name] for name in (names - _GENERAL or names)))
