"""Every address of the instance."""

from django.urls import URLPattern, URLResolver, path

from relance.api import api
from relance.web import events, health

urlpatterns: list[URLPattern | URLResolver] = [
    path("livez", health.livez),
    path("readyz", health.readyz),
    path("metrics", health.metrics),
    path("api/events", events.events),
    path("api/", api.urls),
]
