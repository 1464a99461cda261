"""Every error as `application/problem+json` (RFC 9457): what happened, in which field, and what would be right."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation, TooManyFieldsSent, TooManyFilesSent
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from relance.models import Conflict, Invalid

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
Errors = list[tuple[str, str]]

KINDS: Mapping[str, tuple[int, str]] = {
    "malformed": (400, "The request cannot be read"),
    "unauthorized": (401, "Sign in or send a key"),
    "forbidden": (403, "Not allowed"),
    "not-found": (404, "Not found"),
    "method": (405, "Not possible here"),
    "conflict": (409, "Not possible now"),
    "too-large": (413, "Too large"),
    "media-type": (415, "Unknown media type"),
    "invalid": (422, "Something is not right"),
    "failure": (500, "Something went wrong"),
}
_BY_STATUS = {status: kind for kind, (status, _) in KINDS.items()}


class Problem(Exception):
    """A request that cannot be answered as asked."""

    def __init__(
        self, kind: str, detail: str, errors: Iterable[tuple[str, str]] = (), headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.kind, self.detail, self.errors, self.headers = kind, detail, list(errors), headers or {}


class Missing(Problem):
    """There is no such thing, or not for this caller, which is the same to them."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__("not-found", sentence, [(field, sentence)])


class Forbidden(Problem):
    """The caller's own organization does not let them."""

    def __init__(self, detail: str) -> None:
        super().__init__("forbidden", detail)


def answer(request: HttpRequest, problem: Problem) -> HttpResponse:
    """The response that states `problem`."""
    status, title = KINDS[problem.kind]
    stated = {
        "type": f"{settings.BASE_URL}/api/docs#{problem.kind}",
        "title": title,
        "status": status,
        "detail": problem.detail,
        "instance": request.path,
        "errors": [{"field": field, "message": message} for field, message in problem.errors],
    }
    return JsonResponse(stated, status=status, content_type=MEDIA_TYPE, headers=dict(problem.headers))


def handle(api: NinjaAPI) -> None:
    """Have every exception of the API answered as a problem."""

    def on(kind: type[Exception], problem: Callable[[Any], Problem]) -> None:
        api.add_exception_handler(kind, lambda request, error: answer(request, problem(error)))

    on(Problem, lambda error: error)
    on(Invalid, lambda error: invalid(error.errors))
    on(Conflict, lambda error: Problem("conflict", str(error)))
    on(ValidationError, lambda error: invalid(_errors(error)))
    on(
        Http404,
        lambda error: Problem("not-found", "There is nothing at this address. See /api/docs for what there is."),
    )
    on(AuthenticationError, lambda error: unauthorized("Send a key as “Authorization: Bearer KEY”, or sign in."))
    on(HttpError, lambda error: Problem(_BY_STATUS.get(error.status_code, "malformed"), _unreadable(error)))
    on(RequestDataTooBig, lambda error: _too_large())
    for refused in (SuspiciousOperation, TooManyFieldsSent, TooManyFilesSent, MultiPartParserError):
        on(refused, lambda error: Problem("malformed", "The request cannot be read. Check how its body is encoded."))
    on(Exception, _failure)


def unauthorized(detail: str) -> Problem:
    """Who asks is not known."""
    return Problem("unauthorized", detail, headers={"WWW-Authenticate": 'Bearer realm="Relance"'})


def invalid(errors: Errors) -> Problem:
    """What was said cannot be taken; each error names its field."""
    detail = errors[0][1] if len(errors) == 1 else f"{len(errors)} fields are not right. See “errors”."
    return Problem("invalid", detail, errors)


def not_allowed(request: HttpRequest, allowed: Iterable[str]) -> HttpResponse:
    """The address knows other methods only."""
    known = ", ".join(sorted(allowed))
    return answer(request, Problem("method", f"Use {known} at this address.", headers={"Allow": known}))


def _too_large() -> Problem:
    most = (settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0) // 2**20
    return Problem("too-large", f"A request may have {most} MB. Send this in parts.")


def _unreadable(error: HttpError) -> str:
    return (
        "The body is not JSON in UTF-8. Check quotes, commas and brackets." if error.status_code == 400 else str(error)
    )


def _failure(error: Exception) -> Problem:
    log.error("A request failed.", exc_info=error)
    return Problem("failure", "This is our fault; nothing was changed. Try again in a moment.")


# -- what pydantic found, in sentences -----------------------------------------------------------------------

_SENTENCES: Mapping[str, str] = {
    "missing": "Give a value; it is needed.",
    "extra_forbidden": "There is no such field. Check its spelling.",
    "string_type": "Give a text.",
    "int_type": "Give a whole number.",
    "int_from_float": "Give a whole number.",
    "int_parsing": "Give a whole number.",
    "float_type": "Give a number.",
    "bool_type": "Give true or false.",
    "bool_parsing": "Give true or false.",
    "list_type": "Give a list.",
    "dict_type": "Give an object, such as {{}}.",
    "model_type": "Give an object, such as {{}}.",
    "model_attributes_type": "Give a JSON object.",
    "literal_error": "Use one of: {expected}.",
    "string_too_long": "Use at most {max_length} characters.",
    "string_too_short": "Use at least {min_length} characters.",
    "too_long": "Give at most {max_length}.",
    "too_short": "Give at least {min_length}.",
    "greater_than_equal": "Give {ge} or more.",
    "greater_than": "Give more than {gt}.",
    "less_than_equal": "Give {le} or less.",
    "less_than": "Give less than {lt}.",
    "value_error": "{error}",
}


def _errors(error: ValidationError) -> Errors:
    return [(_field(found["loc"]), _sentence(found)) for found in error.errors]


def _field(place: tuple[str | int, ...]) -> str:
    """The path of a field as the client wrote it: of a body, the name of our own argument is left out."""
    source, *path = place
    return ".".join(map(str, path[1:] if source == "body" else path)) or str(source)


def _sentence(found: Mapping[str, Any]) -> str:
    sentence = _SENTENCES.get(found["type"])
    return sentence.format_map(found.get("ctx", {})) if sentence else f"{found['msg']}."
