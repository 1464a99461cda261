"""Every address of the instance."""

from django.urls import URLPattern, URLResolver, include, path

from relance.api import api, events
from relance.web import health

urlpatterns: list[URLPattern | URLResolver] = [
    path("livez", health.livez),
    path("readyz", health.readyz),
    path("metrics", health.metrics),
    path("api/events", events.events),
    path("api/", api.urls),
    path("", include("relance.web.urls")),
]
