"""The API at its address."""

from django.urls import path

from relance.api import api

urlpatterns = [path("api/", api.urls)]
