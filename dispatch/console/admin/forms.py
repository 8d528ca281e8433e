"""Fields that many forms of administration share."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from teams.models import User
from teams.selectors.staff import person_named


class DayInput(forms.DateInput):
    """A day, by the browser's own calendar."""

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d", attrs={"type": "date"})


def day_field(label: object, *, required: bool = True, help_text: object = "", **more: Any) -> forms.DateField:
    return forms.DateField(label=label, required=required, help_text=help_text, widget=DayInput(), **more)  # type: ignore[arg-type]


def reason_field(*, required: bool = False) -> forms.CharField:
    return forms.CharField(
        label=_("reason"),
        required=required,
        max_length=240,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("It is kept in the history."),
    )


class PersonField(forms.CharField):
    """A person by user name, or by name when only one bears it. Clean value: the ``User``, None when empty."""

    def __init__(self, *, listed: str = "", **more: Any) -> None:
        attrs = {"autocomplete": "off", **({"list": listed} if listed else {})}
        super().__init__(max_length=60, widget=forms.TextInput(attrs=attrs), **more)

    def clean(self, value: Any) -> User | None:
        text = super().clean(value)
        if not text:
            return None
        found = person_named(text)
        if found is None:
            raise forms.ValidationError(_("Nobody active has this user name, or several have this name."))
        return found


class ReasonForm(forms.Form):
    """An act that needs only its reason."""

    reason = reason_field(required=True)


class OptionalReasonForm(forms.Form):
    """An act that may be explained."""

    reason = reason_field()


class LastDayForm(forms.Form):
    """Something ends with a day."""

    last_day = day_field(_("last day in force"), help_text=_("Choose yesterday to end it at once."))
    reason = reason_field(required=True)
