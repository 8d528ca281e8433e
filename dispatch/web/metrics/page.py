"""``/metrics``: who may read it, and its text."""

from __future__ import annotations

import hmac
from collections.abc import Iterable

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from dispatch.web.metrics.figures import Figure, figures

LOOPBACK = frozenset({"127.0.0.1", "::1"})
_HANDED_ON = ("X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip", "Forwarded", "Via")


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """With ``METRICS_TOKEN`` for its bearer, without it for this very machine; 404 for everybody else."""
    if not _may_read(request):
        raise Http404
    return HttpResponse("".join(_lines(figures())), content_type="text/plain; version=0.0.4; charset=utf-8")


def _may_read(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        kind, _blank, token = request.headers.get("Authorization", "").partition(" ")
        return kind.lower() == "bearer" and hmac.compare_digest(token.strip().encode(), settings.METRICS_TOKEN.encode())
    # Behind a proxy everybody seems to come from this machine: there a token is needed.
    behind = settings.HTTPS or settings.TRUST_PROXY or any(name in request.headers for name in _HANDED_ON)
    return not behind and request.META.get("REMOTE_ADDR") in LOOPBACK


def _lines(found: Iterable[Figure]) -> Iterable[str]:
    for figure in found:
        yield f"# HELP {figure.name} {figure.help}\n# TYPE {figure.name} {figure.kind}\n"
        for suffix, labels, value in figure.samples:
            told = ",".join(f'{name}="{text}"' for name, text in labels.items())
            yield f"{figure.name}{suffix}{{{told}}} {value:.10g}\n" if told else f"{figure.name}{suffix} {value:.10g}\n"
