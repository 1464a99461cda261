"""What stands around the follow-ups of a batch, and whose account carries each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from relance.engine.subjects import Subject
from relance.models import Agent, Campaign, Connection, Organization, Template


@dataclass(slots=True)
class Surroundings:
    """What the subjects of a batch share: organizations, agents, connections and templates, by id."""

    organizations: dict[int, Organization]
    agents: dict[int, Agent]
    templates: dict[int, Template]
    campaigns: dict[int, Campaign]
    accounts: dict[int, Connection]
    _defaults: dict[tuple[int, str], Connection | None] = field(default_factory=dict)

    @classmethod
    def of(cls, subjects: Sequence[Subject]) -> Surroundings:
        """Everything around `subjects`."""
        organizations = {s.organization_id for s in subjects}
        templates = {s.template_id for s in subjects if s.template_id}
        agents = {s.agent_id for s in subjects if s.agent_id}
        campaigns = {s.campaign_id for s in subjects if s.campaign_id}
        return cls(
            Organization.objects.in_bulk(organizations),
            Agent.objects.in_bulk(agents) if agents else {},
            Template.objects.in_bulk(templates) if templates else {},
            Campaign.objects.in_bulk(campaigns) if campaigns else {},
            {account.pk: account for account in Connection.objects.filter(organization__in=organizations)},
        )

    def connection_of(self, subject: Subject) -> Connection | None:
        """The account that carries the subject: its agent's own line, its campaign's own mailbox, else the default."""
        agent, campaign = self.agents.get(subject.agent_id or 0), self.campaigns.get(subject.campaign_id or 0)
        for chosen in (agent and agent.connection_id, campaign and campaign.email_connection_id):
            account = self.accounts.get(chosen or 0)
            if account is not None and account.kind == subject.kind:
                return account
        return self._default(subject.organization_id, subject.kind)

    def _default(self, organization_id: int, kind: str) -> Connection | None:
        key = (organization_id, kind)
        if key not in self._defaults:
            ours = (a for a in self.accounts.values() if a.is_default and (a.organization_id, a.kind) == key)
            self._defaults[key] = next(ours, None)
        return self._defaults[key]
