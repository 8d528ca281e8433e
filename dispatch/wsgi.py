"""The synchronous pages; ``dispatch.asgi`` runs them in its thread pool."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dispatch.settings")

application = get_wsgi_application()
