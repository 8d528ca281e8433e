"""The forms of one's own account: allauth's, in the words of the other pages, and no word twice."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import AddEmailForm, ChangePasswordForm, LoginForm, ReauthenticateForm, ResetPasswordForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Bare(forms.Form):
    """Stands before a form of allauth: its fields say their name once, not again inside."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)


class SignInForm(Bare, LoginForm):  # type: ignore[misc]
    """User name and password."""


class PasswordAgainForm(Bare, ReauthenticateForm):  # type: ignore[misc]
    """The password, of somebody who is signed in."""


class LostPasswordForm(Bare, ResetPasswordForm):  # type: ignore[misc]
    """Where the link for a new password goes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("e-mail")


class FirstCodeForm(Bare, ActivateTOTPForm):  # type: ignore[misc]
    """The first code of an app that is set up."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = pgettext_lazy("second step", "code of the app")


class OwnPasswordForm(Bare, ChangePasswordForm):  # type: ignore[misc]
    """The password that is, and twice the one to be."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        labels = {
            "oldpassword": _("present password"),
            "password1": _("new password"),
            "password2": _("the same again"),
        }
        for name, label in labels.items():
            self.fields[name].label = label
        self.fields["password1"].help_text = _("At least ten characters, not only digits, nothing common.")


class OwnMailForm(Bare, AddEmailForm):  # type: ignore[misc]
    """One more address."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("e-mail")
