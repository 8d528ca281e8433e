"""People and squads leave only when nothing open hangs on them: the ground's services behind a look at the cases."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cases.models import Case
from cases.refusals import Refused
from cases.selectors.openwork import open_work, squad_work
from cases.services import journal
from teams.models import OFFICE_ROLES, Squad, User
from teams.policies import Actor, require
from teams.selectors import actor_of
from teams.services import people, squads


def person_close(*, actor: Actor, user_id: int, hand_over_to: int | None = None, reason: str) -> User:
    """Deactivate an account. Open cases in hand go to another member of their office; a visit under way must end first.

    Each case handed over: [case.handed_over]. Refuses ``on_a_visit``, ``nobody_left``, ``work_in_hand`` (no one named),
    ``cannot_take_over`` (no office role on the case's street), and what ``people.account_close`` refuses.
    """
    with transaction.atomic():
        require(actor, "staff.edit")
        people.not_oneself(actor, user_id)
        people.need_reason(reason)
        user = User.objects.filter(pk=user_id).first()
        if user is None:
            raise Refused("no_person", _("There is no such person."), status=404)
        ids = list(Case.objects.filter(owner_id=user_id).order_by("pk").values_list("pk", flat=True))
        held = list(Case.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=ids).order_by("pk"))
        people.person_lock(user_id)
        work = open_work(user)
        if work.orders:
            numbers = gettext(", ").join(order.number for order in work.orders[:5])
            message = _("On a visit just now (%(numbers)s): let it end first.") % {"numbers": numbers}
            raise Refused("on_a_visit", message)
        if work.alone:
            left = _("Nobody else would be left as %(places)s while work is open there.")
            raise Refused("nobody_left", left % {"places": gettext(", ").join(work.alone)})
        if work.cases:
            _hand_over(actor, [case for case in held if case.pk in {one.pk for one in work.cases}], hand_over_to, user)
        return people.account_close(actor=actor, user_id=user_id, reason=reason)


def squad_dissolve(*, actor: Actor, squad_id: int, reason: str) -> Squad:
    """Dissolve a squad: its roles end at once. Refuses ``parts_open`` and what ``squads.squad_close`` refuses."""
    with transaction.atomic():
        squad = squads.squad_lock(squad_id)
        require(actor, "ground.edit")
        parts, tests = squad_work(squad)
        if parts or tests:
            numbers = [part.order.number for part in parts] + [test.number for test in tests]
            message = _("Open work hangs on it: %(numbers)s. Reassign or end it first.")
            raise Refused("parts_open", message % {"numbers": gettext(", ").join(numbers[:6])})
        return squads.squad_close(actor=actor, squad_id=squad_id, reason=reason)


def _hand_over(actor: Actor, cases: list[Case], to: int | None, user: User) -> None:
    if to is None or to == user.pk:
        raise Refused(
            "work_in_hand",
            _("%(count)s open cases are in this person's hand: name who takes them over.") % {"count": len(cases)},
            field="hand_over_to",
        )
    taker = User.objects.filter(pk=to, is_active=True).first()
    streets = actor_of(taker).streets(*OFFICE_ROLES) if taker else frozenset()
    if any(case.street_id not in streets for case in cases):
        raise Refused(
            "cannot_take_over",
            _("The successor has to hold an office role on the street of every case."),
            field="hand_over_to",
        )
    for case in cases:
        case.owner_id = to
        case.save(update_fields=["owner"])
    journal.record_many(
        entries=[journal.Entry(case, "case.handed_over", {"from": user.pk, "to": to}) for case in cases], actor=actor
    )
