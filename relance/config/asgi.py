"""The one ASGI application: streams as they are, and all else in threads.

A page or an API call is plain synchronous code. It runs from the first to the last line in one thread of a few that
stay, each with its connection to the database. Django's own way there changes threads a dozen times a request and
opens a connection for each.
"""

import os

from a2wsgi import WSGIMiddleware
from a2wsgi.asgi_typing import Receive, Scope, Send
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "relance.config.settings")

THREADS = 8
STREAMS = frozenset({"/api/events"})

_streams = get_asgi_application()
_requests = WSGIMiddleware(get_wsgi_application(), workers=THREADS)  # type: ignore[arg-type]


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one request."""
    if scope["type"] == "http" and scope["path"] not in STREAMS:
        await _requests(scope, receive, send)
    else:
        await _streams(scope, receive, send)  # type: ignore[arg-type]
