"""Campaigns: a set of contacts worked by one agent, with what is sent when a call has ended."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from relance.models.accounts import Organization
from relance.models.agents import Agent
from relance.models.base import Scoped


class CampaignStatus(models.TextChoices):
    """Whether a campaign's follow-ups may go."""

    ACTIVE = "active"
    PAUSED = "paused"
    ENDED = "ended"


class SmsTemplate(models.TextChoices):
    """The five fixed post-call texts; their wording is not a customer's to change."""

    MEETING_REQUEST = "meeting_request", "Meeting Request"
    NEXT_STEP = "next_step", "Next Step"
    APPOINTMENT_CONFIRMATION = "appointment_confirmation", "Appointment Confirmation"
    CONVERSATION_SUMMARY = "conversation_summary", "Conversation Summary"
    OFFER_PROMO = "offer_promo", "Offer / Promo"


class Campaign(Scoped):
    """A set of contacts worked by one agent, with its post-call settings."""

    PREFIX = "campaign"

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="campaigns")
    name = models.TextField()
    agent = models.ForeignKey(Agent, models.PROTECT, related_name="campaigns", db_constraint=False)
    status = models.TextField(choices=CampaignStatus, default=CampaignStatus.ACTIVE)

    sms_enabled = models.BooleanField(default=False)
    sms_template = models.TextField(choices=SmsTemplate, blank=True, default="")
    sender_name = models.TextField(blank=True, default="")
    meeting_link = models.TextField(blank=True, default="")
    offer_summary = models.TextField(blank=True, default="")
    promo_code = models.TextField(blank=True, default="")

    email_enabled = models.BooleanField(default=False)
    email_connection = models.ForeignKey(
        "relance.Connection", models.SET_NULL, null=True, blank=True, related_name="+", db_constraint=False
    )
    email_from_name = models.TextField(blank=True, default="")
    email_subject = models.TextField(blank=True, default="")
    email_body = models.TextField(blank=True, default="")
    email_meeting_link = models.TextField(blank=True, default="")
    ask_for_email = models.BooleanField(default=False)
    missed_call_subject = models.TextField(blank=True, default="")
    missed_call_body = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["organization", "id"], name="campaign_of_organization"),
            models.CheckConstraint(condition=~Q(name=""), name="campaign_has_a_name"),
            models.CheckConstraint(
                condition=Q(sms_enabled=False) | ~Q(sms_template=""), name="campaign_sms_has_a_template"
            ),
        )

    def __str__(self) -> str:
        return self.name


class Enrolment(models.Model):
    """A contact's part in a campaign."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="enrolments", db_constraint=False)
    contact = models.ForeignKey("relance.Contact", models.CASCADE, related_name="enrolments", db_constraint=False)
    enrolled_at = models.DateTimeField(db_default=Now())
    left_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["campaign", "contact"], name="enrolled_once_per_campaign"),)
