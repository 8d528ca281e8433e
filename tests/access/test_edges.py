"""Rules that a second rule behind them would hide: each is asked where it alone says no."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from cases import policies
from cases.models import Likeness
from cases.selectors import searching
from cases.services import erasure, findings, followups, identity, intake, merging, parties, rulings, staffing, visits
from cases.services import triage as triage_
from dispatch.notify.selectors import messages, stuck
from dispatch.notify.webhooks.selectors import webhooks_visible_to
from dispatch.web import sessions, tokens
from teams.models import Leave, Role
from teams.policies import SYSTEM, Actor, Grant
from teams.selectors import actor_of
from teams.selectors.history import history_page
from teams.services import invitations, leaves, people, roles
from tests.access.world import World
from tests.cast import refused

Act = Callable[[World, Actor], Any]

ON_SCENE: dict[str, Act] = {
    "finding": lambda world, who: findings.finding_add(
        actor=who, part_id=world.own.rows["lead part"], text="演示·又一处"
    ),
    "answer": lambda world, who: visits.answer_submit(
        actor=who, part_item_id=world.own.rows["lead item"], result="conforms"
    ),
    "finish": lambda world, who: visits.part_finish(actor=who, part_id=world.own.rows["lead part"]),
    "close": lambda world, who: followups.visit_close(actor=who, visit_id=_visit(world), outcome="done"),
    "sign": lambda world, who: visits.record_sign(actor=who, visit_id=_visit(world), agrees=False),
}
SAMPLE: Act = lambda world, who: visits.lab_commission(  # noqa: E731
    actor=who, part_item_id=world.own.rows["joint item"], laboratory_id=world.cast.squads["laboratory"].pk
)
RULING: Act = lambda world, who: followups.ruling_issue(  # noqa: E731
    actor=who, finding_id=world.own.rows["finding"], outcome="caution_card", reason="演示"
)


def _visit(world: World) -> int:
    return world.own.order.visits.get().pk


@pytest.mark.parametrize("act", [*ON_SCENE.values(), RULING], ids=[*ON_SCENE, "ruling"])
def test_who_stood_there_and_lost_the_role(act: Act, taken_back: World) -> None:
    with refused("not_allowed", status=403):
        act(taken_back, Actor(taken_back.cast.leader.pk))


def test_a_certificate_counts_with_the_role_alone(taken_back: World) -> None:
    cast = taken_back.cast
    assert rulings._certificate(actor_of(cast.leader), cast.agencies["street"])
    with refused("certificate_needed", status=403):
        rulings._certificate(Actor(cast.leader.pk), cast.agencies["street"])


def test_who_took_a_sample_and_lost_the_role(taken_back: World) -> None:
    with refused("not_allowed", status=403):
        SAMPLE(taken_back, Actor(taken_back.cast.urban_officers[0].pk))


@pytest.mark.parametrize("act", ON_SCENE.values(), ids=ON_SCENE)
def test_a_colleague_who_did_not_come(act: Act, taken_back: World) -> None:
    with refused("not_on_the_visit", status=403):
        act(taken_back, actor_of(taken_back.cast.street_officers[1]))


def test_a_colleague_of_the_joint_squad_who_did_not_come(taken_back: World) -> None:
    cast = taken_back.cast
    absent = Actor(cast.auditor.pk, actor_of(cast.urban_officers[0]).grants)  # the officer's roles, another person
    with refused("not_on_the_visit", status=403):
        SAMPLE(taken_back, absent)


@pytest.mark.parametrize("name", ["close", "sign"])
def test_a_joint_squad_is_not_the_lead(name: str, taken_back: World) -> None:
    with refused("not_lead", status=403):
        ON_SCENE[name](taken_back, actor_of(taken_back.cast.urban_officers[0]))


@pytest.mark.parametrize(("name", "code"), [("close", "parts_open"), ("sign", "opinion_needed")])
def test_the_system_is_no_squad_and_meets_the_next_rule(name: str, code: str, taken_back: World) -> None:
    with refused(code):
        ON_SCENE[name](taken_back, SYSTEM)


def test_the_system_rules_on_nothing(taken_back: World) -> None:
    with refused("not_allowed", status=403):
        RULING(taken_back, SYSTEM)


def test_a_caller_joins_a_case_of_the_own_street_alone(taken_back: World) -> None:
    world = taken_back
    with refused("not_allowed"):
        intake.complaint_take(
            actor=actor_of(world.cast.dispatcher),
            street_id=world.cast.street.pk,
            text="演示·又来电",
            join_case_id=world.other.case.pk,
        )


def test_parties_of_two_streets_are_merged_by_nobody_of_one(taken_back: World) -> None:
    own, other = taken_back.cast.target.pk, taken_back.cast.foreign_target.pk
    for one, two in ((own, other), (other, own)):
        with refused("not_allowed"):
            merging.parties_merge(
                actor=actor_of(taken_back.cast.dispatcher), survivor_id=one, absorbed_id=two, reason="演示"
            )


def test_a_pair_of_another_street_is_decided_there(taken_back: World) -> None:
    first, second = sorted((taken_back.cast.target, taken_back.cast.supermarket), key=lambda row: row.pk)
    Likeness.objects.create(first=first, second=second, street_id=first.street_id, score=90, found_at=timezone.now())
    with refused("not_allowed"):
        parties.different_mark(
            actor=actor_of(taken_back.cast.outsider), first_id=first.pk, second_id=second.pk, different=True
        )


def test_a_decision_about_a_known_party_is_the_street_s(taken_back: World) -> None:
    rows = taken_back.own.rows
    with refused("not_allowed"):
        triage_.case_triage(
            actor=actor_of(taken_back.cast.outsider),
            case_id=rows["case"],
            disposition="inspection",
            target_id=rows["party"],
        )


OTHERS_DECISION: dict[str, tuple[str, dict[str, Any]]] = {
    "a party of the own street": ("inspection", {"target_id": "party"}),
    "no visit": ("answered", {"reply": "演示·答复"}),
}


@pytest.mark.parametrize("name", OTHERS_DECISION)
def test_what_becomes_of_a_case_is_said_on_its_street(name: str, taken_back: World) -> None:
    """Before the party that was named is looked at, and where none is."""
    disposition, more = OTHERS_DECISION[name]
    with refused("not_allowed", status=403):
        triage_.case_triage(
            actor=actor_of(taken_back.cast.outsider),
            case_id=taken_back.own.rows["case"],
            disposition=disposition,
            **{key: taken_back.other.rows.get(value, value) for key, value in more.items()},
        )


def test_complainants_words_are_found_at_the_desk_of_their_street(taken_back: World) -> None:
    """Not by who has a desk elsewhere and sees the case because a squad was called."""
    world = taken_back
    grants = (*actor_of(world.cast.outsider).grants, *actor_of(world.people["joint"]).grants)
    both = Actor(world.cast.outsider.pk, grants)
    found = [[hit.case for hit in searching.find(both, words).cases.rows] for words in (
        world.own.case.reference, world.own.signs.words, world.other.signs.words
    )]  # fmt: skip
    assert found == [[world.own.case], [], [world.other.case]]


def test_a_closed_account_holds_no_role(taken_back: World) -> None:
    person = taken_back.cast.head
    assert actor_of(person).grants
    person.is_active = False
    assert actor_of(person).grants == ()
    person.is_active = True


def test_a_person_is_found_on_own_streets_alone(taken_back: World) -> None:
    world = taken_back
    own, elsewhere = actor_of(world.cast.head), actor_of(world.cast.outsider_head)
    reference, phone = world.own.complaint.reference, world.own.signs.phone
    for actor, found in ((own, [world.own.complaint]), (elsewhere, [])):
        assert erasure.person_find(actor=actor, text=reference, right="identity.export") == found
        assert erasure.person_find(actor=actor, text=phone, right="identity.export") == found
        assert len(identity.identity_search(actor=actor, phone=phone)) == len(found)
    ids = [world.own.complaint.pk]
    held = erasure.identity_export(actor=own, complaint_ids=ids, purpose="request")
    assert [one.contact["phone"] for one in held] == [phone]
    with refused("nothing_chosen"):
        erasure.identity_export(actor=elsewhere, complaint_ids=ids, purpose="request")


@pytest.mark.parametrize("who", ["checker", "dispatcher"])
def test_the_right_counts_where_persons_are_found(who: str, taken_back: World) -> None:
    """A street of the own office is not enough."""
    actor = actor_of(taken_back.people[who])
    with refused("not_allowed"):
        erasure.person_find(actor=actor, text=taken_back.own.complaint.reference, right="identity.export")
    with refused("not_allowed"):
        erasure.person_find(actor=actor, text=taken_back.own.complaint.reference, right="identity.erase")


@pytest.mark.parametrize("right", ["identity.export", "identity.erase"])
def test_nobody_without_an_account_looks_for_persons(right: str, taken_back: World) -> None:
    """Who looked stands written: so there must be somebody."""
    world = taken_back
    for nobody in (SYSTEM, Actor(None, (*actor_of(world.cast.head).grants, Grant(Role.SECURITY_ADMIN)))):
        with refused("not_allowed", status=403):
            erasure.person_find(actor=nobody, text=world.own.complaint.reference, right=right)
        with refused("not_allowed", status=403):
            identity.identity_search(actor=nobody, phone=world.own.signs.phone)


def test_the_table_of_rights_is_asked_and_not_the_office(taken_back: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every role of an office reads contacts and complainants' words today: taken from one, it counts at once."""
    world, dispatcher = taken_back, actor_of(taken_back.cast.dispatcher)
    words = world.own.signs.words
    assert searching.find(dispatcher, words).cases.rows
    of_heads = dict.fromkeys(("identity.reveal", "complaint.line"), policies.RIGHTS["identity.export"])
    monkeypatch.setattr(policies, "RIGHTS", {**policies.RIGHTS, **of_heads})
    with refused("not_allowed", status=403):
        identity.identity_search(actor=dispatcher, phone=world.own.signs.phone)
    assert not searching.find(dispatcher, words).cases.rows


ON_ONESELF: dict[str, Callable[[Actor, int], Any]] = {
    "close": lambda who, pk: people.account_close(actor=who, user_id=pk, reason="演示"),
    "reopen": lambda who, pk: people.account_reopen(actor=who, user_id=pk, reason="演示"),
    "reset": lambda who, pk: people.sign_in_reset(actor=who, user_id=pk, reason="演示"),
    "sessions": lambda who, pk: sessions.sessions_end_all(actor=who, user_id=pk, reason="演示"),
    "close with the work": lambda who, pk: staffing.person_close(actor=who, user_id=pk, reason=""),
    "invite": lambda who, pk: invitations.invitation_make(actor=who, user_id=pk),
    "grant": lambda who, pk: roles.role_grant(
        actor=who, user_id=pk, role="auditor", starts_on=timezone.localdate(), reason="演示"
    ),
}


LISTS: dict[str, Callable[[Actor], Any]] = {
    "tokens": tokens.tokens_visible_to,
    "webhooks": webhooks_visible_to,
    "messages": lambda who: messages(who, language="en"),
    "stuck": stuck,
    "history": history_page,
    "closing an account": lambda who: staffing.person_close(actor=who, user_id=0, reason=""),
}
"""What asks before it looks for anything, whatever the page before it asked."""


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("who", ["dispatcher", "leader", "nobody"])
def test_lists_of_the_administration_ask_themselves(name: str, who: str, world: World) -> None:
    with refused("not_allowed", status=403):
        LISTS[name](actor_of(world.people[who]))


@pytest.mark.parametrize("act", ON_ONESELF.values(), ids=ON_ONESELF)
def test_nobody_administers_the_own_account(act: Callable[[Actor, int], Any], taken_back: World) -> None:
    maker, granter = taken_back.cast.system_admin, taken_back.people["security_admin"]
    both = Actor(maker.pk, (*actor_of(maker).grants, *actor_of(granter).grants))
    with refused("not_oneself", status=403):
        act(both, maker.pk)


def test_nobody_ends_the_own_role(taken_back: World) -> None:
    granter = taken_back.people["security_admin"]
    with refused("not_oneself"):
        roles.role_end(
            actor=actor_of(granter),
            assignment_id=granter.assignments.get().pk,
            last_day=timezone.localdate(),
            reason="演示",
        )


def test_a_head_stands_in_for_nobody_by_the_own_word(taken_back: World) -> None:
    cast, day = taken_back.cast, timezone.localdate() + timedelta(days=3)
    with refused("not_oneself"):
        leaves.leave_add(
            actor=actor_of(cast.head), user_id=cast.checker.pk, starts_on=day, ends_on=day, substitute_id=cast.head.pk
        )


def test_who_only_records_leave_names_no_substitute(taken_back: World) -> None:
    cast, day = taken_back.cast, timezone.localdate() + timedelta(days=3)
    records = actor_of(cast.system_admin)
    with refused("not_allowed"):
        leaves.leave_add(
            actor=records, user_id=cast.checker.pk, starts_on=day, ends_on=day, substitute_id=cast.dispatcher.pk
        )
    plain = leaves.leave_add(actor=records, user_id=cast.checker.pk, starts_on=day, ends_on=day)
    leaves.leave_end(actor=records, leave_id=plain.pk, last_day=timezone.localdate())
    stood_in = Leave.objects.create(user=cast.checker, substitute=cast.dispatcher, starts_on=day, ends_on=day)
    with refused("not_allowed"):
        leaves.leave_end(actor=records, leave_id=stood_in.pk, last_day=timezone.localdate())
    leaves.leave_end(actor=actor_of(cast.head), leave_id=stood_in.pk, last_day=timezone.localdate())
