"""Days by name and by number, seen from today."""

from calendar import day_name, month_name, monthrange
from contextlib import suppress
from datetime import date, timedelta

from relance.rules.when.shapes import Days, Grain, Unsure

_PAST = 90  # days for which a date without a year is one that has passed, and not one of next year
_FRIDAY, _SUNDAY = 4, 6


def named(day: date) -> str:
    """Such as "Wednesday 25 November"."""
    return f"{day_name[day.weekday()]} {day.day} {month_name[day.month]}"


def plus_months(day: date, months: int) -> date:
    """The same day of a later month, or that month's last."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def coming(weekday: int, today: date) -> date:
    """The next day of that name, never today."""
    return today + timedelta((weekday - today.weekday() - 1) % 7 + 1)


def monday(today: date, weeks: int) -> date:
    """The Monday of a week: this one is 0."""
    return today - timedelta(today.weekday()) + timedelta(weeks=weeks)


def a_weekday(weekday: int, today: date) -> Days:
    """A weekday by its name alone. Said on that same day it means the next, probably: today is called today."""
    return Days.one(coming(weekday, today), 0.6 if weekday == today.weekday() else 1.0, weekday)


def this_weekday(weekday: int, today: date) -> Days:
    """“This Friday”: the one of the next seven days, today included."""
    return Days.one(today + timedelta((weekday - today.weekday()) % 7), 0.9)


def next_weekday(weekday: int, today: date, *, of_next_week: bool) -> Days:
    """“Next Friday”: that of next week. Where it is still ahead in this week, some would mean that one."""
    first = coming(weekday, today)
    doubtful = first < monday(today, 1)
    day = monday(today, 1) + timedelta(weekday) if of_next_week else first
    return Days.one(day, (0.6 if of_next_week else 0.8) if doubtful else 1.0)


def week(today: date, weeks: int, place: str = "") -> Days:
    """A week, Monday first; `place` is its start (Monday and Tuesday), middle (Wednesday) or end (Friday)."""
    first = monday(today, weeks)
    if not place:
        return Days(max(first, today), first + timedelta(_SUNDAY), Grain.WEEK)
    begins, ends = {"start": (0, 1), "middle": (2, 2), "end": (_FRIDAY, _FRIDAY)}[place]
    days = Days(first + timedelta(begins), first + timedelta(ends), sure=0.8)
    return week(today, weeks + 1, place) if days.last < today else days


def rest_of_week(today: date) -> Days:
    """“Later this week”: from tomorrow; on its last day there is nothing but that."""
    sunday = monday(today, 0) + timedelta(_SUNDAY)
    return Days(min(today + timedelta(1), sunday), sunday, sure=0.8)


def workdays(today: date) -> Days:
    """The working days left in this week, or those of the next when there are none."""
    first = today if today.weekday() <= _FRIDAY else monday(today, 1)
    return Days(first, monday(first, 0) + timedelta(_FRIDAY), sure=0.8)


def nth_weekday(place: int, weekday: int, first: date) -> date | None:
    """A month's first (1), second, … or last (0) such weekday; None where it has not so many."""
    earliest = first + timedelta((weekday - first.weekday()) % 7)
    days = [day for week in range(5) if (day := earliest + timedelta(weeks=week)).month == first.month]
    return days[place - 1] if place <= len(days) else None


def nth_week(place: int, first: date) -> Days:
    """A month's first (1), second, … or last (0) seven days."""
    last = date(first.year, first.month, monthrange(first.year, first.month)[1])
    begins = first + timedelta(weeks=place - 1) if place else last - timedelta(6)
    return Days(begins, min(begins + timedelta(6), last), sure=0.8)


def weekend(today: date, weeks: int) -> Days:
    """A Saturday and Sunday; what is left of it when it has begun."""
    first = monday(today, weeks) + timedelta(_FRIDAY + 1)
    return Days(max(first, today), first + timedelta(1))


def month(year: int, number: int, today: date, place: str = "") -> Days:
    """A month, or its first days, its middle or its last days."""
    first, last = date(year, number, 1), date(year, number, monthrange(year, number)[1])
    if not place:
        return Days(max(first, today), last, Grain.MONTH, 0.6)
    begins, ends = {"start": (1, 5), "middle": (14, 16), "end": (last.day - 3, last.day)}[place]
    return Days(max(date(year, number, begins), today), date(year, number, ends), sure=0.7)


def month_ahead(number: int, today: date, place: str = "") -> Days:
    """A month by its name, this one included."""
    return month(today.year + (number < today.month), number, today, place)


def day_of_month(number: int, today: date) -> Days | None:
    """“The 25th”: the next day of that number, today included. None where no month has it."""
    if not 1 <= number <= 31:
        return None
    first = today.replace(day=1)
    months = (plus_months(first, ahead) for ahead in range(4))
    days = (start + timedelta(number - 1) for start in months if (start + timedelta(number - 1)).month == start.month)
    return Days.one(next(day for day in days if day >= today), 0.9)


def dated(day: int, number: int, year: int | None, today: date, sure: float = 1.0) -> Days:
    """A day of a month. Without a year it is the next such day, unless it passed in the last months.

    Raises Unsure where there is no such day, and where it has passed.
    """
    if year is None:
        return _without_year(day, number, today, sure)
    if year > today.year + 100:
        raise Unsure(f"The year {year} is too far away. Name a nearer day.")
    return Days.one(_not_passed(_a_date(year, number, day), today), sure)


def _without_year(day: int, number: int, today: date, sure: float) -> Days:
    since = today - timedelta(_PAST)
    for year in range(today.year - 1, today.year + 9):  # a 29 February may be eight years away
        with suppress(ValueError):
            if (found := date(year, number, day)) >= since:
                break
    else:
        found = _a_date(today.year, number, day)
    return Days.one(_not_passed(found, today), sure)


def _a_date(year: int, number: int, day: int) -> date:
    try:
        return date(year, number, day)
    except ValueError:
        raise Unsure(f"There is no such day as {day:02}/{number:02}/{year} (day/month/year).") from None


def _not_passed(day: date, today: date) -> date:
    if day < today:
        raise Unsure(f"{named(day)} {day.year} has passed. Name a day to come.")
    return day
