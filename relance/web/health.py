"""Whether the instance lives, is ready, and how it does: for load balancers and Prometheus."""

from __future__ import annotations

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from relance.config.migrating import is_current
from relance.models import clock, sql


def livez(request: HttpRequest) -> JsonResponse:
    """This process answers."""
    return JsonResponse({"status": "live"})


def readyz(request: HttpRequest) -> JsonResponse:
    """This process can do its work: the database is there and up to date."""
    try:
        ready = is_current()
    except DatabaseError:
        return JsonResponse({"status": "unavailable", "because": "The database does not answer."}, status=503)
    if not ready:
        return JsonResponse({"status": "unavailable", "because": "Run “relance migrate”."}, status=503)
    return JsonResponse({"status": "ready"})


_WAITING = """
SELECT count(*) FILTER (WHERE next_attempt_at <= {now}), coalesce(extract(epoch FROM {now} - min(next_attempt_at)), 0)
FROM (SELECT next_attempt_at FROM relance_followup WHERE status IN ('scheduled', 'snoozed') AND next_attempt_at <= {now}
      ORDER BY next_attempt_at LIMIT 10000) AS due
"""
_UNDER_WAY = "SELECT status, count(*) FROM relance_followup WHERE status IN ('queued', 'in_progress') GROUP BY 1"
_UNKNOWN = "SELECT count(*) FROM relance_attempt WHERE outcome IS NULL AND unheard"


def metrics(request: HttpRequest) -> HttpResponse:
    """How far behind the engine is, and what is under way, in Prometheus' text format."""
    registry = CollectorRegistry()
    due, late = sql.rows(_WAITING.format(now=clock.now_sql()))[0]
    under_way = dict(sql.rows(_UNDER_WAY))
    _gauge(registry, "relance_due", "Follow-ups that are due and wait to be claimed (at most 10,000 counted).", due)
    _gauge(registry, "relance_due_lag_seconds", "How long the longest-waiting due follow-up has been due.", late)
    _gauge(registry, "relance_queued", "Follow-ups handed to a worker.", under_way.get("queued", 0))
    _gauge(registry, "relance_in_progress", "Tries under way.", under_way.get("in_progress", 0))
    _gauge(registry, "relance_unknown", "Tries whose outcome nobody heard.", sql.rows(_UNKNOWN)[0][0])
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _gauge(registry: CollectorRegistry, name: str, text: str, value: float) -> None:
    Gauge(name, text, registry=registry).set(max(0, float(value)))
