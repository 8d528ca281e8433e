"""The site record before the visit is closed: what the party says to it, and its signature (现场检查笔录)."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from cases import policies
from cases.clock.moment import now
from cases.models import AttachmentRole, File, Visit, VisitState
from cases.refusals import Refused
from cases.services import files as file_stage
from cases.services import journal
from cases.services.visits.answers import there_required
from cases.services.visits.scene import scene_of_visit
from teams.policies import Actor


def record_sign(
    *,
    actor: Actor,
    visit_id: int,
    signature: File | None = None,
    refused: str = "",
    witness: str = "",
    agrees: bool | None = None,
    opinion: str = "",
) -> Visit:
    """The party signs the record, or its refusal is noted with a witness. [order.record_signed]

    Only an officer of the lead squad who is on the visit, while the visit is open; signing again replaces what stood
    there, the earlier signature stays as evidence. The event holds the signature's SHA-256. Refused: ``visit_closed``,
    ``opinion_needed``, ``signature_needed``, ``witness_needed``, ``not_lead``, ``not_on_the_visit``, ``not_allowed``.
    """
    with transaction.atomic():
        scene = scene_of_visit(visit_id)
        visit, lead = scene.visit, scene.lead
        if lead is None:
            raise Refused("not_found", _("This visit has no lead squad."), status=404)
        policies.require(actor, "visit.close", squad_ids=[part.squad_id for part in scene.parts])
        if not actor.is_system and lead.squad_id not in actor.squads():
            raise Refused("not_lead", _("The lead squad has the record signed."), status=403)
        if visit is None or visit.pk != visit_id or visit.state != VisitState.OPEN:
            raise Refused("visit_closed", _("This visit is closed already."))
        there_required(visit=visit, part=lead, actor=actor, handling=scene.handling)
        if agrees is False and not opinion.strip():
            raise Refused("opinion_needed", _("Write down what the party objects to."), field="opinion", status=422)
        if signature is None and not refused.strip():
            raise Refused(
                "signature_needed", _("Have it signed, or note that the party refuses."), field="refused", status=422
            )
        if signature is None and not witness.strip():
            raise Refused(
                "witness_needed", _("A refusal needs a witness: write the name down."), field="witness", status=422
            )
        visit.party_agrees = agrees
        visit.party_opinion = opinion.strip()
        visit.sign_refused = "" if signature is not None else refused.strip()
        visit.sign_witness = "" if signature is not None else witness.strip()
        visit.signed_at = now()
        visit.save(update_fields=["party_agrees", "party_opinion", "sign_refused", "sign_witness", "signed_at"])
        if signature is not None:
            file_stage.attach(file=signature, role=AttachmentRole.SIGNATURE, visit=visit)
        journal.record(
            subject=scene.order,
            kind="order.record_signed",
            actor=actor,
            body={
                "visit": visit.pk,
                "signed": signature is not None,
                "sha256": signature.sha256 if signature is not None else None,
                "agrees": agrees,
                "reason": visit.sign_refused,
            },
        )
    return visit
