"""The one ASGI application: streams as they are, and all else in threads.

A page or an API call is plain synchronous code. It runs from the first to the last line in one thread of a few that
stay, each with its connection to the database. Django's own way there changes threads a dozen times a request and
opens a connection for each. What a request carries has come in before it gets its thread.
"""

import os

from a2wsgi import WSGIMiddleware
from a2wsgi.asgi_typing import Receive, Scope, Send
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application

from relance.config import bodies

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "relance.config.settings")

THREADS = 8
STREAMS = frozenset({"/api/events"})

_streams = get_asgi_application()
_requests = WSGIMiddleware(get_wsgi_application(), workers=THREADS)  # type: ignore[arg-type]


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one request."""
    if scope["type"] != "http" or scope["path"] in STREAMS:
        await _streams(scope, receive, send)  # type: ignore[arg-type]
        return
    with bodies.kept() as body:
        try:
            await bodies.taken_in(receive, body)
        except bodies.TooLarge:
            most = bodies.MOST_BYTES // 1024**2
            await _refuse(send, 413, f"This is more than {most} MB. Send less at once.")
        except bodies.TooSlow:
            await _refuse(send, 408, "The rest of it did not come. Send it again.")
        except bodies.BrokenOff:
            return  # nobody waits for an answer
        else:
            await _requests(scope, bodies.given_out(body), send)


async def _refuse(send: Send, status: int, sentence: str) -> None:
    kind = (b"content-type", b"text/plain; charset=utf-8")
    await send({"type": "http.response.start", "status": status, "headers": [kind, (b"connection", b"close")]})
    await send({"type": "http.response.body", "body": f"{sentence}\n".encode()})
