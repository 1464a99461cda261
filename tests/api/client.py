"""How tests speak to the API: as a program with a member's key, as a browser that is signed in, or as nobody."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from django.test import Client

from relance.models import Member
from tests import cast


class Answer:
    """What came back."""

    def __init__(self, response: Any) -> None:
        self.status: int = response.status_code
        self.headers = response.headers
        self.text: str = response.content.decode()
        self.json: Any = json.loads(self.text) if "json" in response.headers.get("Content-Type", "") else None

    @property
    def items(self) -> list[Any]:
        return list(self.json["items"])

    def fields(self) -> list[str]:
        """The fields that a problem names."""
        assert self.headers["Content-Type"] == "application/problem+json", self.text
        assert self.json["status"] == self.status
        return [error["field"] for error in self.json["errors"]]


class Program:
    """Somebody who asks the API; without a member, nobody."""

    def __init__(self, member: Member | None = None, scope: str = "admin", client: Client | None = None) -> None:
        self.client = client or Client()
        self.headers = {"Authorization": f"Bearer {cast.key(member, scope)}"} if member else {}

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        raw = body if isinstance(body, bytes | str) else None if body is None else json.dumps(body)
        kind = named.pop("Content-Type", "application/json")
        return Answer(
            self.client.generic(method, f"/api{path}", raw or "", content_type=kind, headers=self.headers | named)
        )

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        return self.ask("POST", path, body, **headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> Answer:
        return self.ask("PATCH", path, body, **headers)

    def delete(self, path: str, **headers: str) -> Answer:
        return self.ask("DELETE", path, **headers)


def browser(member: Member) -> Program:
    """A browser in which `member` is signed in; it sends no CSRF token of itself."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(member)
    return Program(client=client)


def ahead(**time: float) -> str:
    """An instant that lies ahead, as the API writes it."""
    return (datetime.now(UTC) + timedelta(**(time or {"days": 1}))).isoformat().replace("+00:00", "Z")
