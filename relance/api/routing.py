"""The API object: what every operation has in common before its own view runs, and its OpenAPI document."""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.urls import URLPattern, URLResolver
from ninja import NinjaAPI, Router
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation
from ninja.parser import Parser
from ninja.types import DictStrAny

from relance.api import idempotency, problems
from relance.api.auth import Key, Session, caller_of
from relance.api.document import complete
from relance.api.documentation import Documentation

Run = Callable[..., HttpResponse]


def resource(tag: str) -> Router:
    """A router for the operations on one kind of thing."""
    return Router(tags=[tag], by_alias=True)


class StrictParser(Parser):
    """JSON as the standard has it: no NaN, and no number beyond what a float holds."""

    def parse_body(self, request: HttpRequest) -> DictStrAny:
        """The body, whatever JSON value it is. Raises `ValueError`."""
        parsed: DictStrAny = json.loads(request.body, parse_constant=_finite, parse_float=_finite)
        return parsed


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is no JSON number.")
    return number


class Api(NinjaAPI):
    """The whole API. Its parts are routers of one resource each."""

    def __init__(self, **options: Any) -> None:
        super().__init__(auth=[Key(), Session()], parser=StrictParser(), docs=Documentation(), **options)
        problems.handle(self)
        self.add_decorator(guard, mode="view")

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: DictStrAny | None = None
    ) -> OpenAPISchema:
        """The OpenAPI document, with every problem that an operation may answer, and only what exists here."""
        return complete(super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params), settings.DEMO)

    def _get_urls(self) -> list[URLResolver | URLPattern]:
        urls = super()._get_urls()
        for url in urls:
            if isinstance(url, URLPattern):
                url.callback = _tidied(url.callback)
        return urls


def _tidied(view: Run) -> Run:
    """Ninja answers an unknown method in plain text, outside its error handlers, and calls an empty body JSON."""

    @functools.wraps(view)
    def tidied(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        if isinstance(response, HttpResponseNotAllowed):
            return problems.not_allowed(request, response["Allow"].split(", "))
        if response.status_code == 204:
            del response["Content-Type"]
        return response

    return tidied


_MARK = "commits_by_itself"
View = TypeVar("View", bound=Callable[..., Any])


def commits_by_itself(view: View) -> View:
    """Mark an operation that must not be undone by what fails after it, or that waits for what others do: an
    `Idempotency-Key` does not put it into a transaction of its own. It is once by its own means."""
    setattr(view, _MARK, True)
    return view


def guard(run: Run) -> Run:
    """Around every operation: unknown parameters and media types are refused, and POSTs have their effect once."""
    operation: Operation = run.__self__  # type: ignore[attr-defined]
    sources = {model.__ninja_param_source__: model for model in operation.models}
    known = frozenset(sources["query"].__ninja_flatten_map__) if "query" in sources else frozenset()

    @functools.wraps(run)
    def guarded(request: HttpRequest, **path: Any) -> HttpResponse:
        try:
            caller = caller_of(request) if operation.auth_callbacks else None
            if caller is None:
                return run(request, **path)
            _refuse_unknown(request, known)
            if "body" in sources:
                _require_json(request)
            if request.method == "POST" and idempotency.HEADER in request.headers:
                by_itself = hasattr(operation.view_func, _MARK)
                return idempotency.once(request, caller, lambda: run(request, **path), by_itself)
        except Exception as error:
            return operation.api.on_exception(request, error)
        return run(request, **path)

    return guarded


def _refuse_unknown(request: HttpRequest, known: frozenset[str]) -> None:
    if unknown := [name for name in request.GET if name not in known]:
        allowed = f"Use {', '.join(sorted(known))}." if known else "This address takes none."
        raise problems.invalid([(name[:60], f"There is no such parameter. {allowed}") for name in unknown])


def _require_json(request: HttpRequest) -> None:
    if request.content_type not in ("application/json", ""):
        raise problems.Problem("media-type", "Send the body as application/json.")
