"""The forms of one's own account: allauth's, in the words of the other pages, and no word twice."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import AddEmailForm, ChangePasswordForm
from django.utils.translation import gettext_lazy as _


class OwnPasswordForm(ChangePasswordForm):  # type: ignore[misc]
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
            self.fields[name].widget.attrs.pop("placeholder", None)
        self.fields["password1"].help_text = _("At least ten characters, not only digits, nothing common.")


class OwnMailForm(AddEmailForm):  # type: ignore[misc]
    """One more address."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("e-mail")
        self.fields["email"].widget.attrs.pop("placeholder", None)
