"""A published plan taken back: what no order has taken up yet is no longer a reason to visit."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from cases import policies
from cases.clock.moment import now
from cases.models import FileRunState, Need, NeedState, YearPlan
from cases.refusals import Refused
from cases.services import needs, parties
from teams.policies import Actor


def plan_withdraw(*, actor: Actor, plan_id: int, reason: str) -> int:
    """Withdraw the plan's open needs, with the reason; those in an order or served stay. Returns how many went.

    The same file may be published anew afterwards. ``Refused``: ``not_published``, ``reason_needed`` (422),
    ``nothing_open``.
    """
    with transaction.atomic():
        plan = YearPlan.objects.select_for_update(of=("self",)).get(pk=plan_id)
        policies.require(actor, "plan.publish", street_id=plan.street_id)
        if plan.state != FileRunState.DONE:
            raise Refused("not_published", _("Only a published plan can be withdrawn."))
        text = reason.strip()
        if not text:
            raise Refused("reason_needed", _("Write the reason: it stays in the record."), field="reason", status=422)
        mine = Need.objects.filter(plan_row__plan=plan, state=NeedState.OPEN)
        parties.targets_lock(mine.values_list("target_id", flat=True))
        rows = list(mine.select_for_update(no_key=True, of=("self",)).select_related("case").order_by("pk"))
        if not rows:
            raise Refused("nothing_open", _("Nothing of this plan is open any more."))
        for need in rows:
            needs.need_withdraw(actor=actor, need=need, reason=text)
        plan.withdrawn_at, plan.withdrawn_by_id, plan.withdrawn_reason = now(), actor.user_id, text[:240]
        plan.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawn_reason"])
    return len(rows)
