"""The synchronous pages; ``dispatch.asgi`` runs them in its thread pool."""

import os
from typing import Any

from django.core.handlers.wsgi import WSGIRequest
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dispatch.settings")


class Utf8Request(WSGIRequest):
    """Everything is read as UTF-8, whatever charset a header names: “base64” is a codec to Python and no charset, and
    Django would fail on it before any page is asked."""

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        kind = str(meta.get("CONTENT_TYPE", ""))
        plain = ";".join(part for part in kind.split(";") if not part.strip().lower().startswith("charset"))
        super()._set_content_type_params({**meta, "CONTENT_TYPE": plain})  # type: ignore[misc] # Django's own, not in its stubs


application = get_wsgi_application()
application.request_class = Utf8Request
