"""A person chooses what becomes of the rows before they are taken in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from cases import policies
from cases.models import FileRunState, PartyRow, PartyRun, RowChoice, RowFate
from cases.refusals import Refused
from teams.policies import Actor

ALLOWED: Mapping[str, frozenset[str]] = {
    RowFate.NEW.value: frozenset({RowChoice.LEAVE.value, RowChoice.ADD.value}),
    RowFate.CHANGE.value: frozenset({RowChoice.LEAVE.value, RowChoice.CHANGE.value}),
    RowFate.LIKELY.value: frozenset({RowChoice.LEAVE.value, RowChoice.ADD.value, RowChoice.CHANGE.value}),
}


def rows_choose(*, actor: Actor, run_id: int, choices: Mapping[int, tuple[str, Sequence[str]]]) -> int:
    """Choose for single rows: row number → choice and, for a change, its columns. Returns how many were set.

    ``Refused``: ``not_compared`` when the run is not waiting for choices, ``not_allowed``; rows that don't allow the
    choice are left as they are.
    """
    with transaction.atomic():
        _waiting(actor, run_id)
        rows = list(PartyRow.objects.filter(run=run_id, row__in=choices, taken_at__isnull=True))
        for row in rows:
            choice, columns = choices[row.row]
            if choice not in ALLOWED.get(row.fate, frozenset()):
                continue
            kept = [column for column in row.changes if column in columns]
            if choice == RowChoice.CHANGE and row.fate == RowFate.CHANGE and not kept:
                choice = RowChoice.LEAVE.value
            row.choice = choice
            row.fields = kept if choice == RowChoice.CHANGE else list(row.changes)
        PartyRow.objects.bulk_update(rows, ["choice", "fields"], batch_size=500)
    return len(rows)


def rows_choose_all(*, actor: Actor, run_id: int, fate: str, choice: str) -> int:
    """The same choice for all rows of a fate, with all of their columns. Possible duplicates are chosen one by one:
    ``Refused("one_by_one")``."""
    with transaction.atomic():
        _waiting(actor, run_id)
        if fate == RowFate.LIKELY and choice != RowChoice.LEAVE:
            raise Refused("one_by_one", _("Possible duplicates are looked at one by one."), status=422)
        if choice not in ALLOWED.get(fate, frozenset()):
            raise Refused("choice_wrong", _("This can't be chosen for these rows."), status=422)
        return PartyRow.objects.filter(run=run_id, fate=fate, taken_at__isnull=True).update(choice=choice)


def _waiting(actor: Actor, run_id: int) -> PartyRun:
    run = PartyRun.objects.select_for_update().get(pk=run_id)
    policies.require(actor, "target.edit", street_id=run.street_id)
    if run.state != FileRunState.COMPARED:
        raise Refused("not_compared", _("Rows are chosen after the file was compared and before it is taken in."))
    return run
