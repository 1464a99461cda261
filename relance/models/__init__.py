"""Every table, and the verbs on it: one module an aggregate."""

from relance.models.accounts import ApiKey, Member, Organization, OverridePolicy, Role, Scope
from relance.models.activities import Activity
from relance.models.agents import Agent
from relance.models.assignments import Assignment
from relance.models.base import Conflict, Invalid
from relance.models.calendar_feeds import CalendarFeed
from relance.models.campaigns import Campaign, Enrolment
from relance.models.clock import DemoClock
from relance.models.connections import Approval, ChannelKind, Connection, Template
from relance.models.consents import Consent, ConsentAction, DoNotCall, Evidence
from relance.models.contact_fields import ContactStatus, LeadQuality
from relance.models.contacts import Contact
from relance.models.followups import Attempt, Change, FollowUp, Priority, Purpose, Source
from relance.models.inbox import Call, Conversation, Direction, Message, Notification
from relance.models.invitations import Invitation
from relance.models.requests import ContactImport, IdempotentRequest
from relance.models.second_factors import RecoveryCode, SecondFactor
from relance.models.sign_ins import SignIn
from relance.models.stages import Stage
from relance.models.throttle import WrongTry

__all__ = [
    "Activity", "Agent", "ApiKey", "Approval", "Assignment", "Attempt", "CalendarFeed", "Call", "Campaign", "Change",
    "ChannelKind", "Conflict", "Connection", "Consent", "ConsentAction", "Contact", "ContactImport", "ContactStatus",
    "Conversation", "DemoClock", "Direction", "DoNotCall", "Enrolment", "Evidence", "FollowUp", "IdempotentRequest",
    "Invalid", "Invitation", "LeadQuality", "Member", "Message", "Notification", "Organization", "OverridePolicy",
    "Priority", "Purpose", "RecoveryCode", "Role", "Scope", "SecondFactor", "SignIn", "Source", "Stage", "Template",
    "WrongTry",
]  # fmt: skip
