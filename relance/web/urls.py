"""Every page, by the module that answers it."""

from __future__ import annotations

from django.urls import URLPattern, path

from relance.web import dashboard, icons, sign_in

urlpatterns: list[URLPattern] = [
    path("", dashboard.dashboard),
    path("icons/<slug:version>.svg", icons.picture),
    path("sign-in", sign_in.sign_in),
    path("sign-out", sign_in.sign_out),
]
