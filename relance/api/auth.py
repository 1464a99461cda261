"""Who asks: a program by its key, or a member by the browser they signed in with; and what they may do."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from ninja.utils import check_csrf

from relance.api.problems import Forbidden, unauthorized
from relance.models import ApiKey, Member, Organization, Scope
from relance.models.followups import Source

READING = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Caller:
    """The member who asks, and the key by which a program asks for them."""

    member: Member
    key: ApiKey | None = None

    @property
    def organization(self) -> Organization:
        """The only organization that exists for the caller."""
        return self.member.organization

    @property
    def source(self) -> Source:
        """How what the caller makes was made."""
        return Source.API if self.key else Source.MANUAL

    @property
    def evidence(self) -> str:
        """Where a consent that the caller records was given, unless they say."""
        return "api" if self.key else "member"

    def must_be_admin(self, to: str) -> None:
        """Raise `Forbidden` unless the caller may do what only admins may: `to` says what, as a verb."""
        if not self.member.is_admin:
            raise Forbidden(f"Only an admin may {to}. Ask one of your organization.")
        if self.key and not self.key.allows(Scope.ADMIN):
            raise Forbidden(f"This key has the scope “{self.key.scope}”. To {to}, use one with “admin”.")


class Request(HttpRequest):
    """A request whose caller is known."""

    auth: Caller


def caller_of(request: HttpRequest) -> Caller | None:
    """Who asks; worked out once a request. Raises a problem for a wrong key, a short scope or a forged form."""
    known: Caller | None = getattr(request, "_caller", None)
    if known is None:
        known = _by_key(request) if "Authorization" in request.headers else _by_session(request)
        request._caller = known  # type: ignore[attr-defined]
    return known


class Key:
    """`Authorization: Bearer KEY`. A header that is wrong is not made good by a session."""

    openapi_security_schema = {"type": "http", "scheme": "bearer"}  # noqa: RUF012

    def __call__(self, request: HttpRequest) -> Caller | None:
        """The holder of the key."""
        return caller_of(request) if "Authorization" in request.headers else None


class Session:
    """The signed-in browser; what changes anything needs the CSRF token too."""

    openapi_security_schema = {"type": "apiKey", "in": "cookie", "name": "sessionid"}  # noqa: RUF012

    def __call__(self, request: HttpRequest) -> Caller | None:
        """The member who is signed in."""
        return caller_of(request)


def _by_key(request: HttpRequest) -> Caller:
    scheme, _, text = request.headers["Authorization"].partition(" ")
    key = ApiKey.holder(text.strip()) if scheme.lower() == "bearer" else None
    if key is None:
        raise unauthorized(
            "This key is not known, or was revoked. Make one under Settings, or check how it was copied."
        )
    needed = Scope.READ if request.method in READING else Scope.WRITE
    if not key.allows(needed):
        raise Forbidden(f"This key may only read. Use one with the scope “{needed}”.")
    _note_use(key)
    return Caller(key.member, key)


def _note_use(key: ApiKey) -> None:
    """At most once a minute, so that a busy key does not write on every request."""
    now = timezone.now()
    if key.last_used_at is None or key.last_used_at < now - ApiKey.USED_AT_GRAIN:
        stale = Q(last_used_at=None) | Q(last_used_at__lt=now - ApiKey.USED_AT_GRAIN)
        ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=now)


def _by_session(request: HttpRequest) -> Caller | None:
    member = getattr(request, "user", None)
    if not isinstance(member, Member) or not member.is_active:
        return None
    if request.method not in READING and check_csrf(request):
        raise Forbidden("The form’s token is missing or old. Reload the page and try again.")
    return Caller(member)
