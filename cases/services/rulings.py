"""Rulings: an officer of the competent agency decides on a finding; the ladder only proposes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from types import MappingProxyType

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases import policies
from cases.clock.moment import now
from cases.law import Conduct, Proposal, Violation, propose
from cases.models import (
    DeadlineKind,
    File,
    Finding,
    FindingState,
    OrderState,
    PaperCounter,
    Ruling,
    RulingOutcome,
)
from cases.papers import DEFAULT_PATTERN, format_number
from cases.refusals import Refused
from cases.selectors.office import ladder_rule, office_value
from cases.services import deadlines, journal, visits
from cases.services import files as file_stage
from cases.services.visits import Scene
from teams.models import Agency, Certificate, Role, Squad
from teams.policies import Actor
from teams.selectors import valid_certificates

RECHECKED = frozenset({RulingOutcome.RECTIFICATION.value, RulingOutcome.CAUTION_CARD.value})
"""Outcomes that ask for something by a day, and so for a look at it afterwards."""

PAPER_WORDS: Mapping[str, str] = MappingProxyType(
    {RulingOutcome.RECTIFICATION.value: "责改", RulingOutcome.CAUTION_CARD.value: "黄牌"}
)
"""The paper's word in its number; the office's setting ``paper_words`` goes before it, ``paper_pattern`` likewise."""


def proposal_for(*, finding: Finding, slight: bool | None = None, corrected: bool | None = None) -> Proposal:
    """What the ladder proposes for the finding: confirmed violations of the clause group by the same party count.

    A proposal only (Penalty Law art. 33 says *may*): the officer decides and gives the reason.
    """
    order = finding.visit.order
    party = Q(finding__visit__order__target_id=order.target_id) | Q(
        finding__visit__order__target__merged_into_id=order.target_id
    )
    earlier = (
        Ruling.objects.filter(party, finding__clause_group=finding.clause_group)
        .exclude(finding__clause_group="")
        .exclude(finding_id=finding.pk)
        .values_list("finding__clause_group", "finding__visit__started_at", "outcome", "corrected_at")
    )
    history = [
        Violation(group, timezone.localdate(at), outcome != RulingOutcome.NOTHING_WRONG, corrected_at is not None)
        for group, at, outcome, corrected_at in earlier
    ]
    case = finding.need.case if finding.need else None
    conduct = Conduct(
        clause_group=finding.clause_group,
        on=timezone.localdate(finding.visit.started_at),
        slight=slight,
        corrected=corrected,
        key_area=bool(case and case.category and case.category.key_area),
    )
    return propose(conduct, history, ladder_rule(order.street_id))


def competent_squads(finding: Finding) -> list[int]:
    """Squads in the name of the finding's agency that serve the street, and the one that found it."""
    street_id = finding.visit.order.street_id
    rows = Squad.objects.filter(Q(streets=street_id) | Q(pk=finding.part.squad_id), agency_id=finding.agency_id)
    return sorted(set(rows.values_list("pk", flat=True)))


def ruling_make(
    *,
    scene: Scene,
    actor: Actor,
    finding_id: int,
    outcome: str,
    reason: str,
    measures: str = "",
    due_at: datetime | None = None,
    due_day: date | None = None,
    corrected_on_spot: bool = False,
    slight: bool | None = None,
    handed_to: str = "",
    files: Iterable[File] = (),
) -> Ruling:
    """Decide on a finding of the locked scene. [order.ruled] ``followups.ruling_issue`` is the whole act.

    Refused: ``ruled_already``, ``certificate_needed``, ``outcome_unknown``, ``reason_needed``, ``measures_needed``,
    ``due_needed``, ``due_passed``, ``handed_to_needed``, ``wrong_stage``, ``not_allowed``.
    """
    finding = (
        Finding.objects.select_for_update(no_key=True, of=("self",))
        .select_related("agency", "part__squad", "need__case__category", "visit__order__target")
        .get(pk=finding_id)
    )
    policies.require(actor, "ruling.issue", squad_ids=competent_squads(finding))
    if finding.state != FindingState.OPEN:
        raise Refused("ruled_already", _("This finding has been ruled on already."))
    if scene.order.state not in (OrderState.ON_SCENE, OrderState.RULING):
        raise Refused("wrong_stage", _("This order is done: nothing is left to rule on."))
    certificate = _certificate(actor, finding.agency)
    due = _due(outcome, due_at, due_day, corrected_on_spot)
    _complete(outcome, reason, measures, due, handed_to)
    proposal = proposal_for(finding=finding, slight=slight, corrected=corrected_on_spot or None)
    moment = now()
    number = paper_number_take(agency=finding.agency, kind=outcome, street_id=scene.order.street_id)
    try:
        with transaction.atomic():
            ruling = Ruling.objects.create(
                finding=finding,
                agency=finding.agency,
                outcome=outcome,
                reason=reason.strip(),
                measures=measures.strip(),
                due_at=due,
                corrected_at=moment if corrected_on_spot and outcome in RECHECKED else None,
                corrected_on_spot=corrected_on_spot,
                proposal=proposal_json(proposal),
                paper_number=number,
                handed_to=handed_to.strip(),
                ruled_by_id=visits.staff_id(actor),
                ruled_at=moment,
                certificate=certificate.number,
            )
    except IntegrityError as error:
        raise Refused("ruled_already", _("This finding has been ruled on already.")) from error
    finding.state = FindingState.RULED
    finding.save(update_fields=["state"])
    for file in files:
        file_stage.attach(file=file, ruling=ruling)
    used = deadlines.deadline_end(kind=DeadlineKind.RULING, subject=finding)
    if due is not None and ruling.corrected_at is None:
        deadlines.deadline_start(
            kind=DeadlineKind.RECTIFICATION, subject=ruling, street_id=scene.order.street_id, due_at=due
        )
    journal.record(
        subject=scene.order,
        kind="order.ruled",
        actor=actor,
        body={
            "finding": finding.pk,
            "ruling": ruling.pk,
            "agency": finding.agency_id,
            "case": finding.need.case_id if finding.need else None,
            "outcome": outcome,
            "reason": ruling.reason,
            "paper": number,
            "due": due,
            "proposed": proposal.step.value,
        },
        used_seconds=used.seconds if used else None,
        late=used.late if used else None,
    )
    return ruling


def proposal_json(proposal: Proposal) -> dict[str, object]:
    """The proposal as it is kept beside the decision, with its explanation."""
    return {
        "step": proposal.step.value,
        "band": proposal.band.value,
        "exempt": proposal.exempt,
        "education": proposal.education,
        "prior": proposal.prior,
        "notes": [note.as_dict() for note in proposal.notes],
        "source": proposal.source,
    }


def paper_number_take(*, agency: Agency, kind: str, street_id: int) -> str:
    """The next number of this agency, kind and year, without gaps: the counter is locked until the transaction ends.

    Empty for outcomes without a numbered paper.
    """
    if kind not in PAPER_WORDS:
        return ""
    year = timezone.localtime(now()).year
    PaperCounter.objects.get_or_create(agency=agency, kind=kind, year=year)
    counter = PaperCounter.objects.select_for_update(no_key=True).get(agency=agency, kind=kind, year=year)
    counter.last += 1
    counter.save(update_fields=["last"])
    words = office_value("paper_words", street_id)
    own = words.get(kind) if isinstance(words, dict) else None
    return format_number(
        str(office_value("paper_pattern", street_id) or DEFAULT_PATTERN),
        agency=agency.code,
        kind=str(own or PAPER_WORDS[kind]),
        year=year,
        serial=counter.last,
    )


def _certificate(actor: Actor, agency: Agency) -> Certificate:
    on = timezone.localdate(now())
    found = valid_certificates([visits.staff_id(actor)], on).filter(agency=agency).order_by("-valid_until").first()
    if found is None or not actor.has(Role.OFFICER, Role.SQUAD_LEADER):
        raise Refused(
            "certificate_needed",
            _("Only an officer with a valid certificate of %(agency)s may rule on this.") % {"agency": agency},
            status=403,
        )
    return found


def _due(outcome: str, due_at: datetime | None, due_day: date | None, corrected_on_spot: bool) -> datetime | None:
    if outcome not in RECHECKED:
        return None
    if due_at is None and due_day is not None:
        due_at = timezone.make_aware(datetime.combine(due_day, time(23, 59, 59)))
    if due_at is None and corrected_on_spot:
        return now()
    if due_at is not None and due_at < now():
        raise Refused("due_passed", _("The day has passed already."), field="due_day", status=422)
    return due_at


def _complete(outcome: str, reason: str, measures: str, due: datetime | None, handed_to: str) -> None:
    if outcome not in RulingOutcome.values:
        raise Refused("outcome_unknown", _("Choose what you decide."), field="outcome", status=422)
    if not reason.strip():
        raise Refused("reason_needed", _("Give the reason of your decision."), field="reason", status=422)
    if outcome == RulingOutcome.RECTIFICATION:
        if not measures.strip():
            raise Refused("measures_needed", _("Say what is to be put right."), field="measures", status=422)
        if due is None:
            raise Refused("due_needed", _("Say by when."), field="due_day", status=422)
    if outcome == RulingOutcome.HAND_OVER and not handed_to.strip():
        raise Refused("handed_to_needed", _("Say to whom it is handed over."), field="handed_to", status=422)
