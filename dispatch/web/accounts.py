"""Staff accounts: made by an administrator, never by signing up."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect


class ClosedSignupAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """allauth without public registration."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False


@login_required
def landing(request: HttpRequest) -> HttpResponse:
    """Send a member of staff to the face of their work."""
    return redirect("/console/")
