"""The page behind a one-time link: whoever has it sets the password, once, and is led to the sign-in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from cases.refusals import Refused
from dispatch.web.lockout import remember
from dispatch.web.refusals import INVALID, put_refusal
from teams.services.invitations import invitation_accept, invitation_of

GONE = 410


class PasswordForm(forms.Form):
    """The password, twice."""

    password1 = forms.CharField(
        label=gettext_lazy("password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy("At least ten characters, not only digits, nothing common."),
    )
    password2 = forms.CharField(
        label=gettext_lazy("the same again"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("password1") and data.get("password2") and data["password1"] != data["password2"]:
            self.add_error("password2", _("The two are not the same."))
        return data


@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    found = invitation_of(token)
    if found is None:
        return _page(request, None, None, GONE)
    form = PasswordForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = INVALID
        if form.is_valid():
            try:
                invitation_accept(token=token, password=form.cleaned_data["password1"])
            except Refused as refused:
                status = put_refusal(form, refused)
            else:
                messages.success(request, _("Your password is set. Sign in with it."))
                response = redirect("account_login")
                found.user.refresh_from_db()
                remember(request, response, found.user)  # whatever others tried meanwhile, the owner comes in here
                return response
    return _page(request, form, found.user, status)


def _page(request: HttpRequest, form: PasswordForm | None, invited: object, status: int) -> HttpResponse:
    response = render(request, "account/invitation.html", {"form": form, "invited": invited}, status=status)
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "same-origin"
    return response
