"""What a column of a list of contacts may hold, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from relance.contacts_csv import columns

TITLES: Mapping[str, str] = {
    "name": "Full name",
    "firstName": "First name",
    "middleName": "Middle name",
    "lastName": "Last name",
    "phone": "Phone",
    "email": "E-mail",
    "company": "Company",
    "externalId": "ID in another system",
    "country": "Country",
    "region": "State or region",
    "postalCode": "Postal code",
    "timeZone": "Time zone",
    "leadQuality": "Lead quality",
    "status": "Active or not",
    "nextFollowUpDate": "Due date",
    "cadenceDays": "Cadence in days",
    "assignees": "Assigned to",
    "smsOptIn": "Agreed to SMS",
    "emailOptIn": "Agreed to e-mail",
    "whatsappOptIn": "Agreed to WhatsApp",
    "smsOptOut": "Opted out of SMS",
    "emailOptOut": "Opted out of e-mail",
    "whatsappOptOut": "Opted out of WhatsApp",
    "doNotCall": "Do not call",
    "doNotContact": "Do not contact",
}


def choices() -> Sequence[tuple[str, str]]:
    """Every field with its words, in the order in which they are chosen from."""
    return [*TITLES.items(), *((field, field) for field in columns.fields() if field not in TITLES)]
