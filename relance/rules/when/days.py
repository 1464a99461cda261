"""Days and parts of the day from their tokens: "the 25th of November", "next Tuesday", "the end of the week"."""

from calendar import month_name
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from relance.rules.when import dates
from relance.rules.when.context import Context, has, numbers, of, one
from relance.rules.when.shapes import WHOLE_DAY, Days, Grain, Moment, PartOfDay, Unsure, Value
from relance.rules.when.words import Token


def figures(context: Context, row: Sequence[Token]) -> tuple[str, Value] | None:
    """A date in figures; one that could be of two months is refused where the language does not tell."""
    written, today = context.written(row), context.here.today
    first, second, *rest = row[0].numbers
    if row[0].name == "iso":
        return "days", dates.dated(rest[0], second, first, today)
    year = rest[0] + 2000 * (rest[0] < 100) if rest else None
    if first > 12:
        return "days", dates.dated(first, second, year, today)
    if second > 12:
        return "days", dates.dated(second, first, year, today)
    if context.book.day_before_month:
        return "days", dates.dated(first, second, year, today, 0.8)
    if first != second:
        either = f"{first} {month_name[second]} or {second} {month_name[first]}"
        raise Unsure(f"“{written}” may be {either}. Write the month as a word.")
    return "days", dates.dated(first, second, year, today)


def in_month(context: Context, row: Sequence[Token]) -> tuple[str, Value] | None:
    """“The 25th of November”, “Nov 25, 2026”."""
    year = of(row, "year")
    day = numbers(row, "number", "ordinal", "nth")[0]
    if not 1 <= day <= 31:
        return None
    return "days", dates.dated(day, one(row, "month").number, year.number if year else None, context.here.today)


def days_in_month(context: Context, row: Sequence[Token]) -> tuple[str, Value] | None:
    """“25–27 November”, “25 or 26 November”."""
    first, last = numbers(row, "number", "ordinal")
    if not 1 <= first < last <= 31 or (last > first + 1 and (has(row, "or") or has(row, "and"))):
        return None
    month, today = one(row, "month").number, context.here.today
    begins, ends = (dates.dated(day, month, None, today) for day in (first, last))
    return "days", Days(begins.first, ends.last, sure=0.9)


def nth_alone(context: Context, row: Sequence[Token]) -> tuple[str, Value] | None:
    """“The 25th”, “el 25”."""
    day = None if row[-1].said else dates.day_of_month(row[-1].number, context.here.today)
    return ("days", day) if day else None


def weekday_number(context: Context, row: Sequence[Token]) -> tuple[str, Value] | None:
    """“Martes 24”. “Tuesday 8” may be an hour as well, so it is refused where it is a date too."""
    weekday, number, today = row[0].number, row[1].number, context.here.today
    day = None if row[1].said else dates.day_of_month(number, today)
    if day and day.first.weekday() == weekday:
        if number <= 12 and not context.book.day_number_after_weekday:
            raise Unsure(f"“{context.written(row)}” may be the day of the month or the hour. Say which.")
        return "days", day
    if context.book.day_number_after_weekday or number > 12:
        raise Unsure(f"“{context.written(row)}”: that day is no such weekday. Say the day or the time in full.")
    return None


def named_day(context: Context, row: Sequence[Token]) -> tuple[str, Value]:
    """“Today”, “pasado mañana”."""
    return "days", Days.one(context.here.today + timedelta(row[-1].number))


def weekday(context: Context, row: Sequence[Token]) -> tuple[str, Value]:
    """“Tuesday”, “this Friday”, “el lunes que viene”."""
    number, today = one(row, "weekday").number, context.here.today
    if has(row, "after_next"):
        return "days", Days.one(dates.coming(number, today) + timedelta(weeks=1), 0.8)
    if has(row, "this"):
        return "days", dates.this_weekday(number, today)
    if has(row, "next"):
        return "days", dates.next_weekday(number, today, of_next_week=context.book.next_weekday_is_next_week)
    return "days", dates.a_weekday(number, today)


def nth_weekday(context: Context, row: Sequence[Token]) -> tuple[str, Value]:
    """“The first Monday of December”, “the last Friday of the month”."""
    first = _month_meant(context, row[2:])
    place = row[0].number if row[0].kind == "nth" else 0
    day = dates.nth_weekday(place, one(row, "weekday").number, first) if first else None
    if day is None or day < context.here.today:
        raise Unsure(f"“{context.written(row)}” is no day to come. Write the date.")
    return "days", Days.one(day)


def nth_week(context: Context, row: Sequence[Token]) -> tuple[str, Value] | None:
    """“The first week of December”: its first seven days."""
    first = _month_meant(context, row[2:])
    if first is None or row[1].name != "week":
        return None
    days = dates.nth_week(row[0].number if row[0].kind == "nth" else 0, first)
    if days.last < context.here.today:
        raise Unsure(f"“{context.written(row)}” has passed. Write the date.")
    return "days", replace(days, first=max(days.first, context.here.today))


def nth_of_month(context: Context, row: Sequence[Token]) -> tuple[str, Value] | None:
    """“The first of the month”: of this one or the next."""
    if one(row, "unit").name != "month":
        return None
    day = dates.day_of_month(numbers(row, "nth", "ordinal")[0], context.here.today)
    return ("days", day) if day else None


def _month_meant(context: Context, row: Sequence[Token]) -> date | None:
    """The first day of the month that is named, or said to be this or the next."""
    month, unit, today = of(row, "month"), of(row, "unit"), context.here.today
    if month:
        return dates.month_ahead(month.number, today).first.replace(day=1)
    if unit and unit.name == "month":
        return dates.plus_months(today.replace(day=1), int(has(row, "next")))
    return None


def workdays(context: Context, row: Sequence[Token]) -> tuple[str, Value]:
    """“Weekdays”, “entre semana”."""
    return "days", dates.workdays(context.here.today)


def stretch(context: Context, row: Sequence[Token]) -> tuple[str, Value] | None:
    """“Next week”, “the end of the month”, “early next week”."""
    today = context.here.today
    ahead = 2 if has(row, "after_next") else int(has(row, "next"))
    place = next((token.kind for token in row if token.kind in ("start", "middle", "end")), "")
    match one(row, "unit").name:
        case "week":
            return "days", dates.rest_of_week(today) if row[0].kind == "later" else dates.week(today, ahead, place)
        case "month":
            first = dates.plus_months(today.replace(day=1), ahead)
            days = dates.month(first.year, first.month, today, place)
            after = dates.plus_months(first, 1)
            return "days", days if days.last >= today else dates.month(after.year, after.month, today, place)
    return None


def month(context: Context, row: Sequence[Token]) -> tuple[str, Value]:
    """“In December”, “a finales de enero”."""
    place = row[0].kind if row[0].kind in ("start", "middle", "end") else ""
    return "days", dates.month_ahead(one(row, "month").number, context.here.today, place)


def weekend(context: Context, row: Sequence[Token]) -> tuple[str, Value]:
    """“The weekend”, “el finde que viene”."""
    return "days", dates.weekend(context.here.today, int(has(row, "next")))


def later_today(context: Context, row: Sequence[Token]) -> tuple[str, Value] | None:
    """“Later today”: in two hours or more, or what is left of today."""
    if one(row, "day").number:
        return None
    here = context.here
    midnight = here.instant(here.today, WHOLE_DAY)
    start = min(here.now + timedelta(hours=2), midnight - timedelta(minutes=1))
    return "moment", Moment(start, midnight, Grain.PART, 0.6)


def part(context: Context, row: Sequence[Token]) -> tuple[str, Value]:
    """“This afternoon”, “por la tarde”."""
    part = context.book.parts[row[-1].name]
    return "part", PartOfDay(part, part.today or row[0].kind == "this")
