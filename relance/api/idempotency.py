"""`Idempotency-Key`: the same key and request get the same answer, and have one effect.

The record and the effect are one transaction. A second request with the same key waits at the unique index until the
first commits, and then repeats its answer. Failures of ours (5xx) leave no record, so that they may be tried again.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator

from django.db import OperationalError, transaction
from django.http import HttpRequest, HttpResponse

from relance.api.auth import Caller
from relance.api.problems import MEDIA_TYPE, Problem, invalid
from relance.models import Conflict, Member, requests, sql
from relance.models.requests import Answered

HEADER = "Idempotency-Key"
LONGEST = 200
_PLAIN = re.compile(rf"[!-~]{{1,{LONGEST}}}")

View = Callable[[], HttpResponse]


def once(request: HttpRequest, caller: Caller, view: View, by_itself: bool = False) -> HttpResponse:
    """Answer with `view`, or with what it answered when the key was first sent.

    With `by_itself` the view commits what it does, in its own transactions; only its answer is kept for the key.
    """
    member, key, fingerprint = caller.member, _key(request), _fingerprint(request)
    if by_itself:
        return _once_by_itself(member, key, fingerprint, view)
    with transaction.atomic():
        if _claim(member, key, fingerprint):
            return _answer_first(member, key, view)
    return _repeat(requests.answered(member, key), fingerprint)


def _once_by_itself(member: Member, key: str, fingerprint: bytes, view: View) -> HttpResponse:
    lock = hashlib.sha256(f"{member.pk}:{key}".encode()).digest()
    number = int.from_bytes(lock[:8], "big", signed=True)
    try:
        sql.run("SELECT pg_advisory_lock(%s)", [number])
    except OperationalError:  # lock_timeout
        raise _busy() from None
    try:
        if not _claim(member, key, fingerprint):
            return _repeat(requests.answered(member, key), fingerprint)
        response = view()
        if response.status_code < 500:
            _keep(member, key, response)
        return response
    finally:
        sql.run("SELECT pg_advisory_unlock(%s)", [number])


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


def _claim(member: Member, key: str, fingerprint: bytes) -> bool:
    try:
        return requests.claim(member, key, fingerprint)
    except Conflict:
        raise _busy() from None


def _busy() -> Problem:
    return Problem("conflict", "A request with this key is still under way. Ask again in a moment.")


def _answer_first(member: Member, key: str, view: View) -> HttpResponse:
    with transaction.atomic():
        response = view()
        if response.status_code >= 400:
            transaction.set_rollback(True)
    if response.status_code >= 500:
        transaction.set_rollback(True)
    else:
        _keep(member, key, response)
    return response


def _keep(member: Member, key: str, response: HttpResponse) -> None:
    requests.keep(member, key, response.status_code, response.content.decode())


def _repeat(first: Answered, fingerprint: bytes) -> HttpResponse:
    if first.fingerprint != fingerprint:
        raise invalid([(HEADER, "This key was sent with another request. Use a new key for each.")])
    kind = MEDIA_TYPE if first.status >= 400 else "application/json; charset=utf-8"
    repeated = {"Idempotent-Replayed": "true"}
    return HttpResponse(first.body, status=first.status, content_type=kind, headers=repeated)
