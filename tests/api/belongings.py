"""One of everything that an organization may have, and where the API has it."""

from __future__ import annotations

from datetime import timedelta

from relance.models import (
    ApiKey,
    Call,
    Campaign,
    ContactImport,
    Conversation,
    Evidence,
    FollowUp,
    Message,
    Notification,
    Stage,
    clock,
    invitations,
    scheduling,
    suppression,
)
from relance.models.scheduling import Plan
from tests import cast


def belongings(house: cast.House) -> dict[str, str]:
    """Make one of everything; returns their ids by the address under which they are."""
    now, contact, mine = clock.now(), house.contact, {"organization": house.organization}
    campaign = Campaign.objects.create(**mine, name=f"Spring at {house.organization}", agent=house.agent)
    thread = Conversation.objects.create(**mine, contact=contact, kind="sms", last_message_at=now)
    Message.objects.create(**mine, conversation=thread, direction="inbound", status="received", body="Hello", at=now)
    planned = Plan(type="call", at=now + timedelta(days=1), agent=house.agent, campaign=campaign, conversation=thread)
    follow_up = scheduling.schedule_one(house.organization, contact, planned, by=house.admin)
    call = Call.objects.create(**mine, contact=contact, status="answered", started_at=now, ended_at=now)
    suppression.opt_in(contact.pk, ["sms"], Evidence("member", member=house.admin))
    suppression.do_not_call(house.organization, phone=house.others.phone, source="member", by=None)
    taken = ContactImport.objects.create(**mine, member=house.admin, file_name="a.csv", content="Name,Phone\n")
    told = Notification.objects.create(**mine, member=house.admin, kind="x", text=f"For {house.admin.name}", at=now)
    stage = Stage.objects.create(**mine, name="Warm", position=1, cadence_days=14)
    account = house.organization.connections.get(kind="email")
    return {
        "follow-ups": follow_up.public_id,
        "contacts": contact.public_id,
        "contacts/imports": taken.public_id,
        "calls": call.public_id,
        "conversations": thread.public_id,
        "agents": house.agent.public_id,
        "campaigns": campaign.public_id,
        "templates": house.template.public_id,
        "connections": account.public_id,
        "notifications": told.public_id,
        "keys": ApiKey.issue(house.admin, "of a program")[0].public_id,
        "pipeline": stage.public_id,
        "members": house.colleague.public_id,
        "invitations": invitations.invite(house.admin, "invited@example.com", "agent")[0].public_id,
    }


def ended(follow_up_id: str) -> None:
    """Let a follow-up have failed."""
    FollowUp.objects.filter(pk=FollowUp.key_of(follow_up_id)).update(
        status="failed", next_attempt_at=None, finished_at=clock.now()
    )
