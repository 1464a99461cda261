"""A contact's own words, made plain and cut into clauses."""

import re
import unicodedata
from collections.abc import Iterator, Mapping

_LONGEST = 10_000  # characters read of one message: a request stands at its beginning
_LONGEST_PART = 600  # characters: for each phrase that is found, all that stands around it is looked through
_SHARED = 100  # characters that two parts share, so that no phrase is lost between them
_GOES_ON = "…"  # no clause has it: what stands beside it is not at an end
_INDENT = r"^[^\S\n]*"  # of one line: over several, a message of blank lines would take seconds to read
_QUOTED = re.compile(_INDENT + r"(?:>.*|on .{5,200} wrote:.*|el .{5,200} escribió:.*|--.*original.*)$", re.I | re.M)
_SIGNATURE = re.compile(_INDENT + r"(?:sent from my|get outlook for|enviado desde mi) .*", re.I | re.M)
_CLAUSE_END = re.compile(r"[.,;:!?¡¿()\n\r…—–|]+")
_DRAWN_OUT = re.compile(r"(.)\1{2,}")


def clauses(text: str, meant: Mapping[str, str]) -> list[str]:
    """The clauses of what the contact wrote; what they quote of ours is not theirs. `meant` puts misspellings right."""
    own = _SIGNATURE.sub("", _without_quotation(text[:_LONGEST]))
    plain = (" ".join(meant.get(word, word) for word in _plain(part).split()) for part in _CLAUSE_END.split(own))
    return [clause for clause in plain if clause]


def parts(clause: str) -> Iterator[str]:
    """The clause; of one that goes on and on, parts of whole words, marked where it goes on."""
    if len(clause) <= _LONGEST_PART:
        yield clause
        return
    for start in range(0, len(clause) - _SHARED, _LONGEST_PART - _SHARED):
        part = clause[start : start + _LONGEST_PART]
        if start:
            part = f"{_GOES_ON} {part.partition(' ')[2] or part}"
        if start + _LONGEST_PART < len(clause):
            part = f"{part.rpartition(' ')[0] or part} {_GOES_ON}"
        yield part


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
