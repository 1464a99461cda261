"""Secrets at rest: encrypted with a key derived from `RELANCE_SECRET_KEY`, in clear only in memory."""

from __future__ import annotations

import base64
import functools
import json
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import models


class WrongKey(RuntimeError):
    """What is stored was encrypted with another `RELANCE_SECRET_KEY`."""


@functools.lru_cache(maxsize=4)
def _cipher(secret_key: str) -> Fernet:
    derived = HKDF(SHA256(), 32, salt=None, info=b"relance secrets at rest").derive(secret_key.encode())
    return Fernet(base64.urlsafe_b64encode(derived))


def seal(text: str) -> str:
    """`text` as it may be stored."""
    return _cipher(settings.SECRET_KEY).encrypt(text.encode()).decode()


def unseal(token: str) -> str:
    """What `seal` hid. Raises `WrongKey`."""
    try:
        return _cipher(settings.SECRET_KEY).decrypt(token.encode()).decode()
    except InvalidToken:
        raise WrongKey(
            "A stored secret cannot be read. Set RELANCE_SECRET_KEY to the key that this database was made with."
        ) from None


class SecretField(models.TextField):  # type: ignore[type-arg]
    """A text that is encrypted in the database. It can be neither searched nor sorted."""

    def from_db_value(self, value: str | None, *_: object) -> str | None:
        """Decrypt on the way out."""
        return unseal(value) if value else value

    def get_prep_value(self, value: Any) -> Any:
        """Encrypt on the way in."""
        text = super().get_prep_value(value)
        return seal(text) if text else text


class SecretJSONField(models.TextField):  # type: ignore[type-arg]
    """A JSON object that is encrypted in the database."""

    def from_db_value(self, value: str | None, *_: object) -> dict[str, Any]:
        """Decrypt on the way out."""
        return json.loads(unseal(value)) if value else {}

    def get_prep_value(self, value: Any) -> Any:
        """Encrypt on the way in."""
        return seal(json.dumps(value)) if value else ""
