"""A contact's own words, made plain and cut into clauses."""

import re
import unicodedata
from collections.abc import Iterator, Mapping

_LONGEST = 10_000  # characters read of one message: a request stands at its beginning
_QUOTED = re.compile(r"^\s*(?:>.*|on .{5,200} wrote:.*|el .{5,200} escribió:.*|-{2,}.*original.*)$", re.I | re.M)
_SIGNATURE = re.compile(r"^\s*(?:sent from my|get outlook for|enviado desde mi) .*", re.I | re.M)
_CLAUSE_END = re.compile(r"[.,;:!?¡¿()\n\r…—–|]+")
_DRAWN_OUT = re.compile(r"(.)\1{2,}")


def clauses(text: str, meant: Mapping[str, str]) -> list[str]:
    """The clauses of what the contact wrote; what they quote of ours is not theirs. `meant` puts misspellings right."""
    own = _SIGNATURE.sub("", _without_quotation(text[:_LONGEST]))
    plain = (" ".join(meant.get(word, word) for word in _plain(part).split()) for part in _CLAUSE_END.split(own))
    return [clause for clause in plain if clause]


def slips(word: str) -> Iterator[str]:
    """The ways a thumb gets `word` wrong: two letters swapped, one doubled, one lost inside a long word."""
    for i in range(1, len(word)):
        yield word[: i - 1] + word[i] + word[i - 1] + word[i + 1 :]
        yield word[:i] + word[i] + word[i:]
        if len(word) > 5 and i < len(word) - 1:
            yield word[:i] + word[i + 1 :]


def _without_quotation(text: str) -> str:
    quoted = _QUOTED.search(text)
    return text[: quoted.start()] if quoted else text


def _plain(text: str) -> str:
    bare = "".join(c for c in unicodedata.normalize("NFKD", text).casefold() if not unicodedata.combining(c))
    letters = re.sub(r"[^a-z0-9]+", " ", re.sub(r"['’‘´`]", "", bare))
    return _DRAWN_OUT.sub(r"\1", letters)
