"""`/api/stages`: the stages of the pipeline, by which a contact's `stageId` is understood."""

from __future__ import annotations

from ninja import Query

from relance.api.auth import Request
from relance.api.pages import page
from relance.api.routing import resource
from relance.api.schemas import Page, Paging, Shown
from relance.models import Stage

router = resource("Contacts")


class StageShown(Shown):
    """A stage; its contacts are due again `cadenceDays` after each touch, unless they have a cadence of their own."""

    id: str
    name: str
    cadence_days: int | None


StagePage = Page[StageShown]


@router.get("", response=StagePage)
def list_stages(request: Request, asked: Query[Paging]) -> StagePage:
    """The stages of the pipeline in their order."""
    stages = Stage.objects.filter(organization=request.auth.organization)
    return page(stages, ["position", "id"], asked, _shown)


def _shown(stage: Stage) -> StageShown:
    return StageShown(id=stage.public_id, name=stage.name, cadence_days=stage.cadence_days)
