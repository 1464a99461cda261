"""Mail of Relance's own: links to set a password, and invitations."""

from __future__ import annotations

import logging
import threading

from django.conf import settings
from django.core.mail import send_mail

from relance.models import Invitation, Member

log = logging.getLogger(__name__)

RESET = """Hello {name},

somebody, we hope you, asked to set a new password for Relance. To do so, open this address within an hour:

{link}

If it was not you, do nothing: your password stays as it is.
"""
INVITED = """Hello,

{by} invites you to work with {organization} in Relance. To choose your name and password, open this address:

{link}

It is good once, for seven days.
"""


def send_reset(member: Member, link: str) -> None:
    """Mail a link to set a new password. Does not wait for it: how long an answer takes must not tell who is known."""
    text = RESET.format(name=member.name, link=link)
    threading.Thread(target=_send, args=[member.email, "Set a new password", text], daemon=True).start()


def send_invitation(invitation: Invitation, link: str) -> bool:
    """Mail an invitation. Returns whether it went; without a mail server it does not."""
    if not settings.MAIL_CONFIGURED:
        return False
    by = invitation.invited_by.name if invitation.invited_by else "An admin"
    text = INVITED.format(by=by, organization=invitation.organization.name, link=link)
    subject = " ".join(f"{by} invites you to {invitation.organization.name}".split())
    return _send(invitation.email, subject, text)


def _send(to: str, subject: str, text: str) -> bool:
    try:
        send_mail(subject, text, None, [to])
    except OSError as problem:  # those of smtplib are such
        log.warning("A mail could not be sent: %s", problem)
        return False
    return True
