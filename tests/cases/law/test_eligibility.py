"""Two officers with valid certificates for every agency whose items are checked."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.law import Certificate, OfficerFacts, OfficerKind, counts_for, eligible

TODAY = date(2026, 7, 1)


def certificate(
    agency: str = "market",
    *,
    since: date = date(2025, 1, 1),
    until: date = date(2027, 1, 1),
    revoked: bool = False,
) -> Certificate:
    return Certificate("demo-1", agency, since, until, revoked)


def officer(
    number: int,
    agency: str = "market",
    kind: OfficerKind = OfficerKind.OFFICER,
    *certificates: Certificate,
    recused: bool = False,
) -> OfficerFacts:
    return OfficerFacts(number, agency, kind, certificates or (certificate(agency),), recused)


def test_two_per_agency_are_enough() -> None:
    team = [officer(1), officer(2), officer(3, "fire"), officer(4, "fire")]
    assert eligible(team, ["market", "fire"], TODAY) == []


def test_every_agency_needs_its_own_two() -> None:
    team = [officer(1), officer(2), officer(3), officer(4, "fire")]
    (short,) = eligible(team, ["market", "fire"], TODAY)
    assert (short.agency, short.have, short.needed) == ("fire", 1, 2)
    assert short.notes[0].as_dict() == {
        "code": "officers_missing",
        "params": {"agency": "fire", "have": 1, "needed": 2},
    }


@pytest.mark.parametrize(
    ("person", "code"),
    [
        (officer(9, "market", OfficerKind.AUXILIARY), "officer_is_auxiliary"),
        (officer(9, "market", OfficerKind.GRID_WORKER), "officer_is_grid_worker"),
        (officer(9, "market", OfficerKind.LABORATORY), "officer_is_laboratory"),
        (officer(9, "market", OfficerKind.OFFICER, recused=True), "officer_recused"),
        (OfficerFacts(9, "market", OfficerKind.OFFICER), "certificate_missing"),
        (officer(9, "market", OfficerKind.OFFICER, certificate("fire")), "certificate_missing"),
        (
            officer(9, "market", OfficerKind.OFFICER, certificate(until=date(2026, 6, 30))),
            "certificate_expired",
        ),
        (
            officer(9, "market", OfficerKind.OFFICER, certificate(since=date(2026, 7, 2))),
            "certificate_not_yet_valid",
        ),
        (officer(9, "market", OfficerKind.OFFICER, certificate(revoked=True)), "certificate_revoked"),
    ],
)
def test_who_never_counts(person: OfficerFacts, code: str) -> None:
    (short,) = eligible([officer(1), person], ["market"], TODAY)
    assert short.have == 1
    assert [note.code for note in short.notes] == ["officers_missing", code]
    assert short.notes[1].params["officer"] == 9
    assert eligible([officer(1), officer(2), person], ["market"], TODAY) == []


def test_a_certificate_is_valid_on_both_its_days() -> None:
    day = officer(1, "market", OfficerKind.OFFICER, certificate(since=TODAY, until=TODAY))
    assert counts_for(day, "market", TODAY) is None
    renewed = officer(2, "market", OfficerKind.OFFICER, certificate(until=date(2026, 1, 1)), certificate(since=TODAY))
    assert counts_for(renewed, "market", TODAY) is None


def test_one_person_listed_twice_is_one_officer() -> None:
    assert eligible([officer(1), officer(1)], ["market"], TODAY)[0].have == 1
    note = counts_for(officer(1), "fire", TODAY)
    assert note is not None
    assert note.code == "officer_of_another_agency"


people = st.builds(
    OfficerFacts,
    st.integers(1, 5),
    st.sampled_from(["market", "fire"]),
    st.sampled_from(list(OfficerKind)),
    st.lists(
        st.builds(
            Certificate,
            st.just("demo"),
            st.sampled_from(["market", "fire"]),
            st.dates(date(2025, 1, 1), date(2026, 12, 31)),
            st.dates(date(2025, 1, 1), date(2026, 12, 31)),
            st.booleans(),
        ),
        max_size=2,
    ).map(tuple),
    st.booleans(),
)


@given(st.lists(people, max_size=8), people)
def test_one_more_person_never_hurts(team: list[OfficerFacts], extra: OfficerFacts) -> None:
    def have(members: list[OfficerFacts]) -> dict[str, int]:
        return {short.agency: short.have for short in eligible(members, ["market", "fire"], TODAY)}

    before, after = have(team), have([*team, extra])
    assert set(after) <= set(before)
    assert all(after[agency] >= before[agency] for agency in after)
    for short in eligible(team, ["market", "fire"], TODAY):
        counting = {p.id for p in team if counts_for(p, short.agency, TODAY) is None}
        assert len(counting) == short.have < short.needed
