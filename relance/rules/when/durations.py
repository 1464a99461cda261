"""Moments and days by how far they are: "in an hour and a half", "a week from Friday"."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from relance.rules.when import dates
from relance.rules.when.context import Context
from relance.rules.when.shapes import Days, Grain, Moment, Unsure, Value
from relance.rules.when.words import Token

DURATION = """(?:
    (?:NUMBER|ARTICLE|DECIMAL) (?:UNIT|HOURMARK)
        (?: AND? (?: HALF | QUARTER | ARTICLE HALF | ARTICLE QUARTER | NUMBER (?:UNIT|HOURMARK) ) )?
  | UNIT AND (?:HALF|QUARTER)
  | NUMBER AND ARTICLE? HALF UNIT
  | ARTICLE? HALF ARTICLE? UNIT
  | (?:ARTICLE|NUMBER)? QUARTER OF? ARTICLE? UNIT
  | NUMBER (?:OR|TO|DASH) NUMBER UNIT
)"""
"""How long something lasts, as a pattern of kinds."""
_FARTHEST = 36_525  # days: what is farther may be of no calendar

_MINUTES = {"minute": 1, "hour": 60}
_DAYS = {"day": 1, "week": 7, "fortnight": 14}


@dataclass(frozen=True, slots=True)
class _Span:
    minutes: float = 0
    days: float = 0
    months: float = 0

    def plus(self, count: float, unit: str) -> "_Span":
        return _Span(
            self.minutes + count * _MINUTES.get(unit, 0),
            self.days + count * _DAYS.get(unit, 0),
            self.months + count * (unit == "month"),
        )


def _span(row: Sequence[Token]) -> _Span:
    """How long "an hour and a half" is; of "two or three days" the shorter."""
    span, count, unit = _Span(), 0.0, ""
    for token, before in zip(row, ("", *(token.kind for token in row)), strict=False):
        match token.kind:
            case "number" if before not in ("or", "to", "dash"):
                count = token.number
            case "decimal":
                count = token.number / 10
            case "half" | "quarter":
                part = 0.5 if token.kind == "half" else 0.25
                rest = row[-1] is token and unit
                span = span.plus(part, unit) if rest else span
                count = count + part if token.kind == "half" else (count or 1) * part
            case "unit" | "hourmark":
                unit = token.name or "hour"
                span, count = span.plus(count or 1, unit), 0.0
    return span


def _at_the_end(
    context: Context, span: _Span, since: date | None = None, sure: float = 1.0
) -> tuple[str, Value] | None:
    """The moment or day at the end of a span; None where it is of no whole days, or of days and hours together."""
    here = context.here
    if span.minutes:
        if span.days or span.months or since not in (None, here.today):
            return None
        start = here.this_minute + timedelta(minutes=span.minutes)
        return "moment", Moment(start, start + timedelta(minutes=1), Grain.MINUTE, sure)
    if span.days % 1 or span.months % 1:
        return None
    if span.days + span.months * 31 > _FARTHEST:
        raise Unsure(f"“{context.text.strip()[:60]}” is too far away.")
    day = dates.plus_months(since or here.today, int(span.months))
    return "days", Days.one(day + timedelta(span.days), sure)


def ahead(context: Context, row: Sequence[Token]) -> tuple[str, Value] | None:
    """“In two hours”, “dentro de tres días”."""
    return _at_the_end(context, _span(row[1:]))


def hence(context: Context, row: Sequence[Token]) -> tuple[str, Value] | None:
    """“Two hours from now”."""
    return _at_the_end(context, _span(row[:-1]))


def alone(context: Context, row: Sequence[Token]) -> tuple[str, Value] | None:
    """“2 hours” and nothing else."""
    return _at_the_end(context, _span(row), sure=0.7)


def from_day(context: Context, row: Sequence[Token]) -> tuple[str, Value] | None:
    """“A week from Friday”, “two weeks from today”."""
    return _at_the_end(context, _span(row[:-1]), _day_named(context, row[-1]))


def weekday_week(context: Context, row: Sequence[Token]) -> tuple[str, Value] | None:
    """“Friday week”."""
    if row[1].name not in ("week", "fortnight"):
        return None
    return _at_the_end(context, _span(row[1:]), _day_named(context, row[0]))


def week_from_day(context: Context, row: Sequence[Token]) -> tuple[str, Value] | None:
    """“A week today”, “two weeks on Friday” without the “on”."""
    return from_day(context, row) if row[-2].name in ("week", "fortnight") else None


def day_in(context: Context, row: Sequence[Token]) -> tuple[str, Value] | None:
    """“De hoy en quince días”."""
    return _at_the_end(context, _span(row[2:]), _day_named(context, row[0]))


def _day_named(context: Context, token: Token) -> date:
    today = context.here.today
    return dates.coming(token.number, today) if token.kind == "weekday" else today + timedelta(token.number)
