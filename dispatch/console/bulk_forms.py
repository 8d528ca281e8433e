"""What an act on several cases asks for: whom, why, into which one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from cases import flow
from cases.models import Case
from cases.refusals import Refused
from cases.services import triage
from dispatch.console.forms import area
from teams.models import User
from teams.numbers import is_number
from teams.policies import Actor
from teams.selectors import office_people

NOBODY = "0"


class BulkForm(forms.Form):
    """About the chosen cases, by the actor."""

    def __init__(self, data: Any = None, *, cases: Sequence[Case], actor: Actor) -> None:
        super().__init__(data)
        self.cases, self.actor = cases, actor
        self.prepare()

    def prepare(self) -> None:
        """Fill choices from the cases."""


class RejectForm(BulkForm):
    reason = forms.CharField(label=_("reason"), widget=area(), max_length=240)


class AssignForm(BulkForm):
    owner = forms.ChoiceField(label=_("whom"), widget=forms.RadioSelect)

    def prepare(self) -> None:
        streets = {case.street_id for case in self.cases}
        people: dict[int, User] = {}
        for street_id in sorted(streets):
            people |= {user.pk: user for user in office_people(street_id)}
        me = people.pop(self.actor.user_id or 0, None)
        choices: list[tuple[str, Any]] = [(str(me.pk), _("me"))] if me else []
        choices += [(str(user.pk), str(user)) for user in people.values()]
        self.fields["owner"].choices = [*choices, (NOBODY, _("nobody: back to all"))]  # type: ignore[attr-defined]
        if me:
            self.initial["owner"] = str(me.pk)

    def clean_owner(self) -> int | None:
        value = self.cleaned_data["owner"]
        return None if value == NOBODY else int(value)


@dataclass(frozen=True, slots=True)
class Prospect:
    """What joining would do to one of the chosen: it goes on, it ends in the other, or it can't and why."""

    case: Case
    survives: bool
    refusal: str = ""


class JoinForm(BulkForm):
    """Into one of the chosen. The preview tries it out and takes it back, so it says what the services would."""

    into = forms.TypedChoiceField(label=_("which one goes on"), widget=forms.RadioSelect, coerce=int)
    reason = forms.CharField(label=_("reason"), widget=area(2), max_length=240)

    def prepare(self) -> None:
        best = max(self.cases, key=_worth)
        self.fields["into"].choices = [  # type: ignore[attr-defined]
            (case.pk, f"{case.reference} · {case.target.name if case.target else case.title}") for case in self.cases
        ]
        self.initial["into"] = best.pk
        self.fields["into"].help_text = _("Proposed: the one that is furthest on, then the one with most complaints.")

    def clean(self) -> dict[str, Any] | None:
        if len(self.cases) < 2:
            raise forms.ValidationError(_("Choose two cases or more: one of them goes on."))
        return super().clean()

    @property
    def into_id(self) -> int:
        """The survivor as it is chosen now."""
        value = self.data.get("into") or self.initial["into"]
        return int(value) if is_number(str(value)) else int(self.initial["into"])

    def prospects(self) -> list[Prospect]:
        if len(self.cases) < 2:
            return []
        return [self._prospect(case) for case in self.cases]

    def _prospect(self, case: Case) -> Prospect:
        if case.pk == self.into_id:
            return Prospect(case, survives=True)
        try:
            with transaction.atomic():
                triage.case_join(actor=self.actor, case_id=case.pk, into_case_id=self.into_id, reason="?")
                transaction.set_rollback(True)
        except Refused as refused:
            return Prospect(case, survives=False, refusal=str(refused.message))
        return Prospect(case, survives=False)


def _worth(case: Case) -> tuple[bool, int, int]:
    """A visited one can only survive; then more complaints, then the older one."""
    visited = case.stage not in flow.BEFORE_VISIT and case.stage not in flow.ENDED
    return visited, case.complaint_count, -case.pk
