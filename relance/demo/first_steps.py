"""The first minutes of whoever tries the demo: four steps that tick themselves off by what is in the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from relance.demo import phones
from relance.models import Call, DemoClock, FollowUp, Member, clock

LEFT, SAW_CALL_LOG = "left", "callLog"


@dataclass(frozen=True, slots=True)
class Step:
    """What to do, where, and whether it was done. Without an address, the steps themselves lead there."""

    text: str
    link: str
    address: str
    done: bool


def steps(member: Member) -> Sequence[Step]:
    """The steps as the member stands with them; none once they left them."""
    way = DemoClock.objects.first()
    if way is None or LEFT in member.first_steps:
        return ()
    own = FollowUp.objects.visible_to(member)
    call = own.filter(type="call", created_by=member, pk__gt=_last_loaded(way)).order_by("-id").first()
    answered = own.filter(attempts__answered_at__gt=way.loaded_at).exists()
    return (
        Step("Schedule a call to one of the contacts.", "Choose a contact", "/contacts", call is not None),
        Step("Set the clock forward to the call.", "Go to the clock", "/phone", way.ahead_by > timedelta()),
        Step("Answer the phone when it rings, and say something.", *_where_it_rings(member, call), answered),
        Step(
            "See in the call log what was said.",
            "Open the call log",
            "",
            SAW_CALL_LOG in member.first_steps,
        ),
    )


def _last_loaded(way: DemoClock) -> int:
    """The key of the last follow-up that the demo brought: of many that are younger, none needs to be asked its age."""
    loaded = FollowUp.objects.filter(created_at__lte=way.loaded_at).order_by("-pk")
    return loaded.values_list("pk", flat=True).first() or 0


def _where_it_rings(member: Member, call: FollowUp | None) -> tuple[str, str]:
    ringing = phones.seen_by(member).filter(answered_at=None).first()
    if ringing:
        return f"{ringing.contact.name}’s phone rings", f"/phone/{ringing.contact.public_id}"
    if call:
        return "Go to the phone", f"/phone/person_{call.contact_id}"
    return "Choose a phone", "/phone"


def last_talk(member: Member) -> Call | None:
    """The last call that somebody answered, of a contact the member may see."""
    talks = Call.objects.filter(organization=member.organization, status=Call.Status.ANSWERED)
    if not member.is_admin:
        talks = talks.filter(contact__assignments__member=member)
    return talks.order_by("-started_at", "-id").first()


def note(member: Member, what: str) -> None:
    """Remember that the member `LEFT` the steps, or `SAW_CALL_LOG`."""
    if what not in member.first_steps:
        member.first_steps[what] = clock.now().isoformat()
        member.save(update_fields=["first_steps"])
