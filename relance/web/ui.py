"""Template tags of the pages: icons, badges, instants. Built into every template; nothing needs to be loaded."""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from django import template
from django.forms.utils import flatatt
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from relance.models import FollowUp, Member, actions, clock
from relance.rules import phones
from relance.rules.states import Status
from relance.web import icons, times

register = template.Library()

STATUS: Mapping[Status, tuple[str, str]] = {
    Status.SCHEDULED: ("clock", "Scheduled"),
    Status.SNOOZED: ("moon", "Snoozed"),
    Status.QUEUED: ("layers", "Queued"),
    Status.IN_PROGRESS: ("loader-circle", "In progress"),
    Status.COMPLETED: ("check", "Completed"),
    Status.FAILED: ("circle-x", "Failed"),
    Status.CANCELLED: ("ban", "Cancelled"),
    Status.EXPIRED: ("hourglass", "Expired"),
}
KIND = {
    "call": ("phone", "Call"),
    "sms": ("message-square", "SMS"),
    "whatsapp": ("message-circle", "WhatsApp"),
    "email": ("mail", "E-mail"),
    "webhook": ("webhook", "Webhook"),
}
SOURCE = {
    "manual": "Manual",
    "agent": "Agent",
    "campaign": "Campaign",
    "inbox": "Inbox",
    "api": "API",
    "import": "Import",
}
LONGEST_NAME = 60
QUALITY = {
    "HOT": ("flame", "Hot"),
    "WARM": ("thermometer", "Warm"),
    "COLD": ("snowflake", "Cold"),
    "NURTURE": ("sprout", "Nurture"),
}


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """The icon; with a label it is read aloud, without one it only repeats what words beside it say."""
    return _drawn(name, label)


@functools.lru_cache(maxsize=1024)  # a list has hundreds
def _drawn(name: str, label: str) -> SafeString:
    spoken = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html('<svg class="icon" {}><use href="{}"></use></svg>', spoken, icons.reference(name))


@register.simple_tag
def status_badge(status: str) -> SafeString:
    """A follow-up's status: a colour, an icon and a word."""
    name, word = STATUS[Status(status)]
    return format_html('<span class="badge status-{}">{}{}</span>', status, icon(name), word)


@register.simple_tag
def out_of_window() -> SafeString:
    """The mark of a follow-up that may go outside the calling window on the customer's wish."""
    return mark_safe('<span class="badge outline">out-of-window</span>')


@register.simple_tag
def kind(value: str) -> SafeString:
    """A channel with its icon."""
    name, word = KIND[value]
    return format_html('<span class="kind">{}{}</span>', icon(name), word)


@register.simple_tag
def quality(value: str) -> SafeString:
    """A contact's lead quality as a chip; nothing for one that has none."""
    if not value:
        return mark_safe("")
    name, word = QUALITY[value]
    return format_html('<span class="chip quality-{}">{}{}</span>', value.lower(), icon(name), word)


@register.simple_tag(takes_context=True)
def instant(context: Any, at: datetime | None, zone: str = "", relative: bool = True) -> SafeString:
    """An instant for the member who looks, or in `zone`; it ages by itself."""
    if at is None:
        return mark_safe('<span class="faint">–</span>')
    said = times.written(at, _now(context), zone or _zone(context), relative=relative)
    ages = flatatt({"data-absolute": said.absolute}) if said.near else ""
    return format_html('<time datetime="{}" title="{}"{}>{}</time>', at.isoformat(), said.full, ages, said.text)


@register.simple_tag(takes_context=True)
def for_both(context: Any, at: datetime, zone: str, name: str) -> SafeString:
    """An instant for the contact and, where their zone differs, for the member: “15:00 for Ana · 09:00 for you”."""
    own, now = _zone(context), _now(context)
    theirs = times.written(at, now, zone, relative=False)
    if not zone or not times.apart(at, zone, own):
        return instant(context, at, relative=False)
    yours = times.written(at, now, own, relative=False)
    return format_html(
        '<time datetime="{}" title="{}">{} for <span class="nowrap">{} <span class="faint">·</span></span> '
        '<span class="faint nowrap">{} for you</span></time>',
        at.isoformat(), f"{theirs.full} · {yours.full}", theirs.text, first_name(name),
        _shorter(yours.text, theirs.text),
    )  # fmt: skip


def first_name(name: str) -> str:
    """What to call somebody in half a line, without the invisible marks that would turn the rest of it round."""
    shown = whole_name(name).split()
    return shown[0][:24] if shown else "them"


def whole_name(name: str) -> str:
    """A name as it stands in a sentence, without such marks, and cut where it is long."""
    shown = "".join(character for character in name if unicodedata.category(character) != "Cf")
    return shown if len(shown) <= LONGEST_NAME else f"{shown[: LONGEST_NAME - 1].rstrip()}…"


def _shorter(text: str, than: str) -> str:
    day, _, time = text.rpartition(", ")
    return time if day == than.rpartition(", ")[0] else text


@register.simple_tag(takes_context=True)
def day(context: Any, value: date | None) -> SafeString:
    """A calendar day, as the member has it."""
    if value is None:
        return mark_safe('<span class="faint">–</span>')
    today = _now(context).astimezone(ZoneInfo(_zone(context))).date()
    whole = f"{value:%A} {value.day} {value:%B %Y}"
    return format_html('<time datetime="{}" title="{}">{}</time>', value.isoformat(), whole, times.day(value, today))


@register.simple_tag(takes_context=True)
def time_there(context: Any, zone: str) -> SafeString:
    """The time of day in `zone` now; it goes on by itself."""
    shown = times.clock_time(_now(context), zone)
    return format_html('<time class="figures" data-clock="{}">{}</time>', zone, shown)


@register.simple_tag(takes_context=True)
def day_there(context: Any, zone: str) -> str:
    """The day in `zone` now, such as “Tuesday, 25 November”."""
    local = _now(context).astimezone(ZoneInfo(zone))
    return f"{local:%A}, {local.day} {local:%B}"


@register.simple_tag(takes_context=True)
def now_iso(context: Any) -> str:
    """The instance's time, which on a demo instance is not the browser's: instants age by it."""
    return _now(context).isoformat()


@register.simple_tag
def avatar(name: str, size: str = "") -> SafeString:
    """A person's initials in a disc, its hue by the name."""
    words = [word for word in name.split() if word[:1].isalnum()]
    initials = "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper() or "?"
    hue = sum(map(ord, name)) % 8
    return format_html('<span class="avatar hue-{} {}" aria-hidden="true">{}</span>', hue, size, initials)


@register.filter
def place(zone: str) -> str:
    """A zone's city."""
    return times.place(zone)


@register.filter
def phone(number: str) -> str:
    """A number as people write it."""
    return phones.shown(number) if number else ""


@register.filter
def source(value: str) -> str:
    """How a follow-up was made, in a word."""
    return SOURCE.get(value, value)


@register.filter
def counted(number: int, noun: str) -> str:
    """Such as `1 contact` and `2,304 contacts`; a plural that is no `s` follows a comma: `"reply,replies"`."""
    one, _, many = noun.partition(",")
    return f"{number:,} {one if number == 1 else many or one + 's'}"


@register.filter
def every(days: int) -> str:
    """A cadence, such as `every day` and `every 14 days`."""
    return "every day" if days == 1 else f"every {days:,} days"


@register.filter
def late(reason: str) -> SafeString:
    """Why a contact is owed a touch, the word “overdue” marked where it stands."""
    before, word, after = reason.partition("overdue")
    return format_html('{}<span class="late">{}</span>{}', before, word, after) if word else escape(reason)


@register.filter
def figures(number: int) -> str:
    """Such as `2,304`."""
    return f"{number:,}"


@register.simple_tag(takes_context=True)
def query(context: Any, **changed: Any) -> SafeString:
    """The page's own query with some parameters changed (None leaves one out), for links that keep the filters."""
    parameters = context["request"].GET.copy()
    for name in ("cursor", "before", *changed):
        parameters.pop(name, None)
    parameters.update({name: value for name, value in changed.items() if value not in (None, "")})
    return mark_safe(f"?{escape(parameters.urlencode())}" if parameters else "?")  # noqa: S308 - escaped here


@register.simple_tag
def once() -> SafeString:
    """The field of a form that makes something, by which it is known when it is sent again: see `relance.web.once`."""
    return format_html('<input type="hidden" name="once" value="{}" autocomplete="off">', once_id())


@register.simple_tag
def once_id() -> str:
    """The same for a button, as the value of `once`."""
    return str(uuid4())


@register.simple_tag(takes_context=True)
def error(context: Any, field: str) -> SafeString:
    """What was wrong at this field; its control refers to it by `aria-describedby`."""
    said = (context.get("errors") or {}).get(field)
    if not said:
        return mark_safe("")
    return format_html('<p class="error" id="error-{}">{}{}</p>', field.replace(".", "-"), icon("circle-alert"), said)


@register.simple_tag(takes_context=True)
def wrong(context: Any, field: str) -> SafeString:
    """The attributes of a control whose field was wrong."""
    if field not in (context.get("errors") or {}):
        return mark_safe("")
    return format_html('aria-invalid="true" aria-describedby="error-{}"', field.replace(".", "-"))


@register.filter
def may(follow_up: FollowUp, member: Member) -> frozenset[str]:
    """What the member may do to a follow-up that they see: cancel, snooze, reschedule, edit, retry, delete."""
    return actions.possible(follow_up, member)


@register.filter
def where(follow_up: FollowUp) -> str:
    """The page of a follow-up."""
    return f"/follow-ups/{follow_up.public_id}"


def _member(context: Any) -> Member | None:
    request = context.get("request")
    user = getattr(request, "user", None)
    return user if isinstance(user, Member) else None


def _zone(context: Any) -> str:
    member = _member(context)
    return member.zone if member else "UTC"


def _now(context: Any) -> datetime:
    """The instance's time, asked for once a page."""
    request = context["request"]
    known: datetime | None = getattr(request, "now", None)
    if known is None:
        known = request.now = clock.now()
    return known
