"""Finding contacts by what one types: as much of a name, number, address or company as one knows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from django.contrib.postgres.search import SearchQuery, SearchQueryField, SearchVectorField
from django.db import models
from django.db.models import F, Func, Value
from django.db.models.functions import Cast

from relance.rules import phones

SEARCHED = Func(
    template=(
        "to_tsvector('simple'::regconfig, name || ' ' || email || ' ' || phone"
        " || ' ' || ltrim(phone, '+') || ' ' || company)"
    ),
    output_field=SearchVectorField(),
)
"""The words of a contact, with their number as it begins with a plus and without."""

Rows = TypeVar("Rows", bound="models.QuerySet[models.Model]")


def matching(contacts: Rows, text: str, country: str = "") -> Rows:
    """Those of `contacts` with every word of `text` in their name, number, address or company, as far as it is typed.

    A number may be typed as people write it: without its country code it is one of `country`.
    """
    if digits := phones.beginnings(text, country):
        return contacts.filter(search=_prefixes(digits, " | "))
    words = _words(text)
    plain = [word for word in words if "@" not in word]
    found = contacts.filter(search=_prefixes(plain, " & ")) if plain else contacts
    for address in (word.strip(".+-_").lower() for word in words if "@" in word):
        found = found.filter(_BeginsWith(F("search"), Cast(Value(f"'{address}':*"), SearchQueryField())))
    return found


def _words(text: str) -> list[str]:
    """The words as PostgreSQL's parser has them: what stands before the plus of an address is one by itself."""
    kept = "".join(c if c.isalnum() or c in "@.+-_" else " " for c in text)
    return [part for word in kept.split() for part in (word.split("+") if "@" in word else [word]) if part]


def _prefixes(words: Iterable[str], joined: str) -> SearchQuery:
    return SearchQuery(joined.join(f"'{word}':*" for word in words), config="simple", search_type="raw")


class _BeginsWith(models.Func):
    """A search for a word as it stands: PostgreSQL's parser takes an address that is half typed for several words."""

    template = "(%(expressions)s)"
    arg_joiner = " @@ "
    output_field = models.BooleanField()
