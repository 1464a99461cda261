"""A phone that rings, for the tests of the pages that show it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from relance.channels.simulator import Simulator
from relance.engine.settle import settle
from relance.models import FollowUp
from tests import cast
from tests.engine.scene import carry_out, forward
from tests.web.follow_ups import scheduled


def rings(house: cast.House, **plan: Any) -> FollowUp:
    """A call to the house's contact that rings on their phone."""
    account = house.organization.connections.get(kind="call")
    account.settings = {"phone": True}
    account.save()
    follow_up = scheduled(
        house, after=timedelta(minutes=1), **{"agent": house.agent, "allow_out_of_window": True, **plan}
    )
    forward(minutes=2)
    for ask in carry_out():
        settle({ask.order.attempt_id: asyncio.run(Simulator("call").send(ask.order))})
    return follow_up


def element(html: str, id: str) -> str:
    """The part of a page with this id, as far as the next that lives."""
    start = html.index(f'id="{id}"')
    ends = [found for mark in (" data-live=", "</main>") if (found := html.find(mark, start + len(id) + 30)) > 0]
    return html[start : min(ends)]
