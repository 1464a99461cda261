"""Webhooks: a signed JSON POST to an address that the organization gave (spec, section 8)."""

from relance.channels.webhook.addresses import url_problem
from relance.channels.webhook.channel import WebhookChannel

__all__ = ["WebhookChannel", "url_problem"]
