"""Pages for refusals that come before Django sees the request: too large, too slow. In the reader's language."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.http.cookie import parse_cookie
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation.trans_real import parse_accept_lang_header


def page(status: int, *, cookies: str, languages: str, **context: Any) -> bytes:
    """``templates/<status>.html`` with the cookies' look and language. No database, no session."""
    known = parse_cookie(cookies)
    with translation.override(_language(known.get(settings.LANGUAGE_COOKIE_NAME, ""), languages)):
        return render_to_string(f"{status}.html", context | {"request": SimpleNamespace(COOKIES=known)}).encode()


def _language(wished: str, accepted: str) -> str:
    """As Django's own middleware would choose: the cookie, then the browser's list, then the house's."""
    for code in (wished, *(code for code, _weight in parse_accept_lang_header(accepted))):
        try:
            return translation.get_supported_language_variant(code)
        except LookupError:
            continue
    return settings.LANGUAGE_CODE
