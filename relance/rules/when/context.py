"""What every expression is read with, and how its tokens are picked out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from relance.rules.when.shapes import Here, Value
from relance.rules.when.words import Book, Token


@dataclass(frozen=True, slots=True)
class Context:
    """Where, when and in which language the tokens are read."""

    here: Here
    book: Book
    text: str

    def written(self, row: Sequence[Token]) -> str:
        """The tokens as they stand in the text."""
        return self.text[row[0].start : row[-1].end]


Build = Callable[[Context, Sequence[Token]], tuple[str, Value] | None]
"""Makes an expression, its kind and value, of the tokens that a pattern found, or declines them."""


def numbers(row: Sequence[Token], *kinds: str) -> list[int]:
    """The numbers of the tokens of some kinds, in order."""
    return [token.number for token in row if token.kind in kinds]


def of(row: Sequence[Token], kind: str) -> Token | None:
    """The first token of a kind, if there is one."""
    return next((token for token in row if token.kind == kind), None)


def one(row: Sequence[Token], kind: str) -> Token:
    """The first token of a kind that the pattern demands."""
    return next(token for token in row if token.kind == kind)


def has(row: Sequence[Token], kind: str) -> bool:
    """Whether there is a token of a kind."""
    return any(token.kind == kind for token in row)
