"""Forms that make something do it once, however often they are sent.

Such a form holds an id that was made with it (`{% once %}`). The first answer is kept with what was made, in one
transaction; the same form sent again by the same member waits for it and gets it again, and nothing else happens. One
that was refused made nothing, and its id is free again.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Callable, Iterator
from typing import ParamSpec

from django.db import transaction
from django.http import HttpResponse

from relance.models import Conflict, requests
from relance.web.access import Page, Visit
from relance.web.answers import CONFLICT

P = ParamSpec("P")

FIELD = "once"
LONGEST = 64
_LEFT_OUT = frozenset({FIELD, "csrfmiddlewaretoken", "current"})  # of a password not even a hash is kept
CHANGED = "This form was sent before, and what it said then is done. Open it anew to do more."


def once(view: Page[P]) -> Page[P]:
    """A page whose form is sent once. What is sent without an id is done each time."""

    @functools.wraps(view)
    def answered(request: Visit, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        return sent_once(request, lambda: view(request, *args, **kwargs))

    return answered


def sent_once(request: Visit, view: Callable[[], HttpResponse]) -> HttpResponse:
    """The same for a part of a page, where the rest of it, such as counting wrong passwords, is done each time."""
    return _once(request, view) if request.POST.get(FIELD) else view()


def _once(request: Visit, view: Callable[[], HttpResponse]) -> HttpResponse:
    key = f"form {request.POST[FIELD][:LONGEST]}"  # no key of the API has a space
    fingerprint = _fingerprint(request)
    with transaction.atomic():
        try:
            is_first = requests.claim(request.member, key, fingerprint)
        except Conflict as problem:
            transaction.set_rollback(True)
            return _refused(str(problem))
        if is_first:
            return _answer_first(request, key, view)
    first = requests.answered(request.member, key)
    return _read(first.body, first.status) if first.fingerprint == fingerprint else _refused(CHANGED)


def _answer_first(request: Visit, key: str, view: Callable[[], HttpResponse]) -> HttpResponse:
    response = view()
    if response.status_code >= 400:
        requests.forget(request.member, key)
    else:
        requests.keep(request.member, key, response.status_code, _written(response))
    return response


def _fingerprint(request: Visit) -> bytes:
    """What the form says: another form under the same id must not seem to be done."""
    said = [request.path, sorted((name, values) for name, values in request.POST.lists() if name not in _LEFT_OUT)]
    return hashlib.sha256(json.dumps([said, *_files(request)]).encode()).digest()


def _files(request: Visit) -> Iterator[str]:
    for _, files in sorted(request.FILES.lists()):
        for file in files:
            yield hashlib.file_digest(file, "sha256").hexdigest()
            file.seek(0)


def _written(response: HttpResponse) -> str:
    return json.dumps([dict(response.headers), response.content.decode()])


def _read(written: str, status: int) -> HttpResponse:
    headers, body = json.loads(written)
    return HttpResponse(body, status=status, headers=headers)


def _refused(because: str) -> HttpResponse:
    return HttpResponse(because, status=CONFLICT, content_type="text/plain; charset=utf-8")
