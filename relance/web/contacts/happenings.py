"""The timeline in words: what each thing that happened with a contact is called, and what is told of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from relance.models import Activity, Call, Change, Consent, Direction, Message
from relance.models.timeline import Entry
from relance.web.contacts.asked import CHANNELS
from relance.web.ui import KIND, where

CALL_WORDS = {
    "answered": "answered",
    "missed": "not answered",
    "voicemail": "reached a voicemail",
    "declined": "declined",
    "busy": "busy",
    "failed": "failed",
}
CHANGE_WORDS = {
    "scheduled": "scheduled",
    "snoozed": "snoozed",
    "completed": "carried out",
    "failed": "failed",
    "cancelled": "cancelled",
    "expired": "expired",
}
CHANGE_ICONS = {
    "scheduled": "calendar-clock",
    "snoozed": "moon",
    "completed": "check",
    "failed": "circle-x",
    "cancelled": "ban",
    "expired": "hourglass",
}
SOURCES: Mapping[str, str] = {
    "call": "on a call",
    "message": "in a message",
    "form": "on a form",
    "import": "with an import",
    "api": "through the API",
    "member": "to a member",
    "merge": "when contacts were merged",
}
ACTIVITIES = {
    "note": ("notebook-pen", "Note"),
    "merged": ("merge", "Merged"),
    "doNotCall": ("shield-ban", "Do-not-call list"),
    "followUpDone": ("check", "Due date"),
    "followUpSnoozed": ("moon", "Due date"),
    "stageMoved": ("kanban", "Pipeline"),
}
_PLAIN = frozenset({"Scheduled.", "Snoozed."})  # what the title says already


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the timeline: `who` did it, `text` is what was said or why, `link` leads to more (in a dialog, where
    `opens` is set), `until` is when it goes on."""

    key: str
    at: datetime
    icon: str
    title: str
    text: str = ""
    who: str = ""
    link: str = ""
    opens: bool = False
    until: datetime | None = None
    quoted: bool = False


def line(entry: Entry) -> Line:
    """`entry` in words."""
    match entry.row:
        case Call() as call:
            return _call(call)
        case Message() as message:
            return _message(message)
        case Change() as change:
            return _change(change)
        case Consent() as consent:
            return _consent(consent)
        case Activity() as activity:
            return _activity(activity)
    raise TypeError(f"Nobody has words for {entry.what}.")


def call_icon(call: Call) -> str:
    """A call's way and end as a picture."""
    if call.status == Call.Status.VOICEMAIL:
        return "voicemail"
    if call.status != Call.Status.ANSWERED:
        return "phone-missed"
    return "phone-incoming" if call.direction == Direction.INBOUND else "phone-outgoing"


def lasting(call: Call) -> str:
    """How long it took, such as “4 min 05 s”."""
    minutes, seconds = divmod(int((call.ended_at - call.started_at).total_seconds()), 60)
    return f"{minutes} min {seconds:02} s" if minutes else f"{seconds} s"


def _call(call: Call) -> Line:
    way = "Incoming" if call.direction == Direction.INBOUND else "Outgoing"
    return Line(
        key=call.public_id,
        at=call.started_at,
        icon=call_icon(call),
        title=f"{way} call, {CALL_WORDS[call.status]}",
        text=call.transcript[0]["text"] if call.transcript else "",
        who=call.agent.name if call.agent else "",
        link=f"/contacts/person_{call.contact_id}/calls/{call.public_id}" if call.transcript else "",
        opens=True,
        quoted=True,
    )


def _message(message: Message) -> Line:
    icon, channel = KIND[message.conversation.kind]
    done = {Message.Status.RECEIVED: "received", Message.Status.FAILED: "could not be delivered"}
    return Line(
        key=message.public_id,
        at=message.at,
        icon=icon,
        title=f"{channel} {done.get(Message.Status(message.status), 'sent')}",
        text=f"{message.subject}\n{message.body}".strip(),
        quoted=True,
    )


def _change(change: Change) -> Line:
    _, channel = KIND[change.follow_up.type]
    waits = change.from_status == "queued" and change.to_status == "scheduled"
    return Line(
        key=f"change_{change.pk}",
        at=change.at,
        icon=CHANGE_ICONS[change.to_status],
        title=f"{channel} {'waits' if waits else CHANGE_WORDS[change.to_status]}",
        text="" if change.because in _PLAIN else change.because,
        who=change.member.name if change.member else "",
        link=where(change.follow_up),
        until=change.until,
    )


def _consent(consent: Consent) -> Line:
    agreed = consent.action == "granted"
    how = SOURCES.get(consent.source, consent.source)
    return Line(
        key=consent.public_id,
        at=consent.at,
        icon="shield-check" if agreed else "octagon-x",
        title=f"{'Agreed to' if agreed else 'Opted out of'} {CHANNELS[consent.kind]} {how}",
        text=consent.quote,
        who=consent.heard_by or (consent.member.name if consent.member else ""),
        quoted=True,
    )


def _activity(activity: Activity) -> Line:
    icon, title = ACTIVITIES.get(activity.kind, ("circle-dot", "Activity"))
    who = activity.member.name if activity.member else ""
    return Line(f"activity_{activity.pk}", activity.at, icon, title, activity.text, who)
