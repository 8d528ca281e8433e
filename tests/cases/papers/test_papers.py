"""Numbers of papers, and masks that are proposed for the office's brief."""

import string
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.papers import (
    DEFAULT_PATTERN,
    MaskedSpan,
    MaskKind,
    address_of_building,
    apply_masks,
    check_pattern,
    format_number,
    mask_phone,
    mask_text,
)


def masked(text: str) -> str:
    return apply_masks(text, mask_text(text))


def kinds(text: str) -> list[tuple[MaskKind, str]]:
    return [(span.kind, span.text) for span in mask_text(text)]


def test_a_number_in_the_usual_form() -> None:
    number = format_number(DEFAULT_PATTERN, agency="迎庙综执", kind="责改", year=2026, serial=1)
    assert number == "（并）迎庙综执责改字〔2026〕第001号"
    assert format_number(DEFAULT_PATTERN, agency="甲", kind="乙", year=2026, serial=1234).endswith("第1234号")


@pytest.mark.parametrize(
    ("pattern", "faults"),
    [
        ("{agency}{kind}{year}", {"pattern_lacks_serial"}),
        ("第1号", {f"pattern_lacks_{name}" for name in ("agency", "kind", "year", "serial")}),
        ("{agency}{kind}{year}{serial}{officer}", {"pattern_unknown_field"}),
        ("{agency.__class__}{kind}{year}{serial}", {"pattern_lacks_agency", "pattern_unknown_field"}),
        ("{agency}{kind}{year}{serial}}", {"pattern_unknown_field"}),
        (DEFAULT_PATTERN, set()),
    ],
)
def test_patterns_are_checked(pattern: str, faults: set[str]) -> None:
    assert set(check_pattern(pattern)) == faults
    if faults:
        with pytest.raises(ValueError, match="pattern"):
            format_number(pattern, agency="甲", kind="乙", year=2026, serial=1)


def test_serials_begin_at_one() -> None:
    with pytest.raises(ValueError, match="1"):
        format_number(DEFAULT_PATTERN, agency="甲", kind="乙", year=2026, serial=0)


words = st.text(string.ascii_letters + "甲乙丙{}", min_size=1, max_size=4)
papers = st.tuples(words, words, st.integers(2020, 2040), st.integers(1, 2000))


@given(papers, st.integers(2020, 2040), st.integers(1, 2000))
def test_two_papers_of_one_agency_and_kind_never_share_a_number(
    paper: tuple[str, str, int, int], year: int, serial: int
) -> None:
    agency, kind, first_year, first = paper
    one = format_number(DEFAULT_PATTERN, agency=agency, kind=kind, year=first_year, serial=first)
    two = format_number(DEFAULT_PATTERN, agency=agency, kind=kind, year=year, serial=serial)
    assert (one == two) == ((first_year, first) == (year, serial))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("电话13800000001，谢谢", "电话138****0001，谢谢"),
        ("手机 138 0000 0001", "手机 138****0001"),
        ("+86-13800000001", "138****0001"),
        ("座机0351-1234567", "座机0351-****567"),
        ("拨打1234567无人接", "拨打****567无人接"),
        ("身份证11010519491231002X。", "身份证110***********X。"),
        ("微信号demo_123", "微信号***"),
        ("邮箱 demo@example.org", "邮箱 ***@***"),
        ("晋A·12345停在门口", "晋A*****停在门口"),
        ("金桥小区3号楼2单元501室", "金桥小区*号楼*单元*室"),
        ("7栋1605业主", "7栋1605业主".replace("7栋1605", "*栋*")),
        ("二单元漏油", "*单元漏油"),
        ("住1-2-301", "住*-*-*"),
        ("I live in flat 302, above it", "I live in flat *, above it"),
        ("Room 1204B and unit 5", "Room * and unit *"),
        ("Apt. No. 3-201, apartment #12", "Apt. No. *, apartment #*"),
        ("a flat roof, a room of 30 square metres", "a flat roof, a room of 30 square metres"),
        ("王女士来电", "某女士来电"),
        ("市民欧阳女士来电", "市民某女士来电"),
        ("联系李小明先生", "联系某先生"),
        ("投诉人：王小明，来电", "投诉人：某某，来电"),
        ("老板张某不听劝", "老板某人不听劝"),
    ],
)
def test_what_is_masked(text: str, expected: str) -> None:
    assert masked(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "每晚10点至23点，持续30分钟",
        "工单20260101000123",
        "3号楼底商的烧烤店油烟大",
        "门口12米处占道经营",
        "2026年7月1日晚上",
        "罚款3000元",
        "迎泽大街120号",
        "女士内衣店占道",
        "138****0001",
        "",
    ],
)
def test_what_is_left_alone(text: str) -> None:
    assert kinds(text) == []


def test_what_carries_its_own_proof_is_sure() -> None:
    proven, unproven = mask_text("11010519491231002X 110105194912310021")
    assert (proven.sure, unproven.sure) == (True, False)
    (plate,) = mask_text("晋A12345")
    assert not plate.sure


def test_only_confirmed_masks_are_applied() -> None:
    text = "王女士，电话13800000001"
    name, phone = mask_text(text)
    assert apply_masks(text, [phone]) == "王女士，电话138****0001"
    assert apply_masks(text, [phone, name]) == "某女士，电话138****0001"
    with pytest.raises(ValueError, match="not of this text"):
        apply_masks("another text altogether", [phone])
    with pytest.raises(ValueError, match="not of this text"):
        apply_masks(text, [name, MaskedSpan(0, 2, MaskKind.NAME, "王女", "某", True)])


@pytest.mark.parametrize(
    ("phone", "shown"),
    [
        ("13800000001", "138****0001"),
        ("+86 138 0000 0001", "138****0001"),
        ("0351-1234567", "0351-****567"),
        ("010-12345678", "010-****678"),
        ("1234567", "****567"),
        ("123", "***"),
        ("", "***"),
    ],
)
def test_masking_a_phone(phone: str, shown: str) -> None:
    assert mask_phone(phone) == shown


pieces = st.lists(
    st.sampled_from(
        ["王女士", "13800000001", "3号楼2单元501室", "，", "油烟大", "晋A12345", "0351-1234567", "张某某", " ", "7"]
    ),
    max_size=12,
).map("".join)


@given(st.one_of(pieces, st.text("王李号楼室单元栋某女士晋A0135789-@ ，", max_size=60)))
def test_spans_are_in_order_and_of_the_text(text: str) -> None:
    spans = mask_text(text)
    for one, two in pairwise(spans):
        assert one.end <= two.start
    for span in spans:
        assert text[span.start : span.end] == span.text
    assert len(apply_masks(text, [])) == len(text)


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), st.sampled_from(["电话", "，", "我的手机是", " ", "找"]))
def test_no_mobile_number_survives(phone: str, before: str) -> None:
    assert phone not in masked(f"{before}{phone}，请回电")
    assert phone[3:7] not in mask_phone(phone)[3:7]


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("演示里3号楼2单元1203室", "演示里3号楼"),
        ("演示里3号楼2单元1203室楼下", "演示里3号楼楼下"),
        ("演示里2单元501", "演示里"),
        ("演示小区3-2-1203门前", "演示小区门前"),
        ("演示路与演示街路口往东50米", "演示路与演示街路口往东50米"),
        ("演示路1号", "演示路1号"),
        ("演示路1号 电话13955557777", "演示路1号 电话139****7777"),
        ("", ""),
    ],
)
def test_an_address_goes_down_to_the_building(address: str, shown: str) -> None:
    assert address_of_building(address) == shown
