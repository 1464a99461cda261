"""The one ASGI application: pages, API, callbacks and streams."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "relance.config.settings")
application = get_asgi_application()
