"""Two streets that mirror each other, each with a row of every kind, and everybody who could ask for one of them.

What stands on the own street: a complaint with its case on a joint visit of the street's team (which leads), market
supervision and urban management; fire was called and excused; ecology was never called. On the other street: its own
team and market supervision's neighbours. Each has a handling task, a laboratory test, a rating, an import run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from cases.models import (
    Attachment,
    BoardView,
    Case,
    Complaint,
    DayPlan,
    DeadlineRule,
    Feedback,
    File,
    ImportRun,
    ItemBasis,
    LabTest,
    Order,
    Part,
    PartItem,
    PartyRun,
    Setting,
    Source,
    Target,
    YearPlan,
)
from cases.services import findings, intake, orders, triage, visits
from dispatch.notify.models import Delivery, Webhook
from dispatch.web.models import ApiToken
from teams.models import Assignment, CalendarDay, District, Leave, Power, Role, Squad, SquadKind, User
from teams.policies import RESIDENT
from tests.access.sight import OTHER, OWN, SHARED, VEILED, Signs, Told, stands_in
from tests.cast import LAT, Cast, Snapshot, make_cast, officer, person, snapshot
from tests.stage import planned_case

TEXT = "演示·夜里烧烤油烟很大，吵得睡不着，"


@dataclass
class Street:
    """Ids of one street's rows by kind, as the matrix names them."""

    signs: Signs
    rows: dict[str, Any] = field(default_factory=dict)
    case: Case = field(init=False)
    order: Order = field(init=False)
    complaint: Complaint = field(init=False)
    token: str = ""

    @property
    def names(self) -> dict[str, str]:
        """Fields of ``sight`` that are rows' own names."""
        return {"case": self.case.reference, "order": self.order.number, "party": self.order.target.name}

    def told_in(self, text: str) -> set[str]:
        """Fields of ``sight`` that the text tells of this street's rows."""
        return self.signs.found_in(text) | {name for name, word in self.names.items() if stands_in(word, text)}


@dataclass
class World:
    """``clients`` by the role's name in the matrix, each logged in (the anonymous one is not). ``untouched`` is how all
    rows stood at the beginning: what tests write they take back."""

    cast: Cast
    own: Street
    other: Street
    people: Mapping[str, User]
    clients: Mapping[str, Client]
    untouched: Snapshot
    told: Told = field(default_factory=Told)


def make_world() -> World:
    cast = make_cast()
    people = _people(cast)
    own = _street(cast, cast.target, cast.dispatcher, cast.head, [cast.leader, cast.street_officers[0]], "laboratory")
    other = _street(
        cast, cast.foreign_target, cast.outsider, cast.outsider_head, cast.other_officers, "laboratory_elsewhere"
    )
    for made, user, officer_ in ((own, cast.dispatcher, cast.leader), (other, cast.outsider, cast.other_officers[0])):
        _administered(cast, made, user, officer_)
    own.rows["newcomer"] = people["nobody"].pk
    clients = {"anonymous": Client()}
    for name, user in people.items():
        clients[name] = client = Client()
        client.force_login(user)
    return World(cast, own, other, people, clients, snapshot())


def _people(cast: Cast) -> dict[str, User]:
    yesterday = timezone.localdate() - timedelta(days=1)
    left = officer("left", "离队队员", cast.squads["street"])
    Assignment.objects.filter(user=left).update(ends_on=yesterday)
    elsewhere = District.objects.create(code="149902", name="演示·邻区", name_en="Demo district B")
    squad = Squad.objects.create(
        agency=cast.agencies["laboratory"], kind=SquadKind.LABORATORY, name="演示·乙检测室", short_name="乙检测"
    )
    cast.squads["laboratory_elsewhere"] = squad
    return {
        "dispatcher": cast.dispatcher,
        "head": cast.head,
        "checker": cast.checker,
        "leader": cast.leader,
        "officer": cast.street_officers[0],
        "joint": cast.urban_officers[0],
        "uncalled": cast.ecology_officers[0],
        "excused": cast.fire_officers[0],
        "auxiliary": cast.auxiliary,
        "technician": cast.lab_technician,
        "technician_elsewhere": person("technician2", "乙检测员", Role.LAB_TECHNICIAN, squad=squad),
        "grid_worker": cast.grid_worker,
        "supervisor": cast.supervisor,
        "supervisor_elsewhere": person("supervisor2", "邻区督办", Role.SUPERVISOR, district=elsewhere),
        "auditor": cast.auditor,
        "system_admin": cast.system_admin,
        "dispatcher_elsewhere": cast.outsider,
        "officer_elsewhere": cast.other_officers[0],
        "left": left,
        "nobody": User.objects.create_user("nobody", name="演示·无角色", email="nobody@example.invalid"),
        "security_admin": person("secadmin", "安全管理员", Role.SECURITY_ADMIN),
    }


def _street(cast: Cast, target: Target, dispatcher: User, head: User, lead: list[User], laboratory: str) -> Street:
    made = Street(OWN if target == cast.target else OTHER)
    _complaint(cast, made, target, dispatcher)
    _order(cast, made, target, dispatcher, head)
    _scene(cast, made, lead, laboratory)
    _task(cast, made, target, dispatcher, lead)
    _looked_on(cast, made, target)
    made.rows |= {
        "case": made.case.pk,
        **_doors(dispatcher),
        "view": BoardView.objects.create(user=dispatcher, name="演示", queue="all", sort="due").pk,
        "complaint": made.complaint.pk,
        "order": made.order.pk,
        "party": target.pk,
        "private link": made.token,
        "photo": [made.case.pk, _photo(made).pk],
    }
    return made


def _photo(made: Street) -> File:
    """Of the report, not prepared yet."""
    file = File.objects.create(key=f"world{made.case.pk}", sha256="0" * 64, size=1, content_type="image/jpeg")
    Attachment.objects.create(file=file, complaint=made.complaint)
    return file


def _doors(user: User) -> dict[str, int]:
    """A token, a webhook and a delivery that failed, of this account."""
    moment = timezone.now()
    token = ApiToken.objects.create(
        user=user, name="演示·热线", hint="co_demo", digest=f"{user.pk:064d}", scopes=["cases:read"], created_at=moment
    )
    hook = Webhook.objects.create(
        user=user,
        name="演示·推送",
        url="https://hook.example.invalid/",
        kinds=["case.closed"],
        salt="演示",
        created_at=moment,
    )
    failed = Delivery.objects.create(webhook=hook, kind="webhook.test", created_at=moment, state="failed", fault="name")
    return {"API token": token.pk, "webhook": hook.pk, "delivery": failed.pk}


def _complaint(cast: Cast, made: Street, target: Target, dispatcher: User) -> None:
    signs = made.signs
    sent = intake.complaint_create(
        actor=RESIDENT,
        street_id=target.street_id,
        source=Source.PORTAL,
        text=TEXT + signs.words,
        name=signs.name,
        phone=signs.phone,
        address=signs.address,
        lat=signs.point[0],
        lng=signs.point[1],
    )
    assert sent.token
    photo = File.objects.create(key=signs.photo, sha256="0" * 64, size=1, content_type="image/jpeg", state="ready")
    Attachment.objects.create(file=photo, complaint=sent.complaint)
    veiled = File.objects.create(
        key=signs.photo + VEILED, sha256="0" * 64, size=1, content_type="image/jpeg", state="ready",
        shared_with_squads=True, shared_copy=SHARED, veiled=[1],
    )  # fmt: skip
    Attachment.objects.create(file=veiled, complaint=sent.complaint)
    made.rows["veiled photo"] = veiled.pk
    made.complaint, made.token = sent.complaint, sent.token
    actor = cast.act(dispatcher)
    triage.case_accept(actor=actor, case_id=sent.case.pk)
    joint = "urban" if target == cast.target else "market"
    made.case = triage.case_triage(
        actor=actor,
        case_id=sent.case.pk,
        disposition="inspection",
        category_id=cast.categories["05-10"].pk,
        target_id=target.pk,
        brief=made.signs.brief,
        brief_confirmed=True,
        agency_ids=cast.agency_ids(joint, "fire"),
    )


def _order(cast: Cast, made: Street, target: Target, dispatcher: User, head: User) -> None:
    actor = cast.act(dispatcher)
    order = orders.order_open(actor=actor, target_id=target.pk)
    orders.order_submit(actor=actor, order_id=order.pk)
    orders.order_approve(actor=cast.act(head), order_id=order.pk)
    fire = Part.objects.get(order=order, squad=cast.squads["fire"])
    made.order = orders.order_issue(actor=actor, order_id=order.pk)
    orders.part_release(actor=actor, part_id=fire.pk, reason="演示·不需要")


def _scene(cast: Cast, made: Street, lead: list[User], laboratory: str) -> None:
    parts = list(Part.objects.filter(order=made.order).exclude(state="released").order_by("-is_lead", "pk"))
    mine, joint = parts[0], parts[1]
    for part, people in ((mine, lead), (joint, cast.officers_of(joint.agency.function)[:2])):
        visits.visit_report_in(
            actor=cast.act(people[0]),
            part_id=part.pk,
            officer_ids=[row.pk for row in people],
            lat=part.order.target.lat or LAT,
            lng=part.order.target.lng,
            identity_shown=True,
        )
    finding = findings.finding_add(actor=cast.act(lead[0]), part_id=mine.pk, text="演示·占道")
    item = PartItem.objects.filter(part=joint, item__kind="lab").first()
    if item is None:  # market supervision has nothing for a laboratory: lend it urban management's item
        item = PartItem.objects.create(part=joint, item=cast.items["UR-02"])
    test = visits.lab_commission(
        actor=cast.act(cast.officers_of(joint.agency.function)[0]),
        part_item_id=item.pk,
        laboratory_id=cast.squads[laboratory].pk,
        sample="演示·样品",
    )
    own_item = PartItem.objects.filter(part=mine).first()
    assert own_item is not None
    made.rows |= {
        "lead part": mine.pk,
        "joint part": joint.pk,
        "lead item": own_item.pk,
        "joint item": item.pk,
        "finding": finding.pk,
        "test": test.pk,
    }
    assert LabTest.objects.filter(pk=test.pk, laboratory=cast.squads[laboratory]).exists()


def _task(cast: Cast, made: Street, target: Target, dispatcher: User, lead: list[User]) -> None:
    """A handling task of the street's own team; an auxiliary may do it."""
    squad = lead[0].assignments.get().squad
    assert squad is not None
    spot = Target.objects.create(street_id=target.street_id, kind="place", name="演示·巷口", address="演示巷口")
    case, need = planned_case(cast, target=spot, functions=["fire"])
    orders.need_take_out(actor=cast.act(dispatcher), need_id=need.pk, reason="演示")
    order = orders.task_open(actor=cast.act(dispatcher), case_id=case.pk, squad_id=squad.pk, note="演示·清理")
    made.rows["task part"] = order.parts.get().pk


def _looked_on(cast: Cast, made: Street, target: Target) -> None:
    closed = Feedback.objects.create(
        case=made.case,
        complaint=made.complaint,
        contacted=True,
        solved=False,
        satisfied=1,
        at=timezone.now(),
        rework="asked",
    )
    run = ImportRun.objects.create(street_id=target.street_id, file_name="a.csv", path="/nowhere")
    file = PartyRun.objects.create(street_id=target.street_id, file_name="p.csv", path="/nowhere")
    plan = YearPlan.objects.create(
        street_id=target.street_id, file_name="y.csv", path="/nowhere", year=2027, agency=cast.agencies["market"]
    )
    made.rows |= {"rating": closed.pk, "import": run.pk, "party file": file.pk, "year plan": plan.pk}
    day = DayPlan.objects.create(street_id=target.street_id, day=timezone.localdate() + timedelta(days=1))
    made.rows["day plan"] = day.pk


def _administered(cast: Cast, made: Street, user: User, holder: User) -> None:
    """A person who has signed in before, with a role, leave to come, and somebody's certificate."""
    user.set_password("a-password-of-the-world")
    user.save(update_fields=["password"])
    ahead = timezone.localdate() + timedelta(days=30)
    made.rows |= {
        "person": user.pk,
        "role": user.assignments.get().pk,
        "certificate": holder.certificates.get().pk,
        "leave": Leave.objects.create(user=user, starts_on=ahead, ends_on=ahead).pk,
        "squad": cast.squads["market"].pk,
        "street": cast.street.pk,
        "agency": cast.agencies["market"].pk,
        "power": Power.objects.filter(agency=cast.agencies["market"]).earliest("pk").pk,
        "rota": ["squad", cast.squads["street"].pk],
        "office rota": ["office", user.assignments.get().street_id],
        "day": CalendarDay.objects.get_or_create(day=ahead, kind="holiday")[0].pk,
        "district": cast.district.pk,
        "community": cast.grid.community_id,
        "grid": cast.grid.pk,
        "category": cast.categories["05-10"].pk,
        "item": cast.items["ST-02"].pk,
        "basis": ItemBasis.objects.get_or_create(item=cast.items["ST-02"], text="演示·法", starts_on=ahead)[0].pk,
        "rule": DeadlineRule.objects.earliest("pk").pk,
    }
    Setting.objects.get_or_create(key="returns_at_most", street=None, defaults={"value": 2})
