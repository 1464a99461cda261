"""`Idempotency-Key`: the same key and request get the same answer, and have one effect.

The record and the effect are one transaction. A second request with the same key waits at the unique index until the
first commits, and then repeats its answer. Failures of ours (5xx) leave no record, so that they may be tried again.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator

from django.db import OperationalError, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse

from relance.api.auth import Caller
from relance.api.problems import MEDIA_TYPE, Problem, invalid
from relance.models import IdempotentRequest, sql, vault
from relance.models.requests import KEPT

HEADER = "Idempotency-Key"
LONGEST = 200
_PLAIN = re.compile(rf"[!-~]{{1,{LONGEST}}}")

View = Callable[[], HttpResponse]


def once(request: HttpRequest, caller: Caller, view: View, by_itself: bool = False) -> HttpResponse:
    """Answer with `view`, or with what it answered when the key was first sent.

    With `by_itself` the view commits what it does, in its own transactions; only its answer is kept for the key.
    """
    key, fingerprint = _key(request), _fingerprint(request)
    if by_itself:
        return _once_by_itself(caller, key, fingerprint, view)
    with transaction.atomic():
        if _claim(caller, key, fingerprint):
            return _answer_first(caller, key, view)
    return _repeat(_records(caller, key).get(), fingerprint)


def _once_by_itself(caller: Caller, key: str, fingerprint: bytes, view: View) -> HttpResponse:
    lock = hashlib.sha256(f"{caller.member.pk}:{key}".encode()).digest()
    number = int.from_bytes(lock[:8], "big", signed=True)
    try:
        sql.run("SELECT pg_advisory_lock(%s)", [number])
    except OperationalError:  # lock_timeout
        raise Problem("conflict", "A request with this key is still under way. Ask again in a moment.") from None
    try:
        if not _claim(caller, key, fingerprint):
            return _repeat(_records(caller, key).get(), fingerprint)
        response = view()
        if response.status_code < 500:
            _records(caller, key).update(status=response.status_code, body=_sealed(response))
        return response
    finally:
        sql.run("SELECT pg_advisory_unlock(%s)", [number])


def _records(caller: Caller, key: str) -> QuerySet[IdempotentRequest]:
    return IdempotentRequest.objects.filter(organization=caller.organization, member=caller.member, key=key)


def _key(request: HttpRequest) -> str:
    key = request.headers[HEADER]
    if not _PLAIN.fullmatch(key):
        raise invalid([(HEADER, f"Give a key of 1 to {LONGEST} letters, digits and signs, such as a UUID.")])
    return key


def _fingerprint(request: HttpRequest) -> bytes:
    digest = hashlib.sha256()
    for part in (str(request.method).encode(), request.get_full_path().encode(), *_content(request)):
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.digest()


def _content(request: HttpRequest) -> Iterator[bytes]:
    """What the body says; in a form, its parts, since the line that separates them differs each time it is sent."""
    if request.content_type != "multipart/form-data":
        yield request.body
        return
    for name in sorted(request.POST):
        yield from (part.encode() for part in (name, *request.POST.getlist(name)))
    for name in sorted(request.FILES):
        for file in request.FILES.getlist(name):
            yield name.encode()
            yield hashlib.sha256(file.read()).digest()
            file.seek(0)


def _claim(caller: Caller, key: str, fingerprint: bytes) -> bool:
    """Whether this request is the first with its key. Waits for another that is under way."""
    _records(caller, key).filter(created_at__lt=Now() - KEPT).delete()
    mine = IdempotentRequest(organization=caller.organization, member=caller.member, key=key, fingerprint=fingerprint)
    try:
        IdempotentRequest.objects.bulk_create([mine], ignore_conflicts=True)
    except OperationalError:  # lock_timeout
        raise Problem("conflict", "A request with this key is still under way. Ask again in a moment.") from None
    return _records(caller, key).filter(status=None).exists()


def _answer_first(caller: Caller, key: str, view: View) -> HttpResponse:
    with transaction.atomic():
        response = view()
        if response.status_code >= 400:
            transaction.set_rollback(True)
    if response.status_code >= 500:
        transaction.set_rollback(True)
    else:
        _records(caller, key).update(status=response.status_code, body=_sealed(response))
    return response


def _sealed(response: HttpResponse) -> bytes:
    """An answer as it may be kept: some hold a key or a secret that is shown once."""
    return vault.seal(response.content.decode()).encode()


def _repeat(record: IdempotentRequest, fingerprint: bytes) -> HttpResponse:
    if bytes(record.fingerprint) != fingerprint:
        raise invalid([(HEADER, "This key was sent with another request. Use a new key for each.")])
    status = record.status or 200
    kind = MEDIA_TYPE if status >= 400 else "application/json; charset=utf-8"
    repeated = {"Idempotent-Replayed": "true"}
    body = vault.unseal(bytes(record.body).decode()) if record.body else ""
    return HttpResponse(body, status=status, content_type=kind, headers=repeated)
