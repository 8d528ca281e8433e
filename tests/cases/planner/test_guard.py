"""What speaks against a visit nobody waits for."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from cases.planner.guard import Checked, Guard, Guarded, GuardRule, Past, guard

DAY = date(2026, 11, 26)
RULE = GuardRule(yearly_cap=2)
days = st.dates(date(2026, 1, 1), date(2027, 12, 31))
pasts = st.lists(st.builds(Past, days, st.sampled_from(["routine", "special", "case_led"])), max_size=5)
checks = st.lists(
    st.builds(Checked, st.integers(1, 4), days, st.booleans()), max_size=4, unique_by=lambda one: one.item
)


def asked(on: date = DAY, **changes: object) -> Guarded:
    facts: dict[str, object] = {
        "awaited": False, "kind": "routine", "undisturbed": False, "past": (), "checked": (), "rule": RULE,
    }  # fmt: skip
    return guard(on, **(facts | changes))  # type: ignore[arg-type]


def codes(found: Guarded) -> list[str]:
    return [note.code for note in found.notes]


def ago(number: int) -> date:
    return DAY - timedelta(days=number)


def test_too_soon_after_the_last_visit_is_told_and_needs_no_reason() -> None:
    found = asked(past=[Past(ago(13), "case_led"), Past(ago(40), "routine")])
    assert codes(found) == ["guard_cooling_off"]
    assert found.notes[0].params == {"visit": "2026-11-13", "days": 14, "until": "2026-11-27"}
    assert not found.needs_reason
    assert codes(asked(past=[Past(ago(14), "case_led")])) == []
    assert codes(asked(past=[Past(DAY, "routine")], rule=GuardRule(cooling_off_days=0))) == []


def test_the_yearly_cap_counts_the_kinds_that_count() -> None:
    used = [Past(ago(100), "routine"), Past(ago(200), "special"), Past(date(2025, 12, 31), "routine")]
    found = asked(past=used)
    assert codes(found) == ["guard_yearly_cap"]
    assert found.needs_reason
    assert codes(asked(past=[used[0], Past(ago(150), "case_led"), used[2]])) == []
    assert codes(asked(past=used, rule=GuardRule())) == []
    assert codes(asked(past=used, kind="case_led")) == []
    every = GuardRule(yearly_cap=2, counts=frozenset({"routine", "special", "case_led"}))
    assert codes(asked(past=[used[0], Past(ago(150), "case_led")], rule=every)) == ["guard_yearly_cap"]
    assert codes(asked(date(2027, 1, 5), past=used)) == [], "a new year"


def test_the_no_disturb_list_asks_for_a_clue() -> None:
    assert codes(asked(undisturbed=True)) == ["guard_no_disturb"]
    assert codes(asked(undisturbed=True, awaited=True)) == []
    told = GuardRule(refuses=frozenset())
    assert (codes(asked(undisturbed=True, rule=told)), asked(undisturbed=True, rule=told).needs_reason) == (
        ["guard_no_disturb"],
        False,
    )


def test_what_was_checked_counts_for_a_time_and_key_items_shorter() -> None:
    found = asked(checked=[Checked(1, ago(60)), Checked(2, ago(60), key=True), Checked(3, ago(90))], awaited=True)
    assert codes(found) == ["guard_recognised"]
    assert found.recognised == {1: ago(60)}
    assert found.notes[0].params["until"] == (ago(60) + timedelta(days=89)).isoformat()
    assert found.needs_reason


@given(days, pasts, checks, st.booleans())
def test_who_waits_is_never_held_up_by_visits_before(
    on: date, past: list[Past], checked: list[Checked], undisturbed: bool
) -> None:
    found = asked(on, past=past, checked=checked, undisturbed=undisturbed, awaited=True)
    assert set(codes(found)) <= {"guard_recognised"}
    assert set(codes(asked(on, past=past, undisturbed=undisturbed, awaited=True))) == set()


@given(days, pasts, checks, st.sets(st.sampled_from(list(Guard))))
def test_a_reason_is_asked_for_what_refuses_and_nothing_else(
    on: date, past: list[Past], checked: list[Checked], refuses: set[str]
) -> None:
    rule = GuardRule(yearly_cap=1, refuses=frozenset(refuses))
    found = asked(on, past=past, checked=checked, rule=rule)
    assert found.needs_reason == any(code.removeprefix("guard_") in refuses for code in codes(found))
