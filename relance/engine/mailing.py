"""Mailing members what became of the follow-ups they scheduled, if they want it so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from django.conf import settings
from django.core.mail import send_mail

from relance.engine import jobs

MOST_TOLD = 50


def mail(told: Iterable[tuple[str, str]]) -> None:
    """Defer one mail to each address with the sentences for it, in the transaction that wrote what they tell."""
    if not settings.MAIL_CONFIGURED:
        return
    by_address: dict[str, list[str]] = defaultdict(list)
    for address, sentence in told:
        by_address[address].append(sentence)
    for address, sentences in by_address.items():
        jobs.defer_mail(address, sentences[:MOST_TOLD], len(sentences))


def send(address: str, sentences: Sequence[str], count: int) -> None:
    """Send the mail. Raises what the mail server's absence raises; the job is then done again."""
    more = [f"And {count - len(sentences):,} more."] if count > len(sentences) else []
    subject = sentences[0] if count == 1 else f"{count:,} of your follow-ups have ended"
    where = f"All of them: {settings.BASE_URL}/follow-ups/scheduled"
    send_mail(" ".join(subject.split())[:200], "\n".join([*sentences, *more, "", where]), None, [address])
