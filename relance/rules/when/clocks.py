"""Times of day, from "half past four" and "las seis menos cuarto" to "15:04"."""

from collections.abc import Sequence

from relance.rules.when.shapes import NOON, WHOLE_DAY, Clock, Grain, Unsure
from relance.rules.when.words import Token

_AROUND = frozenset({"meridiem", "oclock", "hourmark", "ish", "dash", "unit"})
_PARTS = {"half": 30, "quarter": 15}
_MINUTES_TO = (5, 10, 20, 25)


def is_plain(row: Sequence[Token]) -> bool:
    """Whether it is a time of day wherever it stands: "3 pm" is, "3" and "three thirty" are not."""
    kinds = [token.kind for token in row]
    return kinds not in (["number"], ["number", "number"], ["dotted"])


def read(row: Sequence[Token], *, minutes_after_and: bool) -> Clock | None:
    """The time that the tokens name, if they name one.

    `minutes_after_and` is whether "three and ten" are ten past three. Raises Unsure for figures such as 25:00.
    """
    core = [token for token in row if token.kind not in _AROUND]
    around = [token for token in row if token.kind in _AROUND]
    minute = _minute(core, minutes_after_and=minutes_after_and)
    unit = "hour" if len(core) == 1 else "minute"
    if minute is None or any(token.kind == "unit" and token.name != unit for token in around):
        return None
    four = core[0].kind == "number" and core[0].number >= 100
    exact = core[0].exact or four or core[-1].kind == "clockword" or not 60 <= minute < NOON + 60
    half = next((token.name for token in around if token.kind == "meridiem"), "")
    if half and not exact:
        minute, exact = minute % NOON + NOON * (half == "pm"), True
    whole = core[-1].kind == "clockword" or [token.kind for token in core] == ["number"]
    sure = 0.9 if any(token.kind == "ish" for token in around) else 1.0
    return Clock(minute, exact, Grain.HOUR if whole else Grain.MINUTE, sure)


def _minute(core: Sequence[Token], *, minutes_after_and: bool) -> int | None:
    """Minutes since midnight, or since noon."""
    first, last = core[0], core[-1]
    match [token.kind for token in core]:
        case ["clockword"] | ["number", "clockword"]:
            return last.number if len(core) == 1 or first.number == 12 else None
        case ["time" | "dotted"]:
            return _figures(first)
        case ["number"]:
            return _hour(first)
        case ["half", "number"]:
            return _hour(last, 30)
        case [("half" | "quarter" | "number"), ("past" | "after"), "number"]:
            return _hour(last, _share(first))
        case ["quarter", ("to" | "to_the" | "until"), "number"] | ["number", "to_the", "number"]:
            return _hour(last, -_share(first))
        case ["number", ("to" | "until"), "number"] if first.number in _MINUTES_TO:
            return _hour(last, -first.number)
        case ["number", "and", ("half" | "quarter" | "number")] if minutes_after_and:
            return _hour(first, _share(last)) if _share(last) >= 5 else None
        case ["number", "less", ("quarter" | "number")]:
            return _hour(first, -_share(last))
        case ["number", "number"] if last.number >= 10:
            return _hour(first, last.number)
    return None


def _figures(token: Token) -> int | None:
    if 0 <= token.number <= WHOLE_DAY:
        return token.number
    if token.kind == "dotted":
        return None
    raise Unsure(f"“{':'.join(f'{number:02}' for number in token.numbers)}” is not a time of day.")


def _share(token: Token) -> int:
    return _PARTS.get(token.kind, token.number)


def _hour(token: Token, minutes: int = 0) -> int | None:
    if token.kind == "number" and token.end - token.start == 4 and not token.said and not minutes:
        return _of_four_figures(token.number)
    if not (0 <= token.number <= 24 and -60 < minutes < 60):
        return None
    minute = token.number * 60 + minutes
    return minute + NOON if 0 < minute < 60 and token.number == 1 else (minute if 0 <= minute <= WHOLE_DAY else None)


def _of_four_figures(number: int) -> int | None:
    """“0900” and “1530”."""
    hours, minutes = divmod(number, 100)
    return hours * 60 + minutes if hours < 24 and minutes < 60 and minutes % 5 == 0 else None
