"""What all bodies and parameters share: camelCase, unknown fields refused, instants in UTC, texts that can be kept."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, WithJsonSchema
from pydantic.alias_generators import to_camel

from relance.models.base import PublicModel
from relance.models.scheduling import storable

T = TypeVar("T")

_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_WHOLE = re.compile(r"-?\d{1,9}", re.ASCII)
_DEEPEST = 20
_YEARS = range(1970, 2201)


class Body(BaseModel):
    """What a request says. Types are taken as they are: "3" is no number."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", strict=True)


class Filters(BaseModel):
    """Parameters of a list; they come as text."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid")


class Shown(BaseModel):
    """What an answer says."""

    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True, validate_by_alias=True)


def _text(value: str) -> str:
    if not storable(value):
        raise ValueError("Remove the control characters.")
    return value


def _instant(value: object) -> datetime:
    if isinstance(value, datetime):
        return value
    written = str(value).strip().upper()
    parsed = _INSTANT.fullmatch(written)
    if parsed and parsed[3] is None:
        raise ValueError(f"“{written}” names no zone. End it with Z or an offset, such as 2026-12-01T15:00:00Z.")
    try:
        moment = datetime.fromisoformat(written).astimezone(UTC) if parsed else None
    except (ValueError, OverflowError):
        moment = None
    if moment is None or moment.year not in _YEARS:
        raise ValueError(f"“{written[:40]}” is no instant. Write it as 2026-12-01T15:00:00Z.")
    return moment


def _day(value: object) -> date:
    try:
        if isinstance(value, str) and _DAY.fullmatch(value):
            day = date.fromisoformat(value)
            if day.year in _YEARS:
                return day
    except ValueError:
        pass
    raise ValueError(f"“{str(value)[:40]}” is no day. Write it as YYYY-MM-DD.")


def _whole(value: object) -> object:
    if isinstance(value, str) and not _WHOLE.fullmatch(value):
        raise ValueError("Give a whole number.")
    return value


def _flag(value: object) -> object:
    if isinstance(value, str) and value not in ("true", "false"):
        raise ValueError("Give true or false.")
    return value


def _shallow(value: dict[str, Any]) -> dict[str, Any]:
    level: list[Any] = [value]
    for _ in range(_DEEPEST):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
    if level:
        raise ValueError(f"This is nested too deeply: use at most {_DEEPEST} levels.")
    return value


def _id_of(prefix: str) -> tuple[AfterValidator, WithJsonSchema]:
    pattern = re.compile(rf"{prefix}_\d{{1,18}}", re.ASCII)

    def check(value: str) -> str:
        if not pattern.fullmatch(value):
            raise ValueError(f"This is no id of this kind. It looks like {prefix}_12.")
        return value

    return AfterValidator(check), WithJsonSchema({"type": "string", "pattern": rf"^{prefix}_[0-9]{{1,18}}$"})


Text = Annotated[str, AfterValidator(_text)]
Instant = Annotated[datetime, BeforeValidator(_instant)]
Day = Annotated[date, BeforeValidator(_day)]
Whole = Annotated[int, BeforeValidator(_whole)]
Flag = Annotated[bool, BeforeValidator(_flag)]
Parameters = Annotated[dict[str, JsonValue], AfterValidator(_shallow)]

ContactId = Annotated[str, *_id_of("person")]
AgentId = Annotated[str, *_id_of("agent")]
CampaignId = Annotated[str, *_id_of("campaign")]
ConnectionId = Annotated[str, *_id_of("connection")]
ConversationId = Annotated[str, *_id_of("conversation")]
TemplateId = Annotated[str, *_id_of("template")]
MemberId = Annotated[str, *_id_of("member")]
StageId = Annotated[str, *_id_of("stage")]
CallId = Annotated[str, *_id_of("call")]

Kind = Literal["call", "sms", "whatsapp", "email", "webhook"]
Personal = Literal["call", "sms", "whatsapp", "email"]


class Paging(Filters):
    """Which part of a list: `cursor` is the `nextCursor` of the page before."""

    limit: Whole = Field(50, ge=1, le=200)
    cursor: Text = Field("", max_length=500)


class Page(Shown, Generic[T]):
    """A part of a list; `nextCursor` leads to the next, null at the end."""

    items: list[T]
    next_cursor: str | None = None


def public(row: type[PublicModel], key: int | None) -> str | None:
    """The public id of the row with this key."""
    return f"{row.PREFIX}_{key}" if key else None
