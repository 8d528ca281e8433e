"""What reaches the office becomes a complaint and a case: from residents, callers, grid workers, other systems."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from django.db import IntegrityError, transaction
from django.db.models import CharField, QuerySet
from django.utils.translation import gettext_lazy as _

from cases import flow, policies
from cases.clock.moment import now
from cases.models import (
    Case,
    CaseStage,
    Complaint,
    DeadlineKind,
    File,
    LineKind,
    RequestKind,
    ResidentLine,
    Setting,
    Source,
    Target,
    Urgency,
)
from cases.papers import apply_masks, mask_text
from cases.refusals import Refused
from cases.services import casefile, deadlines, files, identity, journal
from teams import rows
from teams.models import Street
from teams.policies import RESIDENT, Actor
from teams.selectors import street_at
from teams.statements import Slot, Statement

SENDING_RIGHTS: Mapping[str, str] = MappingProxyType(
    {
        Source.OFFICE.value: "complaint.take",
        Source.GRID.value: "alert.send",
        Source.HOTLINE.value: "import.run",
        Source.API.value: "complaint.take",
    }
)
"""The right that a sending needs; the portal needs none."""

MAX_TEXT = 4000
_OPENING = re.compile(
    r"^\s*(?:市民|网友|群众|来电人)?(?:再次|多次)?(?:来电|来信|网站|微信)?(?:反映|反馈|投诉|举报|咨询|求助)\s*[:：,，]\s*"
)
_QUOTED_TITLE = re.compile(r"《(?:关于)?(.{4,80}?)(?:的问题)?》")
_END_OF_SENTENCE = re.compile(r"[。！？!?；;\n]")


@dataclass(frozen=True, slots=True)
class Intake:
    """What a sending became. ``token`` opens the private page; it is shown once and stored only as a hash."""

    complaint: Complaint
    case: Case
    token: str | None


def complaint_create(
    *,
    actor: Actor,
    street_id: int | None = None,
    source: str,
    text: str,
    kind: str = RequestKind.COMPLAINT,
    urgency: str = Urgency.GENERAL,
    party_name: str = "",
    address: str = "",
    lat: float | None = None,
    lng: float | None = None,
    accuracy_m: float | None = None,
    target_id: int | None = None,
    occurred_at: datetime | None = None,
    name: str = "",
    phone: str = "",
    contact_note: str = "",
    keep_secret: bool = True,
    language: str = "zh-hans",
    files: Sequence[File] = (),
    client_key: str | None = None,
    join_case_id: int | None = None,
) -> Intake:
    """Keep what was said, who said it (apart), and open a case to accept. [case.received | case.complaint_joined]

    ``join_case_id``: the sender says that it is the same as this open case (``selectors.joinable`` offers them); the
    report goes there, with a link of its own, unless a visit has begun meanwhile: then it opens a case after all.
    The street is that of the chosen party, else given, else where the point lies, else the receiving office of the
    settings. The same ``client_key`` with the same words answers the first result, private link included.
    ``Refused``: ``text_needed``, ``text_too_long``, ``choice_wrong``, ``coordinates_wrong``, ``no_street``,
    ``not_allowed``, ``already_sent`` (the key with other words).
    """
    words = _sound_text(text)
    _check(source=source, kind=kind, urgency=urgency, lat=lat, lng=lng)
    moment = now()
    numbers = casefile.numbers_take(at=moment, client_key=client_key)
    if numbers.sent and client_key and (first := _first_sending(client_key, words, source)):
        return first
    target = _target(target_id)
    street = _street_for(street_id, target, lat, lng)
    if source in SENDING_RIGHTS:
        policies.require(actor, SENDING_RIGHTS[source], street_id=street)
    token, token_hash = identity.token_new(client_key or "")
    sealed = identity.identity_sealed(pk=numbers.identity_id, name=name, phone=phone, note=contact_note)
    try:
        with transaction.atomic():
            same = _same_case(join_case_id)
            complaint = Complaint(
                pk=numbers.complaint_id,
                reference=numbers.reference,
                street_id=same.street_id if same else street,
                source=source,
                kind=kind,
                urgency=urgency,
                text=words,
                party_name=party_name.strip()[:160],
                address=address.strip()[:240],
                lat=lat,
                lng=lng,
                accuracy_m=accuracy_m,
                target=target,
                occurred_at=occurred_at,
                received_at=moment,
                identity=sealed,
                keep_secret=keep_secret,
                language=language,
                client_key=client_key or None,
                token_hash=token_hash,
                taken_by_id=actor.user_id,
            )
            told = [*([sealed] if sealed else []), complaint]
            if same is not None:
                rows.write(told)
                _attach_all(complaint, files)
                brought = "resident" if source == Source.PORTAL else source
                casefile.complaint_add(case=same, complaint=complaint, actor=actor, by=brought)
                return Intake(complaint, same, token)
            case = casefile.case_open(
                actor=actor,
                street_id=street,
                source=source,
                title=title_of(words, party_name),
                urgency=urgency,
                complaint=complaint,
                address=complaint.address or (target.address if target else ""),
                lat=lat if lat is not None else (target.lat if target else None),
                lng=lng if lng is not None else (target.lng if target else None),
                target_id=target_id,
                contact=source != Source.GRID,
                numbers=numbers,
                beside=told,
            )
            _attach_all(complaint, files)
    except IntegrityError:
        # Two sendings of one key at once: the unique index let one through, the other reads what it made.
        first = _first_sending(client_key, words, source) if client_key else None
        if first is None:
            raise
        return first
    return Intake(complaint, case, token)


def complaint_take(*, actor: Actor, street_id: int, text: str, **facts: object) -> Intake:
    """The office writes down what a caller says. Arguments as ``complaint_create``.

    A case to add the caller to must stand on a street of the office's own.
    """
    joined = facts.get("join_case_id")
    if isinstance(joined, int) and (case := Case.objects.filter(pk=joined).first()):
        policies.require(actor, "complaint.take", street_id=case.street_id)
    return complaint_create(actor=actor, street_id=street_id, source=Source.OFFICE, text=text, **facts)  # type: ignore[arg-type]


def alert_create(*, actor: Actor, street_id: int, text: str, **facts: object) -> Intake:
    """A grid worker's alert (网格预警). Arguments as ``complaint_create``; nobody has to be called back."""
    return complaint_create(actor=actor, street_id=street_id, source=Source.GRID, text=text, **facts)  # type: ignore[arg-type]


def complaint_supplement(
    *, token_hash: str, text: str, files: Sequence[File] = (), client_key: str | None = None
) -> ResidentLine:
    """The resident adds words and photos; a case that waited for them goes on. [case.answered_by_resident]"""
    words = _sound_text(text)
    if client_key and (line := ResidentLine.objects.filter(client_key=client_key).first()):
        return _same_sender(line, token_hash)
    with transaction.atomic():
        complaint, cases = _by_token(token_hash)
        if complaint.withdrawn_at is not None:
            raise Refused("withdrawn", _("You have withdrawn this report; nothing can be added to it."))
        try:
            with transaction.atomic():
                line = line_put(complaint=complaint, kind=LineKind.ANSWER, text=words, client_key=client_key)
        except IntegrityError:
            return _same_sender(ResidentLine.objects.get(client_key=client_key), token_hash)
        _attach_all(complaint, files)
        for case in cases:
            body = {"complaint": complaint.pk, "line": line.pk}
            if case.stage == CaseStage.ASKING:
                casefile.case_move(
                    case=case, action="resume", actor=RESIDENT, kind="case.answered_by_resident", body=body
                )
            else:
                journal.record(subject=case, kind="case.answered_by_resident", actor=RESIDENT, body=body)
    return line


def complaint_withdraw(*, token_hash: str) -> Complaint:
    """The resident takes the report back. A case that nobody else complains about and that is not planned yet closes;
    a visit under way goes on. Safe twice. [case.withdrawn | case.complaint_withdrawn]"""
    with transaction.atomic():
        complaint, cases = _by_token(token_hash)
        if complaint.withdrawn_at is not None:
            return complaint
        if cases and all(case.stage in flow.ENDED for case in cases):
            raise Refused("case_ended", _("This report has been dealt with; it can't be withdrawn any more."))
        complaint.withdrawn_at = now()
        complaint.save(update_fields=["withdrawn_at"])
        for case in cases:
            others = case.complaint_links.filter(complaint__withdrawn_at__isnull=True).exists()
            body = {"complaint": complaint.pk}
            if not others and flow.allowed(case, "withdraw"):
                casefile.case_move(case=case, action="withdraw", actor=RESIDENT, kind="case.withdrawn", body=body)
            elif case.stage not in flow.ENDED:
                journal.record(subject=case, kind="case.complaint_withdrawn", actor=RESIDENT, body=body)
    return complaint


def line_write(
    *, actor: Actor, complaint_id: int, kind: str = LineKind.NOTICE, text: str, client_key: str | None = None
) -> ResidentLine:
    """The office writes to one complainant; the first such line is the first contact. [case.line_written]"""
    words = _sound_text(text)
    if kind not in (LineKind.QUESTION, LineKind.NOTICE, LineKind.RESULT):
        raise Refused("choice_wrong", _("The office asks, tells or gives the result."), field="kind", status=422)
    with transaction.atomic():
        complaint, cases = _locked(Complaint.objects.filter(pk=complaint_id))
        if client_key and (line := ResidentLine.objects.filter(client_key=client_key, complaint=complaint).first()):
            return line
        for case in cases:
            policies.require(actor, "complaint.line", street_id=case.street_id)
        line = line_put(complaint=complaint, kind=kind, text=words, actor=actor, client_key=client_key)
        for case in cases:
            line_recorded(case=case, line=line, actor=actor)
    return line


def line_put(
    *,
    complaint: Complaint,
    kind: str,
    text: str,
    actor: Actor = RESIDENT,
    client_key: str | None = None,
) -> ResidentLine:
    """The row of a line, and the moment of first contact when the office wrote it. No policy, no event."""
    moment = now()
    if kind != LineKind.ANSWER and complaint.contacted_at is None:
        complaint.contacted_at = moment
        complaint.save(update_fields=["contacted_at"])
    return ResidentLine.objects.create(
        complaint=complaint,
        kind=kind,
        text=text,
        written_by_id=actor.user_id,
        at=moment,
        client_key=client_key or None,
    )


def line_recorded(*, case: Case, line: ResidentLine, actor: Actor) -> None:
    """Stop the contact clock of the case and write down that (not what) was written. [case.line_written]"""
    used = deadlines.deadline_end(kind=DeadlineKind.CONTACT, subject=case)
    journal.record(
        subject=case,
        kind="case.line_written",
        actor=actor,
        body={"complaint": line.complaint_id, "line": line.pk, "as": line.kind},
        used_seconds=used.seconds if used else None,
        late=used.late if used else None,
    )
    if used:
        deadlines.case_due_refresh(case_ids=[case.pk])


def title_of(text: str, party_name: str = "") -> str:
    """A short title without phones, numbers and flats: the title that the text quotes, else its first sentence."""
    quoted = _QUOTED_TITLE.search(text)
    sentence = quoted.group(1) if quoted else _END_OF_SENTENCE.split(_OPENING.sub("", text.strip()), maxsplit=1)[0]
    plain = " ".join(sentence.split()) or " ".join(text.split())
    masked = apply_masks(plain, mask_text(plain))
    party = party_name.strip()
    short = masked if len(masked) <= 60 else masked[:59] + "…"
    return f"{party} · {short}" if party and party not in short else short


_SENT = Statement(lambda: Complaint.objects.filter(client_key=Slot("key", CharField())))


def _first_sending(client_key: str, words: str, source: str) -> Intake | None:
    complaint = next(iter(_SENT(key=client_key)), None)
    if complaint is None:
        return None
    if complaint.text != words or complaint.source != source:
        raise Refused(
            "already_sent",
            _("This was already sent with other words. To add something, open the private link you were given."),
        )
    case = Case.objects.filter(complaint_links__complaint=complaint).order_by("pk").first()
    if case is None:
        return None
    return Intake(complaint, case, identity.token_new(client_key)[0])


def _same_case(case_id: int | None) -> Case | None:
    """The case to add a report to, locked; None when there is none or its visit has begun."""
    if case_id is None or not Case.objects.filter(pk=case_id).exists():
        return None
    case = casefile.case_lock(case_id)
    return case if case.stage in flow.BEFORE_VISIT else None


def _same_sender(line: ResidentLine, token_hash: str) -> ResidentLine:
    if line.complaint.token_hash != token_hash:
        raise Refused("already_sent", _("This was already sent."))
    return line


def _by_token(token_hash: str) -> tuple[Complaint, list[Case]]:
    return _locked(Complaint.objects.filter(token_hash=token_hash))


def _locked(found: QuerySet[Complaint]) -> tuple[Complaint, list[Case]]:
    """The complaint and its cases, locked: cases by id first, then the complaint read anew."""
    complaint = found.first()
    if complaint is None:
        raise Refused("not_found", _("This link is not valid."), status=404)
    cases = casefile.cases_lock(complaint.case_links.values_list("case_id", flat=True))
    return Complaint.objects.select_for_update(no_key=True, of=("self",)).get(pk=complaint.pk), cases


def _attach_all(complaint: Complaint, photos: Sequence[File]) -> None:
    for photo in photos:
        if photo.attachments.exists():
            raise Refused("file_taken", _("This photo belongs to another report."), field="files", status=422)
        files.attach(file=photo, complaint=complaint)


def _target(target_id: int | None) -> Target | None:
    if target_id is None:
        return None
    target = Target.objects.filter(pk=target_id, active=True).first()
    if target is None:
        raise Refused("target_gone", _("This party is not in the register any more."), field="target", status=422)
    return target


def _street_for(street_id: int | None, target: Target | None, lat: float | None, lng: float | None) -> int:
    if target is not None:
        return target.street_id
    if street_id is not None:
        return street_id
    if lat is not None and lng is not None and (street := street_at(lat, lng)):
        return street.pk
    office = Setting.objects.filter(key="receiving_street", street__isnull=True).values_list("value", flat=True).first()
    found = Street.objects.filter(code=office).first() if office else Street.objects.order_by("code").first()
    if found is None:
        raise Refused("no_street", _("No office receives reports yet. Tell the administrator."))
    return found.pk


def _sound_text(text: str) -> str:
    words = text.replace("\0", "").strip()
    if not words:
        raise Refused("text_needed", _("Say in a few words what happened."), field="text", status=422)
    if len(words) > MAX_TEXT:
        raise Refused(
            "text_too_long", _("At most %(count)s characters, please.") % {"count": MAX_TEXT}, field="text", status=422
        )
    return words


def _check(*, source: str, kind: str, urgency: str, lat: float | None, lng: float | None) -> None:
    for field, value, known in (
        ("source", source, Source.values),
        ("kind", kind, RequestKind.values),
        ("urgency", urgency, Urgency.values),
    ):
        if value not in known:
            raise Refused("choice_wrong", _("This choice does not exist."), {"field": field}, field=field, status=422)
    if (lat is None) != (lng is None) or (
        lat is not None and lng is not None and not (-90 <= lat <= 90 and -180 <= lng <= 180)
    ):
        raise Refused("coordinates_wrong", _("The point on the map is not valid."), field="lat", status=422)
