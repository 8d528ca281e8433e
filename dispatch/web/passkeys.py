"""What opens the door besides a password: allauth's forms, but no rubbish is a fault and a refusal leaves a line."""

from __future__ import annotations

import struct
from typing import Any

import structlog
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from cryptography.exceptions import UnsupportedAlgorithm
from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

log = structlog.get_logger("dispatch.security")

BROKEN: tuple[type[Exception], ...] = (
    *(ArithmeticError, AssertionError, AttributeError, LookupError, NotImplementedError, RecursionError, TypeError),
    *(UnsupportedAlgorithm, ValueError, struct.error),
)
"""What the library's parsers raise for answers that no browser gives: its list, with no base class of its own."""
MOST = 20_000
"""Characters of a browser's answer."""


class Careful(forms.Form):
    """Stands before a form of allauth. ``user`` is whose answer it is, None before it is known."""

    user: Any

    def full_clean(self) -> None:
        try:
            super().full_clean()
        except BROKEN as fault:
            if "credential" not in self.data:  # no browser's answer was read: a fault of ours
                raise
            log.info("passkey_unreadable", kind=type(fault).__name__)
            self.add_error(None, get_adapter().validation_error("incorrect_code"))
        if self.is_bound and self.errors:
            if "credential" in self.data:  # it was for once; and rubbish can't even be shown again
                self.data = {**self.data.dict(), "credential": ""}  # type: ignore[attr-defined]
            codes = {error.code for errors in self.errors.as_data().values() for error in errors}
            if codes - {"required"}:
                limited = codes & {"too_many_login_attempts", "rate_limited"}
                user_id = getattr(self.user, "pk", None)
                log.warning("sign_in_limited" if limited else "second_factor_refused", user_id=user_id)

    def clean(self) -> dict[str, Any]:
        if len(str(self.data.get("credential", ""))) > MOST:
            raise ValueError("longer than any answer")
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        return cleaned


class Coded(Careful):
    """Asks for a code and names it once."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = pgettext_lazy("second step", "code")
        self.fields["code"].widget.attrs.pop("placeholder", None)


class CodeForm(Coded, AuthenticateForm):  # type: ignore[misc]
    """A code, after the password."""


class CodeAgainForm(Coded, ReauthenticateForm):  # type: ignore[misc]
    """A code, of somebody who is signed in."""


class SecondForm(Careful, AuthenticateWebAuthnForm):  # type: ignore[misc]
    """A passkey, after the password."""


class FirstForm(Careful, LoginWebAuthnForm):  # type: ignore[misc]
    """A passkey instead of user name, password and code."""


class AgainForm(Careful, ReauthenticateWebAuthnForm):  # type: ignore[misc]
    """A passkey, of somebody who is signed in."""


class AddForm(Careful, AddWebAuthnForm):  # type: ignore[misc]
    """A new passkey and its name. Each may open the door by itself: the browser checks a finger, a face or a PIN."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("passwordless", None)
        name_field(self.fields["name"])


def name_field(field: forms.Field) -> None:
    field.label = _("name of the passkey")
    field.help_text = _("A name you will recognise: “my phone”, “key on the ring”.")
    field.widget.attrs |= {"maxlength": "60", "autocomplete": "off"}
