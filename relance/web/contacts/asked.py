"""What a list of contacts is asked for: which, in which order, with which columns."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from urllib.parse import urlencode

from django.http import QueryDict

from relance.models import ContactStatus, LeadQuality
from relance.models.contact_fields import text
from relance.models.contact_filters import ORDERS, Which
from relance.rules.places import normalise_region
from relance.web.access import Visit

PATH = "/contacts"
NEWEST = "-created"
DUE = {"any": "Due or overdue", "overdue": "Overdue", "today": "Due today", "none": "No due date"}
ANSWERS = {"granted": "agreed to", "revoked": "opted out of"}
CHANNELS = {"call": "calls", "sms": "SMS", "whatsapp": "WhatsApp", "email": "e-mail"}
CONSENTS = {
    f"{kind} {answer}": f"{words.capitalize()} {channel}"
    for kind, channel in CHANNELS.items()
    for answer, words in ANSWERS.items()
}
FILTERS = ("q", "quality", "status", "assigned", "due", "consent", "doNotCall", "stage", "country", "region")
PLACE = ("sort", "cursor")
COLUMNS: Mapping[str, str] = {
    "phone": "Phone",
    "email": "E-mail",
    "quality": "Quality",
    "stage": "Stage",
    "due": "Due",
    "assigned": "Assigned to",
    "consents": "May get",
    "there": "Time there",
    "status": "Status",
    "created": "Added",
}
USUAL = ("phone", "quality", "stage", "due", "assigned", "there")
_KEPT = "contact_columns"


def which(query: QueryDict, home: str) -> Which:
    """The contacts that the filters name; what no filter knows is left out. A region is one of `home`, the
    organization's country, where no other is named."""
    consent = _known(query, "consent", CONSENTS)
    kind, _, answer = (consent or "").partition(" ")
    listed = _known(query, "doNotCall", ("yes", "no"))
    country = _said(query, "country", 2).upper()
    return Which(
        q=_said(query, "q", 200),
        assigned_to=_said(query, "assigned", 40) or None,
        lead_quality=_known(query, "quality", LeadQuality.values),
        status=_known(query, "status", ContactStatus.values),
        due=_known(query, "due", DUE),
        do_not_call=None if listed is None else listed == "yes",
        region=normalise_region(country or home, _said(query, "region", 100)) or None,
        country=country or None,
        stage=_said(query, "stage", 40) or None,
        consent=(kind, answer) if consent else None,
    )


def order(query: QueryDict) -> str:
    """The order that is asked for, else the newest first."""
    return _known(query, "sort", ORDERS) or NEWEST


def columns(request: Visit) -> Sequence[str]:
    """The columns that the member wants, besides the name; a new choice is kept as long as they are signed in."""
    if "columns" in request.GET:
        chosen = request.GET.getlist("columns")
        wanted = [name for name in COLUMNS if name in chosen]
        if wanted != request.session.get(_KEPT, list(USUAL)):
            request.session[_KEPT] = wanted
        return wanted
    kept: Sequence[str] = request.session.get(_KEPT, USUAL)
    return kept


def said(query: QueryDict) -> str:
    """The part of `query` that says something: without what was left empty, and without the columns, which are kept."""
    return urlencode([(name, query[name]) for name in (*FILTERS, *PLACE) if query.get(name)])


def filters(query: QueryDict) -> str:
    """What says which, without the place in the list."""
    return urlencode({name: query[name] for name in FILTERS if query.get(name)})


def narrows(query: QueryDict) -> bool:
    """Whether any filter leaves contacts out."""
    return any(query.get(name) for name in FILTERS)


def address(query: QueryDict, path: str = PATH) -> str:
    """The address of this part of the list, to be shared and come back to."""
    return _address(said(query), path)


def beginning(query: QueryDict) -> str:
    """The address of the first part of the list."""
    rest = query.copy()
    rest.pop("cursor", None)
    return _address(said(rest))


def _address(encoded: str, path: str = PATH) -> str:
    return f"{path}?{encoded}" if encoded else path


def _said(query: QueryDict, name: str, longest: int) -> str:
    return text(query.get(name, "")[:longest], longest)


def _known(query: QueryDict, name: str, values: Container[str]) -> str | None:
    value = query.get(name, "")
    return value if value in values else None
