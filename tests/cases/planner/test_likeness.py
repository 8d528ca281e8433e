"""Parties and repeats: suggested with reasons, fast enough for a screen. Names are made up for these tests."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.planner.likeness import (
    CaseFacts,
    Hit,
    PartyFacts,
    Place,
    address_likeness,
    core_name,
    distance_m,
    name_likeness,
    score_parties,
    score_repeats,
)

NOW = datetime(2026, 7, 1, 20, tzinfo=ZoneInfo("Asia/Shanghai"))
DAY = timedelta(days=1)
HERE = (37.8600, 112.5600)
NEXT_DOOR = (37.8601, 112.5600)
FAR = (37.9000, 112.5600)
TEXT = "楼下演示一香烧烤店每晚油烟直排，噪音到凌晨一点"


def codes(hit: Hit) -> list[str]:
    return [note.code for note in hit.notes]


@pytest.mark.parametrize(
    ("name", "core"),
    [
        ("太原市迎泽区演示一香烧烤店", "演示一香"),
        ("样例味道餐饮管理有限公司", "样例味道"),
        ("样例邻居超市（演示店）", "样例邻居"),
        ("烧烤店", "烧烤店"),
        ("", ""),
    ],
)
def test_what_sets_a_name_apart(name: str, core: str) -> None:
    assert core_name(name) == core


@pytest.mark.parametrize(
    ("name", "text", "low", "high"),
    [
        ("演示一香烧烤店", TEXT, 1.0, 1.0),
        ("掩示一香烧烤店", TEXT, 0.7, 0.8),  # one character heard wrong
        ("掩饰一香烧烤店", TEXT, 0.0, 0.0),  # two of four are another name
        ("演示 一香", TEXT, 1.0, 1.0),
        ("样例一香烧烤店", TEXT, 0.0, 0.0),
        ("烧烤店", TEXT, 0.4, 0.4),  # a trade is no name
        ("一香", "其说一香", 1.0, 1.0),
        ("一香烧烤", "其说一香气扑鼻", 0.6, 0.6),  # two characters may be an accident
        ("甲", "甲", 0.0, 0.0),
        ("演示一香", "", 0.0, 0.0),
    ],
)
def test_names_in_a_text(name: str, text: str, low: float, high: float) -> None:
    assert low <= name_likeness(name, text) <= high


@pytest.mark.parametrize(
    ("one", "two", "low", "high"),
    [
        ("太原市迎泽区演示大街12号", "演示大街12号", 1.0, 1.0),
        ("演示大街十二号", "演示大街12号楼下", 1.0, 1.0),
        ("演示大街一百二十号", "演示大街120号", 1.0, 1.0),
        ("演示大街12号", "演示大街98号", 0.3, 0.3),
        ("演示大街12号", "演示大街", 0.5, 0.5),
        ("演示北路12号", "演示南路12号", 0.0, 0.0),
        ("样例广场停车场", "样例广场停车场东侧", 0.9, 0.9),
        ("样例广场", "演示公园", 0.0, 0.0),
        ("", "演示公园", 0.0, 0.0),
    ],
)
def test_addresses(one: str, two: str, low: float, high: float) -> None:
    assert low <= address_likeness(one, two) <= high
    assert address_likeness(one, two) == address_likeness(two, one)


def test_distance() -> None:
    assert distance_m(HERE, HERE) == 0
    assert 11 < distance_m(HERE, NEXT_DOOR) < 11.3
    assert 4_400 < distance_m(HERE, FAR) < 4_500


def test_a_party_by_name_address_and_distance() -> None:
    parties = [
        PartyFacts(1, "演示一香烧烤店", (), "演示大街12号", HERE, NOW - 5 * DAY),
        PartyFacts(2, "掩示一香烧烤店", (), "演示大街98号", FAR),
        PartyFacts(3, "样例面馆", ("演示一香",), "", None),
        PartyFacts(4, "样例超市", (), "演示大街12号", NEXT_DOOR),
        PartyFacts(5, "无关商行", (), "别处街1号", FAR, NOW - DAY),
    ]
    hits = score_parties(TEXT, Place("演示大街12号", HERE), parties, NOW)
    assert hits[0].id == 1
    assert set(codes(hits[0])) == {"name_in_text", "address_matches", "metres_away", "recent_case"}
    by_id = {hit.id: hit for hit in hits}
    assert codes(by_id[2]) == ["name_resembles"]
    assert by_id[3].notes[0].params["name"] == "演示一香"
    assert set(codes(by_id[4])) == {"address_matches", "metres_away"}
    assert 5 not in by_id
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def case(pk: int, text: str = TEXT, **changes: object) -> CaseFacts:
    return replace(CaseFacts(pk, text, NOW), **changes)  # type: ignore[arg-type]


def test_a_repeat_by_quoted_number() -> None:
    mine = case(1, "前次的答复不满意", number="20260701000001", quotes=("20260101000002", "20260101000009"))
    others = [
        case(2, "别的事", number="20260101000002", at=NOW - 170 * DAY),
        case(3, "别的事", quotes=("20260701000001",)),
        case(4, "别的事", quotes=("20260101000009",)),
        case(5, "别的事"),
    ]
    hits = score_repeats(mine, others)
    assert [(hit.id, codes(hit)[0]) for hit in hits] == [
        (2, "quotes_its_number"),
        (3, "quoted_by_it"),
        (4, "quotes_same_number"),
    ]
    assert all(hit.score > 0.9 for hit in hits)


def test_a_repeat_by_party_place_time_and_words() -> None:
    place = Place("演示大街12号", HERE)
    mine = case(1, target_id=7, category="05-10", place=place)
    others = [
        case(
            2, "演示一香烧烤店每晚油烟直排，请核实处理，谢谢", target_id=7, category="05-10", place=place, at=NOW - DAY
        ),
        case(3, "另一回事", target_id=7, at=NOW - 2 * DAY),
        case(4, "另一回事", target_id=7, at=NOW - 90 * DAY),
        case(5, "另一回事", target_id=8, category="05-10"),
        case(6, "另一回事", place=Place("", NEXT_DOOR)),
        case(1, target_id=7),
    ]
    hits = score_repeats(mine, others)
    assert [hit.id for hit in hits] == [2, 3, 6]  # far off in time, or only of the same kind: no repeat
    assert {"same_party", "same_category", "words_resemble", "address_matches", "days_apart"} <= set(codes(hits[0]))
    assert hits[0].score > 0.85


def test_form_of_a_hotline_is_no_likeness() -> None:
    one = "市民来电反映：甲街灯不亮，请市政局核实处理，谢谢！（请职能局按规定在30分钟内联系市民，响应处置）"
    two = "市民来电反映：乙井盖松动，请水务局核实处理，谢谢！（请职能局按规定在30分钟内联系市民，响应处置）"
    assert score_repeats(case(1, one), [case(2, two)]) == []
    assert [hit.id for hit in score_repeats(case(1, one), [case(2, one)])] == [2]


texts = st.text("演示一香烧烤店油烟噪音夜里很大，。", max_size=40)
facts = st.builds(
    CaseFacts,
    st.integers(1, 30),
    texts,
    st.integers(0, 100).map(lambda days: NOW - days * DAY),
    st.none() | st.integers(1, 3),
    st.none() | st.sampled_from(["05-10", "05-08"]),
    st.builds(Place, st.sampled_from(["", "演示大街12号", "样例广场"]), st.sampled_from([None, HERE, NEXT_DOOR, FAR])),
)


@given(facts, st.lists(facts, max_size=8))
def test_scores_stay_in_bounds_and_notes_hold_no_words(mine: CaseFacts, others: list[CaseFacts]) -> None:
    hits = score_repeats(mine, others)
    assert mine.id not in {hit.id for hit in hits}
    for hit in hits:
        assert 0 < hit.score <= 1
        assert hit.notes
        for note in hit.notes:
            assert all(isinstance(value, int) for value in note.params.values())
    assert hits == score_repeats(mine, others)
