"""How a person wants to see the pages: light or dark, large type, language. Kept in cookies, no account needed."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

CHOICES = {
    "theme": ("auto", "light", "dark"),
    "elder": ("0", "1"),
    "language": tuple(code for code, _name in settings.LANGUAGES),
}
YEAR = 365 * 24 * 3600


@require_POST
def appearance_set(request: HttpRequest) -> HttpResponse:
    """Keep ``theme`` (auto, light, dark), ``elder`` (0, 1) or ``language`` in a cookie and go back to ``next``.

    An unknown value changes nothing; a foreign ``next`` leads to the first page.
    """
    target = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
        target = "/"
    answer = HttpResponseRedirect(target)
    for name in CHOICES:
        keep(answer, name, request.POST.get(name, ""))
    return answer


def keep(answer: HttpResponse, name: str, value: str) -> None:
    """Write one wish into its cookie; an unknown name or value changes nothing."""
    if value in CHOICES.get(name, ()):
        cookie = settings.LANGUAGE_COOKIE_NAME if name == "language" else name
        answer.set_cookie(
            cookie, value, max_age=YEAR, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE, httponly=True
        )
