"""Only what a member changed in a form is changed: what others did meanwhile to the rest stays.

The form holds, as `was`, what it said when it was shown.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from relance.web.access import Visit


def was(request: Visit, said: Mapping[str, Any]) -> str:
    """The value of the field `was` of a form that says this; one that was refused keeps what it said at first."""
    return request.POST.get("was") or json.dumps(dict(said))


def differing(request: Visit, said: Mapping[str, Any]) -> dict[str, Any]:
    """Of what a form now says, as JSON has it, that which differs from when it was shown."""
    try:
        then = json.loads(request.POST.get("was") or "{}")
    except (ValueError, RecursionError):
        then = {}
    shown = then if isinstance(then, dict) else {}
    return {name: value for name, value in said.items() if name not in shown or shown[name] != value}
