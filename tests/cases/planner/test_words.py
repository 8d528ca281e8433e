"""Categories from the catalogue's words, and what a hotline text names. The texts are made up for these tests."""

import csv
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.planner.quotes import addresses, party_names, quoted_numbers
from cases.planner.words import Lexicon, cut, score_categories

HOTLINE = Path(__file__).parents[4] / "shared/data/hotline/orders.csv"

LEXICON = Lexicon.of(
    [
        ("05-10", "露天烧烤", 2.0),
        ("05-10", "烧烤", 1.0),
        ("01-16", "油烟", 1.5),
        ("01-16", "烧烤", 0.5),
        ("05-08", "噪音", 1.0),
        ("03-01", "噪音", 0.6),
        ("03-01", "工地", 1.5),
        ("03-01", "烧烤", -1.0),
        ("05-04", "", 9.0),
    ]
)
TEXT = "市民来电反映：演示路的露天烧烤每晚油烟很大，请核实处理。"


def test_words_without_form() -> None:
    assert set(cut(TEXT)) >= {"露天", "烧烤", "油烟"}
    assert not set(cut(TEXT)) & {"市民", "反映", "请", "，", "。"}
    assert cut("") == ()
    assert cut("2026 ，。 12") == ()


def test_suggestions_come_with_their_words() -> None:
    hits = score_categories(TEXT, LEXICON)
    assert [(hit.code, hit.words) for hit in hits] == [("05-10", ("露天烧烤",)), ("01-16", ("油烟",))]
    assert 0 < hits[1].score < hits[0].score < 1
    assert score_categories(TEXT, LEXICON, limit=1) == hits[:1]
    assert score_categories("咨询养老金", LEXICON) == []


def test_a_word_may_speak_against() -> None:
    noisy = score_categories("工地噪音大", LEXICON)
    assert noisy[0].code == "03-01"
    assert "03-01" not in [hit.code for hit in score_categories("烧烤噪音大", LEXICON)]


def test_a_repeated_word_counts_once_and_an_accident_by_half() -> None:
    once, often = score_categories("有油烟", LEXICON), score_categories("油烟，油烟，油烟", LEXICON)
    assert once[0].score == often[0].score
    whole = score_categories("工地", Lexicon.of([("a", "工地", 1.0)]))
    within = score_categories("员工地址", Lexicon.of([("a", "工地", 1.0)]))
    assert within[0].score < whole[0].score


@given(st.text("露天烧烤油烟噪音工地，店", max_size=40))
def test_scores_are_ordered_and_bounded(text: str) -> None:
    hits = score_categories(text, LEXICON)
    assert all(0 < hit.score < 1 and hit.words for hit in hits)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    for hit in hits:
        assert all(word in text for word in hit.words)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("工单号20260101000123的问题", ("20260101000123",)),
        ("（20260101000123）与20260102000456，20260101000123", ("20260101000123", "20260102000456")),
        ("工单２０２６０１０１０００１２３", ("20260101000123",)),
        ("20261301000123", ()),  # no thirteenth month
        ("202601010001234", ()),
        ("电话13800000001，身份证11010519491231002X", ()),
        ("20260109000999", ()),  # its own
        ("", ()),
    ],
)
def test_quoted_numbers(text: str, numbers: tuple[str, ...]) -> None:
    assert quoted_numbers(text, own="20260109000999") == numbers


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("其在迎泽区演示大街12号吃饭", ("迎泽区演示大街12号",)),
        ("位于演示路三巷7号的店", ("演示路三巷7号",)),
        ("演示路与样例街交叉口有人摆摊", ("演示路与样例街交叉口",)),
        ("没有写地址", ()),
    ],
)
def test_addresses(text: str, found: tuple[str, ...]) -> None:
    assert addresses(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("投诉演示路12号的样例小馆烧烤店油烟大", ("样例小馆烧烤店",)),
        ("楼下有一家烧烤店扰民", ()),
        ("“样例一品”无照，“样例二品馆”也是", ("样例二品馆",)),
        ("位于样例路（样例三品超市）", ("样例三品超市",)),
    ],
)
def test_party_names(text: str, found: tuple[str, ...]) -> None:
    assert party_names(text) == found


@pytest.mark.skipif(not HOTLINE.exists(), reason="../shared/data is not here: the hotline file is not ours to copy")
def test_what_is_known_of_the_hotline_file() -> None:
    with HOTLINE.open(encoding="utf-8-sig", newline="") as file:
        texts = {row["工单编号"]: row["诉求内容"] for row in csv.DictReader(file)}
    quoted = {number: quoted_numbers(text, number) for number, text in texts.items()}
    assert len(texts) == 9_893
    assert sum(bool(found) for found in quoted.values()) == 1_747
    assert sum(any(one in texts for one in found) for found in quoted.values()) == 39
    by_absent: dict[str, set[str]] = defaultdict(set)
    for number, found in quoted.items():
        for one in found:
            if one not in texts:
                by_absent[one].add(number)
    shared = [rows for rows in by_absent.values() if len(rows) > 1]
    assert len(shared) == 37
    assert len(set().union(*shared)) == 74
