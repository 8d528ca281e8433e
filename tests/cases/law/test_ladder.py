"""First exempt, second lenient, strict after two uncorrected: proposed, with its reasons."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.law import Band, Conduct, LadderRule, Proposal, Step, Violation, propose

TODAY = date(2026, 7, 1)
GROUP = "fumes"


def earlier(
    on: date = date(2026, 3, 1), *, group: str = GROUP, confirmed: bool = True, corrected: bool = True
) -> Violation:
    return Violation(group, on, confirmed, corrected)


def codes(proposal: Proposal) -> set[str]:
    return {note.code for note in proposal.notes}


def test_first_slight_and_corrected_is_exempt() -> None:
    proposal = propose(Conduct(GROUP, TODAY, slight=True, corrected=True), [])
    assert (proposal.step, proposal.band, proposal.exempt, proposal.prior) == (
        Step.FIRST_EXEMPT,
        Band.NONE,
        True,
        0,
    )
    assert proposal.education
    assert "art. 33" in proposal.source


def test_unknown_conditions_are_asked_for_and_not_assumed() -> None:
    proposal = propose(Conduct(GROUP, TODAY), [])
    assert proposal.step is Step.FIRST_EXEMPT
    assert not proposal.exempt
    assert {"ladder_slight_unknown", "ladder_corrected_unknown"} <= codes(proposal)


@pytest.mark.parametrize(
    ("conduct", "code"),
    [
        (Conduct(GROUP, TODAY, slight=True, corrected=True, key_area=True), "ladder_key_area"),
        (Conduct(GROUP, TODAY, slight=False, corrected=True), "ladder_not_slight"),
        (Conduct(GROUP, TODAY, slight=True, corrected=False), "ladder_not_corrected"),
    ],
)
def test_a_failed_condition_excludes_exemption(conduct: Conduct, code: str) -> None:
    proposal = propose(conduct, [])
    assert proposal.step is Step.SECOND_LENIENT
    assert not proposal.exempt
    assert code in codes(proposal)


def test_second_is_lenient_and_third_is_strict() -> None:
    conduct = Conduct(GROUP, TODAY, slight=True, corrected=False)
    second = propose(conduct, [earlier()])
    assert (second.step, second.band) == (Step.SECOND_LENIENT, Band.LOW)
    third = propose(conduct, [earlier(corrected=False), earlier(date(2026, 5, 1), corrected=False)])
    assert (third.step, third.band) == (Step.STRICT, Band.UPPER)
    assert "ladder_uncorrected" in codes(third)


def test_two_corrected_and_this_one_corrected_stays_lenient() -> None:
    history = [earlier(), earlier(date(2026, 5, 1))]
    proposal = propose(Conduct(GROUP, TODAY, slight=True, corrected=True), history)
    assert proposal.step is Step.SECOND_LENIENT
    assert "ladder_always_corrected" in codes(proposal)
    assert propose(Conduct(GROUP, TODAY), history).step is Step.STRICT


@pytest.mark.parametrize(
    "violation",
    [
        earlier(date(2024, 6, 30)),  # a day before the window
        earlier(TODAY),  # not earlier
        earlier(confirmed=False),
        earlier(group="signs"),
    ],
)
def test_what_does_not_count(violation: Violation) -> None:
    assert propose(Conduct(GROUP, TODAY), [violation]).prior == 0


def test_the_window_begins_on_its_first_day() -> None:
    assert propose(Conduct(GROUP, TODAY), [earlier(date(2024, 7, 1))]).prior == 1
    leap = Conduct(GROUP, date(2028, 2, 29))
    assert propose(leap, [earlier(date(2026, 2, 28))]).prior == 1
    assert propose(Conduct(GROUP, TODAY), [earlier(date(2025, 6, 1))], LadderRule(look_back_years=1)).prior == 0


def test_a_rule_out_of_order_is_refused() -> None:
    with pytest.raises(ValueError, match="order"):
        LadderRule(lenient_after=2, strict_after=2)


violations = st.builds(
    Violation,
    st.sampled_from([GROUP, "signs"]),
    st.dates(date(2023, 1, 1), date(2026, 12, 31)),
    st.booleans(),
    st.booleans(),
)
conducts = st.builds(
    Conduct,
    st.just(GROUP),
    st.just(TODAY),
    st.sampled_from([True, False, None]),
    st.sampled_from([True, False, None]),
    st.booleans(),
    st.booleans(),
)


@given(conducts, st.lists(violations, max_size=6), violations)
def test_more_history_is_never_milder_when_uncorrected(
    conduct: Conduct, history: list[Violation], extra: Violation
) -> None:
    order = [Step.FIRST_EXEMPT, Step.SECOND_LENIENT, Step.STRICT]
    added = Violation(extra.clause_group, extra.on, extra.confirmed, False)
    before, after = propose(conduct, history), propose(conduct, [*history, added])
    assert order.index(after.step) >= order.index(before.step)
    assert after.exempt <= before.exempt


@given(conducts, st.lists(violations, max_size=6))
def test_exemption_needs_every_condition(conduct: Conduct, history: list[Violation]) -> None:
    proposal = propose(conduct, history)
    if proposal.exempt:
        assert proposal.prior == 0
        assert conduct.slight
        assert conduct.corrected
        assert not conduct.key_area
    assert (proposal.band is Band.NONE) == (proposal.step is Step.FIRST_EXEMPT)
    assert proposal.education
    assert propose(conduct, reversed(history)) == proposal
