"""Every list and search of rows, asked directly by each role about rows of both streets: nothing stands behind it.

The pages ask the same selectors, but a page that is closed to somebody hides what its list would have shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from cases.management.sight import FIELDS
from cases.models import (
    BoardView,
    Case,
    CaseComplaint,
    Complaint,
    Event,
    Likeness,
    Need,
    NightPlan,
    Order,
    OrderNeed,
    Part,
    Target,
    YearPlan,
)
from cases.selectors import (
    board,
    boardfilters,
    cards,
    clues,
    map,
    merging,
    nightplans,
    orderlist,
    partyfile,
    planning,
    register,
    related,
    searching,
    tracking,
    worklist,
    yearplans,
)
from cases.selectors.suggestions import suggest_repeats
from cases.services import identity
from dispatch.console import frame as desk
from dispatch.field import frame as street_work
from dispatch.insights import report
from dispatch.notify.models import Message
from dispatch.notify.selectors import inbox, unread_count
from dispatch.notify.services import messages_mark_read
from dispatch.notify.webhooks.spread import READERS, seen_by
from teams.models import Role, Squad, User
from teams.policies import RESIDENT, SYSTEM, Actor, Grant
from teams.selectors import actor_of
from teams.selectors.staff import staff_page, staff_visible_to
from teams.services import duty
from tests.access.matrix import ROLES
from tests.access.test_matrix import undone
from tests.access.world import Street, World

DESK = dict(FIELDS["words"][1])
CALLED = {role: place for role, place in FIELDS["brief"][1].items() if role not in DESK}
LABORATORY = {role: place for role, place in FIELDS["order"][1].items() if role not in DESK | CALLED}
OFFICE = {"dispatcher": "own", "head": "own", "checker": "own", "dispatcher_elsewhere": "other"}
Sight = Callable[[World, Actor, Street], Any]


def target_of(street: Street) -> Target:
    return street.order.target


def like(street: Street, **more: Any) -> Likeness:
    """A pair of the street's party and a new neighbour of it."""
    other = Target.objects.create(street_id=target_of(street).street_id, kind="shop", name="演示·像它的")
    first, second = sorted((target_of(street), other), key=lambda row: row.pk)
    return Likeness.objects.create(
        first=first, second=second, street_id=first.street_id, score=90, found_at=timezone.now(), **more
    )


def repeats(world: World, actor: Actor, street: Street) -> bool:
    """Another case at the same party, of the same words: whether the street's case is offered as its repeat."""
    case = street.case
    fresh = Case.objects.create(
        reference="演示-2", street=case.street, stage="accepted", opened_at=timezone.now(), target=case.target,
        source="portal", stage_at=timezone.now(),
    )  # fmt: skip
    return case in [row.case for row in suggest_repeats(fresh, street.signs.words, actor=actor)]


def earlier(world: World, actor: Actor, street: Street) -> bool:
    fresh = Case(pk=0, street=street.case.street, opened_at=timezone.now())
    return street.case in [row.case for row in clues.earlier_cases(fresh, actor=actor, target_id=target_of(street).pk)]


def waiting(world: World, actor: Actor, street: Street) -> bool:
    Case.objects.filter(pk=street.case.pk).update(stage="accepted")
    return street.case.pk in clues.waiting_ids(actor, size=50)


def needs_waiting(world: World, actor: Actor, street: Street) -> bool:
    Need.objects.filter(target=target_of(street)).update(state="open")
    return target_of(street) in [plan.target for plan in planning.open_needs(actor)]


def to_approve(world: World, actor: Actor, street: Street) -> bool:
    Order.objects.filter(pk=street.order.pk).update(state="to_approve")
    return planning.to_approve_count(actor) == 1


def address_of(street: Street) -> str:
    """One that only the case has."""
    Case.objects.filter(pk=street.case.pk).update(address="演示里弄七号")
    return "演示里弄七号"


def night(street: Street) -> NightPlan:
    """A night's run on a day that has none of another street."""
    day = timezone.localdate() - timedelta(days=street.case.street_id % 2)
    return NightPlan.objects.create(
        street=street.case.street, day=day, rule="riding", state="done", created_at=timezone.now()
    )


def file_of(name: str) -> Sight:
    return lambda world, actor, street: bool(getattr(partyfile.party_file(target_of(street), actor), name))


def near(world: World, actor: Actor, street: Street) -> bool:
    """From a case close by."""
    place = target_of(street)
    case = Case(pk=0, street=street.case.street, lat=place.lat, lng=place.lng, opened_at=timezone.now())
    return street.case in related.near_cases(case, actor)


def around(world: World, actor: Actor, street: Street) -> bool:
    case = Case(pk=0, street=street.case.street, target=target_of(street), opened_at=timezone.now())
    return street.case in related.related(case, actor).repeats


def options(name: str, wanted: Callable[[World, Street], int]) -> Sight:
    def sight(world: World, actor: Actor, street: Street) -> bool:
        offered = boardfilters.options_of(actor)[name]
        return str(wanted(world, street)) in [key for key, _word in offered]

    return sight


SIGHTS: Mapping[str, tuple[Sight, Mapping[str, str]]] = {
    "cases": (lambda w, a, s: Case.objects.visible_to(a).filter(pk=s.case.pk).exists(), DESK | CALLED),
    "orders": (lambda w, a, s: Order.objects.visible_to(a).filter(pk=s.order.pk).exists(), DESK | CALLED | LABORATORY),
    "needs": (
        lambda w, a, s: Need.objects.filter(planning.needs_visible(a), case=s.case).exists(),
        DESK,
    ),
    "open needs": (needs_waiting, DESK),
    "orders to approve": (to_approve, DESK | CALLED | LABORATORY),
    "parties": (lambda w, a, s: target_of(s) in register.targets_visible(a), DESK),
    "parties asked": (lambda w, a, s: target_of(s) in register.targets_asked(a, register.Asked()), DESK),
    "streets": (lambda w, a, s: s.case.street in register.streets_visible(a), DESK),
    "trades": (
        lambda w, a, s: (
            bool(Target.objects.filter(pk=target_of(s).pk).update(trade="演示业")) and "演示业" in register.trades(a)
        ),
        DESK,
    ),
    "yearly plans": (lambda w, a, s: YearPlan.objects.get(pk=s.rows["year plan"]) in yearplans.plans_visible(a), DESK),
    "nights": (lambda w, a, s: night(s) in nightplans.nights_visible(a), DESK),
    "days of nights": (lambda w, a, s: night(s).day in nightplans.nights_days(a), DESK),
    "nights of a day": (lambda w, a, s: bool(nightplans.nights_of(a, night(s).day)), DESK),
    "parties of the map": (lambda w, a, s: target_of(s) in map.parties(a), DESK),
    "board": (
        lambda w, a, s: s.case.pk in [row.pk for row in board.board_rows(actor=a, queue="all")[0].cases],
        DESK | CALLED,
    ),
    "rows again": (lambda w, a, s: bool(board.rows_again(actor=a, queue="all", ids=[s.case.pk])), DESK | CALLED),
    "a saved view": (
        lambda w, a, s: bool(
            board.queues(a, [BoardView(pk=1, queue="all", filters={"text": s.case.reference})])["view1"].count
        ),
        DESK | CALLED,
    ),
    "pairs": (lambda w, a, s: like(s) in merging.pairs_waiting(a), DESK),
    "pairs decided": (
        lambda w, a, s: like(s, different_at=timezone.now()) in merging.decided_lately(a),
        DESK,
    ),
    "party file, cases": (file_of("cases"), DESK | CALLED),
    "party file, visits": (file_of("visits"), DESK | CALLED | LABORATORY),
    "party file, findings": (file_of("findings"), DESK | CALLED | LABORATORY),
    "near": (near, DESK | CALLED),
    "of the same party": (around, DESK | CALLED),
    "repeats": (repeats, DESK | CALLED),
    "earlier": (earlier, DESK | CALLED),
    "waiting clues": (waiting, {role: place for role, place in OFFICE.items() if role != "checker"}),
    "addresses": (
        lambda w, a, s: bool(
            clues.addresses_like(actor=a, street_ids=[s.case.street_id], text=target_of(s).address[:4])
        ),
        DESK,
    ),
    "addresses of cases": (
        lambda w, a, s: bool(clues.addresses_like(actor=a, street_ids=[s.case.street_id], text=address_of(s))),
        DESK | CALLED,
    ),
    "list of orders": (lambda w, a, s: s.order in orderlist.orders_page(a)[0], DESK | CALLED | LABORATORY),
    "party file, complaints": (file_of("complaints"), DESK | CALLED),
    "search, number": (
        lambda w, a, s: s.case in [hit.case for hit in searching.find(a, s.case.reference).cases.rows],
        DESK | CALLED,
    ),
    "search, brief": (
        lambda w, a, s: s.case in [hit.case for hit in searching.find(a, s.signs.brief).cases.rows],
        DESK | CALLED,
    ),
    "search, words": (
        lambda w, a, s: s.case in [hit.case for hit in searching.find(a, s.signs.words).cases.rows],
        OFFICE,
    ),
    "search, party": (
        lambda w, a, s: target_of(s) in searching.find(a, target_of(s).name).parties.rows,
        DESK,
    ),
    "search, order": (
        lambda w, a, s: s.order in searching.find(a, s.order.number).orders.rows,
        DESK | CALLED | LABORATORY,
    ),
    "found otherwise": (lambda w, a, s: bool(searching.cases_of(a, [s.case.pk]).rows), DESK | CALLED),
    "part": (lambda w, a, s: worklist.part_of_order(a, s.order.pk) is not None, CALLED),
    "work of the day": (
        lambda w, a, s: s.order.pk in [card.order_id for card in cards.worklist(a).today],
        CALLED,
    ),
    "commissions": (lambda w, a, s: s.rows["test"] in [row.pk for row in worklist.commissions(a)], LABORATORY),
    "figures": (
        lambda w, a, s: any(row.open for row in report.ages(a, [s.case.street_id], {})),
        DESK | CALLED,
    ),
    "figures' streets": (lambda w, a, s: s.case.street in report.streets_for(a), DESK),
    "stream of the desk": (
        lambda w, a, s: f"office:{s.case.street_id}" in desk.topics_of(a),
        {role: place for role, place in DESK.items() if role != "auditor"},
    ),
}
"""Name → whether somebody is shown the street's row, and who is to be, by street. Who is not named sees none."""


def shown_to(world: World, actor: Actor, sight: Sight) -> str:
    seen = []
    for place, street in (("own", world.own), ("other", world.other)):
        with undone():
            if sight(world, actor, street):
                seen.append(place)
    return "both" if len(seen) == 2 else "".join(seen)


@pytest.mark.parametrize("name", SIGHTS)
def test_rows_are_of_who_asks(name: str, world: World) -> None:
    sight, wanted = SIGHTS[name]
    found = {}
    for role in ROLES:
        actor = actor_of(world.people[role]) if role != "anonymous" else RESIDENT
        found[role] = shown_to(world, actor, sight)
    assert {role: place for role, place in found.items() if place} == dict(wanted)


OF_THE_SYSTEM = ("cases", "orders", "needs", "parties", "streets", "yearly plans", "figures' streets")


@pytest.mark.parametrize("name", OF_THE_SYSTEM)
def test_the_system_sees_all(name: str, world: World) -> None:
    assert shown_to(world, SYSTEM, SIGHTS[name][0]) == "both"


@pytest.mark.parametrize("state", ["planned", "released"])
def test_a_squad_that_is_not_called_sees_nothing(state: str, taken_back: World) -> None:
    world = taken_back
    Part.objects.filter(pk=world.own.rows["joint part"]).update(state=state)
    actor = actor_of(world.people["joint"])
    for name in ("cases", "orders", "part", "work of the day"):
        assert not shown_to(world, actor, SIGHTS[name][0]), name


def test_a_need_that_left_the_order_takes_its_case_along(taken_back: World) -> None:
    world = taken_back
    OrderNeed.objects.filter(order=world.own.order).update(released_at=timezone.now())
    assert not shown_to(world, actor_of(world.people["leader"]), SIGHTS["cases"][0])
    assert shown_to(world, actor_of(world.people["leader"]), SIGHTS["orders"][0]) == "own"


def test_a_grid_worker_sees_what_came_of_the_own_report(taken_back: World) -> None:
    world = taken_back
    worker = world.people["grid_worker"]
    Complaint.objects.filter(pk=world.own.complaint.pk).update(taken_by=worker)
    assert CaseComplaint.objects.filter(case=world.own.case, complaint=world.own.complaint).exists()
    assert shown_to(world, actor_of(worker), SIGHTS["cases"][0]) == "own"
    assert not shown_to(world, Actor(worker.pk, (Grant(Role.OFFICER),)), SIGHTS["cases"][0]), "by the role alone"


def test_merged_and_closed_parties_are_shown_nowhere(taken_back: World) -> None:
    world = taken_back
    actor, target = actor_of(world.cast.dispatcher), target_of(world.own)
    lists: list[Callable[[], Any]] = [
        lambda: register.targets_visible(actor),
        lambda: map.parties(actor),
    ]
    assert all(target in rows() for rows in lists)
    Target.objects.filter(pk=target.pk).update(merged_into=world.cast.supermarket)
    assert not any(target in rows() for rows in lists)
    Target.objects.filter(pk=target.pk).update(merged_into=None, active=False)
    assert target not in map.parties(actor)
    Target.objects.filter(pk=target.pk).update(active=True, lat=None, lng=None)
    assert target not in map.parties(actor)


def test_filters_offer_own_streets_alone(world: World) -> None:
    cast = world.cast
    wanted = {
        "dispatcher": (True, False),
        "dispatcher_elsewhere": (False, True),
        "supervisor": (True, True),
    }
    offers: Mapping[str, tuple[int, int]] = {
        "street": (cast.street.pk, cast.other_street.pk),
        "owner": (cast.dispatcher.pk, cast.outsider.pk),
    }
    for role, expected in wanted.items():
        actor = actor_of(world.people[role])
        for name, keys in offers.items():
            offered = [key for key, _word in boardfilters.options_of(actor)[name]]
            assert tuple(str(key) in offered for key in keys) == expected, (role, name)
    squads = [key for key, _word in boardfilters.options_of(actor_of(cast.outsider))["squad"]]
    assert str(cast.squads["other"].pk) in squads
    assert str(cast.squads["street"].pk) not in squads


def test_grids_are_of_the_chosen_street_and_of_an_own_one(world: World) -> None:
    cast, own = world.cast, world.cast.street.pk
    for role, street, sees in (
        ("dispatcher", None, True),
        ("dispatcher", own, True),
        ("supervisor", None, False),
        ("supervisor", own, True),
        ("supervisor", cast.other_street.pk, False),
        ("dispatcher_elsewhere", None, False),
        ("dispatcher_elsewhere", own, False),
    ):
        rows = register.grids_visible(actor_of(world.people[role]), street)
        assert (cast.grid in rows) is sees, (role, street)
    for actor, sees in ((actor_of(cast.dispatcher), True), (actor_of(cast.outsider), False)):
        offered = boardfilters.options_of(actor, street_ids=[own])["grid"]
        assert (str(cast.grid.pk) in [key for key, _word in offered]) is sees


def test_an_owner_is_oneself_or_nobody(taken_back: World) -> None:
    world, actor, me, nobody = taken_back, actor_of(taken_back.cast.dispatcher), boardfilters.ME, boardfilters.NOBODY
    mine, free, other = Case.objects.order_by("pk")[:3]
    for case, owner in ((mine, world.cast.dispatcher), (free, None), (other, world.cast.head)):
        Case.objects.filter(pk=case.pk).update(owner=owner)
    three = Case.objects.filter(pk__in=[mine.pk, free.pk, other.pk]).order_by("pk")
    for values, found in (((me,), [mine]), ((nobody,), [free]), ((me, nobody), [mine, free])):
        assert list(three.filter(boardfilters._owner(values, actor.user_id, timezone.now()))) == found


def test_a_report_is_told_by_its_own_link_or_number(world: World) -> None:
    for street in (world.own, world.other):
        for found in (
            tracking.track(identity.token_hash(street.token)),
            tracking.track_by_phone(street.complaint.reference, street.signs.phone[-4:]),
        ):
            assert found is not None
            assert found.complaint == street.complaint
    assert tracking.track(identity.token_hash("x" * 40)) is None
    assert tracking.track_by_phone("260101-0000", world.own.signs.phone[-4:]) is None


def test_rework_is_counted_on_own_streets(world: World) -> None:
    for role, count in (("dispatcher", 1), ("supervisor", 2), ("auditor", 2), ("nobody", 0), ("uncalled", 0)):
        assert board.queues(actor_of(world.people[role]))["rework"].count == count, role
        assert board.queues(actor_of(world.people[role]))["all"].count >= count


def test_an_urgent_call_is_heard_by_officers_of_the_called_squad(taken_back: World) -> None:
    world = taken_back
    Part.objects.filter(pk=world.own.rows["lead part"]).update(state="called")
    Order.objects.filter(pk=world.own.order.pk).update(urgency="urgent", state="issued")
    heard = {role for role in ROLES if role != "anonymous" and cards.whistle_of(actor_of(world.people[role]))}
    assert heard == {"leader", "officer"}


def test_alerts_and_certificates_are_one_s_own(taken_back: World) -> None:
    world = taken_back
    worker, officer = world.people["grid_worker"], world.cast.leader
    Complaint.objects.filter(pk=world.own.complaint.pk).update(taken_by=worker, source="grid")
    Complaint.objects.filter(pk=world.other.complaint.pk).update(taken_by=world.cast.dispatcher, source="grid")
    assert worklist.alerts(actor_of(worker)) == [world.own.complaint]
    held = worklist.certificates_of(actor_of(officer))
    assert held
    assert {row.user_id for row in held} == {officer.pk}


def test_messages_are_one_s_own(taken_back: World) -> None:
    mine, another = taken_back.cast.dispatcher, taken_back.cast.head
    facts = {"text": "certificate_soon", "state": "sent", "created_at": timezone.now(), "channel": "in_app"}
    for number, user in enumerate((mine, another)):
        Message.objects.create(key=f"演示:{number}", recipient=user, **facts)
    actor = actor_of(mine)
    assert unread_count(actor) == 1
    assert len(inbox(actor, language="zh-hans")) == 1
    messages_mark_read(actor=actor)
    assert unread_count(actor) == 0
    assert unread_count(actor_of(another)) == 1


def test_another_system_hears_of_what_its_account_sees(world: World) -> None:
    """Of cases and of orders, each by itself; of nothing where the account reads neither at the desk."""
    told = {
        (name, place): list(Event.objects.filter(**{name: getattr(street, name)}))
        for name in ("case", "order")
        for place, street in (("own", world.own), ("other", world.other))
    }
    assert all(told.values())
    for role, user in people_of(world):
        reads = actor_of(user).has(*READERS)
        for (name, place), events in told.items():
            sees = reads and shown_to(world, actor_of(user), SIGHTS[f"{name}s"][0]) in (place, "both")
            assert seen_by(user, events) == (events if sees else []), (role, name, place)


def test_streams_of_the_street_are_those_of_the_own_squads(world: World) -> None:
    squads = world.cast.squads
    for role, heard in (("leader", ["street"]), ("technician", ["laboratory"]), ("nobody", [])):
        actor = actor_of(world.people[role])
        topics = [*(f"squad:{squads[name].pk}" for name in heard), f"user:{actor.user_id}"]
        assert street_work.topics_of(actor) == topics


def people_of(world: World) -> Iterator[tuple[str, User]]:
    yield from ((name, user) for name, user in world.people.items() if user is not None)


def test_staff_are_seen_by_administrators_and_their_head(world: World) -> None:
    cast = world.cast
    everybody = set(User.objects.values_list("pk", flat=True))
    seen = {role: set(staff_visible_to(actor_of(user)).values_list("pk", flat=True)) for role, user in people_of(world)}
    for role in ("system_admin", "security_admin", "auditor"):
        assert seen.pop(role) == everybody
    of_head = seen.pop("head")
    assert {cast.dispatcher.pk, cast.checker.pk, cast.leader.pk} <= of_head
    assert of_head.isdisjoint({cast.outsider.pk, cast.other_officers[0].pk, cast.lab_technician.pk})
    assert world.people["left"].pk not in of_head
    assert not any(seen.values())
    listed = staff_page(actor_of(cast.head), {}, size=500)[1]
    assert {row.person.pk for row in listed} == of_head


def test_a_rota_is_of_the_head_whose_street_alone_is_served(taken_back: World) -> None:
    cast, head = taken_back.cast, actor_of(taken_back.cast.head)
    squads = [
        Squad.objects.create(agency=cast.agencies["street"], kind="stationed", name=f"演示·{n}", short_name=f"{n}")
        for n in range(3)
    ]
    squads[1].streets.set([cast.street])
    squads[2].streets.set([cast.street, cast.other_street])
    assert [duty.may_manage(head, squad) for squad in squads] == [False, True, False]
    assert [duty.may_manage(head, street) for street in (cast.street, cast.other_street)] == [True, False]
