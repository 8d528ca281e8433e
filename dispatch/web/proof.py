"""The pages on which somebody proves again who they are: allauth's, and then the kept form goes on (``fresh``)."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.stagekit import clear_login
from allauth.account.views import ReauthenticateView
from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.base.views import ReauthenticateView as CodeView
from allauth.mfa.webauthn.views import ReauthenticateWebAuthnView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from dispatch.web.fresh import WORD, kept_of


class SendOn(HttpResponseRedirect):
    """Sends a form on as it is."""

    status_code = 307


class _Resumes:
    """What the three pages share. ``kept``: the word of the form that waits; ``back``: the page it stands on."""

    request: HttpRequest

    def form_valid(self, form: Any) -> HttpResponse:
        facts = kept_of(self.request)
        answer: HttpResponse = super().form_valid(form)  # type: ignore[misc]
        if facts is None or self.request.POST.get(WORD) != facts["word"]:
            return answer
        # 307: the browser sends this form, and the word in it, to the address of the act.
        return SendOn(facts["path"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc]
        context |= kwargs  # allauth's page of passkeys drops the form that was refused
        facts = kept_of(self.request)
        if facts is not None and facts["path"] == context.get("redirect_field_value"):
            context["kept"] = facts["word"]
            if url_has_allowed_host_and_scheme(facts["back"], None):
                context["back"] = facts["back"]
        return context


class PasswordProof(_Resumes, ReauthenticateView):  # type: ignore[misc]
    """By the password."""


class CodeProof(_Resumes, CodeView):  # type: ignore[misc]
    """By a code of the app, or a recovery code."""


class PasskeyProof(_Resumes, ReauthenticateWebAuthnView):  # type: ignore[misc]
    """By a passkey. A refusal is said here: allauth's leads to the sign-in, away from the form that waits."""

    def form_invalid(self, form: Any) -> HttpResponse:
        answer: HttpResponse = self.render_to_response(self.get_context_data(form=form))
        return answer


class SecondStep(AuthenticateView):  # type: ignore[misc]
    """After the password. Where the factor was taken off meanwhile (a lost phone), the sign-in begins anew: allauth
    would lead from here to the sign-in and from there to here."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        answer: HttpResponse = super().dispatch(request, *args, **kwargs)
        if answer.status_code == 302 and answer["Location"] == reverse("account_login"):
            clear_login(request)
        return answer


second_step = SecondStep.as_view()
by_password, by_code, by_passkey = PasswordProof.as_view(), CodeProof.as_view(), PasskeyProof.as_view()
