"""The icons, as one picture of many that every page refers to: drawn by Lucide, fetched once."""

from __future__ import annotations

import functools
import hashlib

from django.http import Http404, HttpRequest, HttpResponse
from lucide.templatetags.lucide import lucide

NAMES = (
    "alarm-clock", "archive", "arrow-down", "arrow-left", "arrow-right", "arrow-up", "arrow-up-right", "at-sign",
    "badge-check", "ban", "battery-full", "bell", "book-open", "bot", "building-2", "calendar", "calendar-clock",
    "calendar-days", "calendar-plus", "chart-column", "check", "check-check", "chevron-down", "chevron-left",
    "chevron-right", "chevron-up", "chevrons-up-down", "circle", "circle-alert", "circle-check", "circle-dot",
    "circle-question-mark", "circle-pause", "circle-stop", "circle-x", "clipboard-list", "clock", "command", "copy",
    "corner-down-left", "download", "ellipsis", "external-link", "eye", "eye-off", "fast-forward", "file-down",
    "file-text", "file-up", "funnel", "flame", "forward", "globe", "grip-vertical", "hash", "history", "hourglass",
    "inbox", "info", "kanban", "key-round", "keyboard", "layers", "layout-dashboard", "link", "list-checks",
    "loader-circle", "log-out", "mail", "map-pin", "megaphone", "menu", "merge", "message-circle", "message-square",
    "message-square-text", "moon", "notebook-pen", "octagon-x", "panel-left", "pause", "pencil", "phone",
    "phone-call", "phone-incoming", "phone-missed", "phone-off", "phone-outgoing", "play", "plus", "qr-code",
    "refresh-cw", "repeat", "rotate-ccw", "route", "scale", "search", "send", "settings", "shield-ban",
    "shield-check", "signal", "sliders-horizontal", "smartphone", "snowflake", "sparkles", "sprout", "square",
    "square-check", "sun", "sun-moon", "tag", "thermometer", "trash-2", "triangle-alert", "undo-2", "upload", "user",
    "user-check", "user-plus", "users", "voicemail", "webhook", "wifi", "x", "zap",
)  # fmt: skip


@functools.cache
def sprite() -> bytes:
    """All of them, each a symbol by its name."""
    symbols = "".join(_symbol(name) for name in NAMES)
    return f'<svg xmlns="http://www.w3.org/2000/svg">{symbols}</svg>'.encode()


@functools.cache
def address() -> str:
    """Where the picture is; another picture has another address, so that browsers may keep it for ever."""
    return f"/icons/{hashlib.sha256(sprite()).hexdigest()[:12]}.svg"


def reference(name: str) -> str:
    """Where one icon is. Raises `LookupError` for one that is not among `NAMES`."""
    if name not in NAMES:
        raise LookupError(f"Add “{name}” to NAMES in relance/web/icons.py.")
    return f"{address()}#{name}"


def picture(request: HttpRequest, version: str) -> HttpResponse:
    """The picture. Raises `Http404` for one that is no more."""
    if f"/icons/{version}.svg" != address():
        raise Http404
    response = HttpResponse(sprite(), content_type="image/svg+xml")
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


def _symbol(name: str) -> str:
    drawn = str(lucide(name))
    inside = drawn[drawn.index(">") + 1 : drawn.rindex("</svg>")].strip()
    return f'<symbol id="{name}" viewBox="0 0 24 24">{inside}</symbol>'
