"""Likely doubles of the register: looked for by comparison, decided by a person."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases import policies
from cases.clock.moment import now
from cases.models import Likeness, Target
from cases.planner import sameness
from cases.refusals import Refused
from cases.selectors.alike import alike_of, entry_of
from teams.policies import Actor


def doubles_refresh(*, street_id: int) -> int:
    """Compare the whole register of a street anew; pairs that a person called different stay so. Returns how many
    pairs wait for a decision."""
    rows = Target.objects.filter(street=street_id, active=True, merged_into__isnull=True).only(*_COMPARED)
    found = sameness.pairs([entry_of(row) for row in rows.iterator(chunk_size=2000)])
    with transaction.atomic():
        Likeness.objects.filter(street=street_id, different_at__isnull=True).delete()
        _keep(found, street_id)
    return Likeness.objects.filter(street=street_id, different_at__isnull=True).count()


def doubles_refresh_of(*, target: Target) -> int:
    """The same for one entry, after it was entered or changed: by the few that are worth comparing."""
    mine = Likeness.objects.filter(Q(first=target) | Q(second=target))
    found = [pair for _row, pair in alike_of(target)]
    with transaction.atomic():
        mine.filter(different_at__isnull=True).delete()
        if target.active and target.merged_into_id is None:
            _keep(found, target.street_id)
    return len(found)


def different_mark(*, actor: Actor, first_id: int, second_id: int, different: bool = True) -> Likeness:
    """A person looked: these are two parties (or takes that back). ``Refused``: ``not_found``, ``not_allowed``."""
    low, high = sorted((first_id, second_id))
    with transaction.atomic():
        pair = Likeness.objects.select_for_update().filter(first=low, second=high).first()
        if pair is None:
            raise Refused("not_found", _("This pair is not on the list any more."), status=404)
        policies.require(actor, "target.edit", street_id=pair.street_id)
        pair.different_at = now() if different else None
        pair.different_by_id = actor.user_id if different else None
        pair.save(update_fields=["different_at", "different_by"])
    return pair


_COMPARED = ("id", "name", "aliases", "address", "uscc", "lat", "lng", "street_id")


def _keep(pairs: Iterable[sameness.Pair], street_id: int) -> None:
    Likeness.objects.bulk_create(
        [
            Likeness(
                first_id=pair.first,
                second_id=pair.second,
                street_id=street_id,
                score=pair.score,
                notes=[note.as_dict() for note in pair.notes],
                found_at=now(),
            )
            for pair in pairs
        ],
        ignore_conflicts=True,
        batch_size=1000,
    )
