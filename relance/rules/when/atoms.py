"""From tokens to expressions for one day or one time of day: "the 25th of November", "half past four", "in an hour"."""

import re
from collections.abc import Sequence

from relance.rules.when import clocks, days, durations
from relance.rules.when.context import Build, Context
from relance.rules.when.durations import DURATION
from relance.rules.when.shapes import Item, Value
from relance.rules.when.words import Token, codes, pattern

# What may not stand after a bare number that is an hour or a day of the month: "at 3 kids", "the 2 of us".
_NO_THING = (
    "(?!NUMBER|UNIT|UNKNOWN|MONEY|DECIMAL|MONTH|ORDINAL|NTH|HALF|QUARTER|YEAR|TIME|DOTTED|DATE|HOURMARK|PAST"
    "|OF(?!WEEKDAY|DAY|THE|NEXT|THIS))"
)
_SUFFIX = "(?:DASH?ISH)? MERIDIEM? (?:OCLOCK|HOURMARK)? (?:DASH?ISH)?"


def atoms(row: Sequence[Token], context: Context) -> list[Item]:
    """The expressions found, and the words between them. Raises Unsure for days and times that there are not."""
    kinds = codes(token.kind for token in row)
    found: list[Item] = []
    place = 0
    while next_one := _ANY.search(kinds, place):
        found += (Item(token.kind, token.start, token.end) for token in row[place : next_one.start()])
        place = next_one.start()
        end, kind, value = _at(place, kinds, row, context) or (place + 1, row[place].kind, None)
        found.append(Item(kind, row[place].start, row[end - 1].end, value))
        place = end
    return [*found, *(Item(token.kind, token.start, token.end) for token in row[place:])]


def _at(place: int, kinds: str, row: Sequence[Token], context: Context) -> tuple[int, str, Value] | None:
    for says, build in _RULES:
        if said := says.match(kinds, place):
            made = build(context, row[place : said.end()])
            if made:
                return said.end(), *made
    return None


def _only(kind: str) -> Build:
    return lambda context, row: (kind, None)


def _clock(context: Context, row: Sequence[Token]) -> tuple[str, Value] | None:
    clock = clocks.read(row, minutes_after_and=context.book.day_before_month)
    return ("clock" if clocks.is_plain(row) else "bare", clock) if clock else None


_RULES: Sequence[tuple[re.Pattern[str], Build]] = [
    (pattern(says), build)
    for says, build in (
        (f"{DURATION} AGO | AGO {DURATION} | YESTERDAY", _only("bygone")),
        ("(?:NTH|LAST) WEEKDAY OF? THE? (?:NEXT|THIS)? (?:MONTH|UNIT) NEXT?", days.nth_weekday),
        ("NTH WEEKDAY", days.nth_weekday),
        ("(?:NTH|LAST) UNIT OF THE? (?:NEXT|THIS)? (?:MONTH|UNIT) NEXT?", days.nth_week),
        ("THE? (?:NTH|ORDINAL) OF THE? NEXT? UNIT NEXT?", days.nth_of_month),
        ("LAST (?:WEEKDAY|UNIT|MONTH|WEEKEND|PART) | (?:WEEKDAY|UNIT|MONTH|WEEKEND) LAST", _only("bygone")),
        ("EVERY NUMBER? (?:WEEKDAY|UNIT|PART|WEEKEND) | REPEATS", _only("repeat")),
        (f"{DURATION} HENCE", durations.hence),
        (f"(?:IN|AFTER) {DURATION} HENCE?", durations.ahead),
        (f"{DURATION} (?:FROM|ON|AFTER) (?:DAY|WEEKDAY)", durations.from_day),
        ("(?:ARTICLE|NUMBER) UNIT (?:DAY|WEEKDAY)", durations.week_from_day),
        ("WEEKDAY UNIT (?!NEXT)", durations.weekday_week),
        (f"DAY IN {DURATION}", durations.day_in),
        (f"^(?:{DURATION})(?<!HOURMARK)$", durations.alone),
        ("DATE", days.figures),
        ("THE? (?:NUMBER|ORDINAL) (?:DASH|TO|OR|AND) THE? (?:NUMBER|ORDINAL) OF? MONTH", days.days_in_month),
        (
            "MONTH (?:NUMBER|ORDINAL) (?:DASH|TO|OR|AND) (?:NUMBER|ORDINAL) (?!HOURMARK|MERIDIEM|OCLOCK|ISH)",
            days.days_in_month,
        ),
        ("(?<!AT) THE? (?:NUMBER|ORDINAL|NTH) OF? MONTH (?: (?:OF|COMMA)? YEAR)?", days.in_month),
        (
            "MONTH THE? (?:NUMBER|ORDINAL|NTH) (?!HOURMARK|MERIDIEM|OCLOCK|UNIT|ISH|UNKNOWN) (?:COMMA? YEAR)?",
            days.in_month,
        ),
        (f"WEEKDAY NUMBER (?!MERIDIEM|OCLOCK|ISH|PART|TO|DASH|AND|LESS|OR){_NO_THING}", days.weekday_number),
        (f"(?:THE ORDINAL | ORDINAL | THE NUMBER)(?!MERIDIEM|OCLOCK|ISH|LESS|PART){_NO_THING}", days.nth_alone),
        ("(?:LATER|START|MIDDLE|END) (?:OF|THE|LATER){0,3} (?:NEXT|THIS)? UNIT NEXT?", days.stretch),
        ("LATER? THIS UNIT | NEXT UNIT | UNIT (?:NEXT|AFTER_NEXT)", days.stretch),
        ("(?:NEXT|THIS)? WEEKEND NEXT?", days.weekend),
        ("LATER DAY | DAY LATER", days.later_today),
        ("NEXT WEEKDAY | THIS NEXT? WEEKDAY NEXT? | WEEKDAY (?:NEXT(?!UNIT|WEEKEND|MONTH)|AFTER_NEXT)", days.weekday),
        ("WEEKDAY", days.weekday),
        ("WORKDAYS", days.workdays),
        ("(?:START|MIDDLE|END) OF? MONTH | (?:IN|NEXT|THIS) MONTH | ^MONTH$", days.month),
        ("START? DAY", days.named_day),
        (f"HALF (?:PAST|AFTER) NUMBER {_SUFFIX} | QUARTER (?:PAST|AFTER) NUMBER {_SUFFIX}", _clock),
        (f"NUMBER UNIT? PAST NUMBER {_SUFFIX}", _clock),
        (f"(?:QUARTER|NUMBER UNIT) (?:TO|TO_THE|UNTIL) NUMBER {_SUFFIX} | NUMBER TO_THE NUMBER {_SUFFIX}", _clock),
        (f"(?<=AT) NUMBER TO NUMBER {_SUFFIX}", _clock),
        (f"HALF NUMBER {_SUFFIX}{_NO_THING}", _clock),
        (f"NUMBER AND (?:HALF|QUARTER) {_SUFFIX}{_NO_THING}", _clock),
        (f"(?<!BETWEEN)(?<!BETWEEN AT) NUMBER AND NUMBER {_SUFFIX}{_NO_THING}", _clock),
        (f"NUMBER LESS (?:QUARTER|NUMBER) {_SUFFIX}", _clock),
        (f"NUMBER CLOCKWORD | CLOCKWORD | (?<!IN) TIME {_SUFFIX} | DOTTED {_SUFFIX}", _clock),
        (f"NUMBER NUMBER {_SUFFIX}{_NO_THING}", _clock),
        ("(?<=AT) NUMBER UNIT", _clock),
        (f"(?!^NUMBER HOURMARK$) NUMBER (?=MERIDIEM|OCLOCK|HOURMARK|ISH|DASH ISH) {_SUFFIX}", _clock),
        (f"NUMBER {_NO_THING}", _clock),
        ("THIS? PART", days.part),
    )
]
_ANY = re.compile("|".join(f"(?:{says.pattern})" for says, _ in _RULES))
