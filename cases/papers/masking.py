"""What a complaint's words say about people, proposed for masking in the office's brief.

A proposal only: a person confirms it. It errs on the side of masking; `sure` marks what carries its own proof
(a check digit, a label, a fixed form). Squads see the brief, never the raw text.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum


class MaskKind(StrEnum):
    IDENTITY = "identity"
    CARD = "card"
    PHONE = "phone"
    ACCOUNT = "account"  # e-mail, WeChat, QQ
    PLATE = "plate"
    FLAT = "flat"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class MaskedSpan:
    """`text[start:end]` of the original and what would stand in its place."""

    start: int
    end: int
    kind: MaskKind
    text: str
    replacement: str
    sure: bool


# Surnames that cover well over nine tenths of the population, and the common double ones.
_DOUBLE = "欧阳|上官|司马|诸葛|司徒|东方|皇甫|尉迟|公孙|慕容|令狐|夏侯|长孙|宇文|端木"
_SINGLE = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜"
    "崔钟谭陆汪范金石廖贾夏韦付傅方白邹孟熊秦邱江尹薛闫阎段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康施文"
    "牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛"
    "曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席"
    "卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝"
)
_SURNAME = f"(?:{_DOUBLE}|[{_SINGLE}])"
_HAN = "[\u4e00-\u9fff]"
_TITLE = "(?:女士|先生|小姐|阿姨|大爷|大妈|奶奶|爷爷|同志)"
# Before a full name stands the edge of a clause or a word that introduces a person.
_EDGE = f"(?:(?<!{_HAN})|(?<=[民人主是叫为与系找向名客友者户]))"

_IDENTITY = re.compile(r"(?<![0-9A-Za-z])(\d{17}[\dXx]|\d{15})(?![0-9A-Za-z])")
_CARD = re.compile(r"(?<!\d)\d{16,19}(?!\d)")
_MOBILE = re.compile(r"(?<!\d)(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?!\d)")
_LANDLINE = re.compile(r"(?<!\d)(?:0\d{2,3}[-—－ ]\d{7,8}|0\d{9,11})(?![\d])")
_CALLED = re.compile(r"(?:电话|座机|致电|拨打|联系方式)(?:号码)?(?:是|为)?[:：]?\s*(\d{7,8})(?!\d)")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII)
_ACCOUNT = re.compile(r"(?:微信|QQ|qq)(?:号码?)?(?:是|为)?[:：]?\s*([A-Za-z0-9_-]{5,20})")
_PLATE = re.compile(
    "[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z][·.]?[A-HJ-NP-Z0-9]{4,5}[A-HJ-NP-Z0-9学警挂港澳]"
)
_NO = "[0-9A-Za-z〇零一二三四五六七八九十]{1,4}"
_FLAT = re.compile(
    f"(?:{_NO}(?:号楼|栋|幢|座|号院))?(?:{_NO}(?:单元|门洞|梯))(?:{_NO}(?:楼|层))?(?:[0-9]{{2,4}}(?:室|房|号房|号|户)?)?"
    f"|{_NO}(?:号楼|栋|幢|座)(?:{_NO}(?:楼|层))?[0-9]{{3,4}}(?:室|房|号房|号|户)?(?![0-9米年月日元])"
    "|(?<![0-9])[0-9]{3,4}(?:室|号房|房间|房)(?!地)"
)
_ENGLISH_FLAT = re.compile(
    r"\b(flat|room|rm|apartment|apt|unit|suite)(\.?\s*(?:no\.?\s*|number\s*|#\s*)?)"
    r"(?:[0-9]{1,5}(?:-[0-9]{1,4}){0,2}[A-Z]?|[A-Z]-?[0-9]{1,4})(?![0-9A-Z])",
    re.ASCII | re.IGNORECASE,
)
_SPARE_COMMAS = re.compile(r"\s*,(?:\s*,)+")
_BUILDING = re.compile(f"{_NO}(?:号楼|栋|幢|座|号院)")
_DASHED = re.compile(r"(?<![\d-])\d{1,2}-\d{1,2}-\d{3,4}(?![\d-])")
_TITLED = re.compile(f"{_EDGE}{_SURNAME}{_HAN}{{0,2}}?(?={_TITLE})|{_SURNAME}(?={_TITLE})")
_SOMEONE = re.compile(f"{_SURNAME}某(?:某|{_HAN}(?![\u4e00-\u9fff]))?")
_LABELLED = re.compile(
    f"(?:姓名|联系人|投诉人|举报人|反映人|来电人|当事人|本人叫|我叫|名叫)(?:是|为)?[:：]?\\s*({_SURNAME}{_HAN}{{1,2}})(?!{_HAN})"
)
_DIGIT = re.compile(r"\d")


def mask_text(text: str) -> list[MaskedSpan]:
    """Proposed masks, in the order of the text, never overlapping; the stronger form wins."""
    taken: list[MaskedSpan] = []
    for span in _candidates(text):
        if all(span.end <= other.start or span.start >= other.end for other in taken):
            taken.append(span)
    return sorted(taken, key=lambda span: span.start)


def apply_masks(text: str, spans: Iterable[MaskedSpan]) -> str:
    """The text with the confirmed masks. ValueError for overlapping spans or spans of another text."""
    parts: list[str] = []
    cursor = 0
    for span in sorted(spans, key=lambda span: span.start):
        if span.start < cursor or text[span.start : span.end] != span.text:
            raise ValueError("these masks are not of this text")
        parts += (text[cursor : span.start], span.replacement)
        cursor = span.end
    return "".join(parts) + text[cursor:]


def address_of_building(address: str) -> str:
    """An address down to the building: unit, floor and flat fall away, phones and names are masked.

    One building stays one place, and a squad finds it. Only masks when nothing else is left.
    """
    spans = mask_text(address)
    short = apply_masks(
        address,
        (replace(span, replacement=_building(span.text)) if span.kind is MaskKind.FLAT else span for span in spans),
    )
    return _SPARE_COMMAS.sub(",", short).strip(" ,") or apply_masks(address, spans)


def _building(flat: str) -> str:
    found = _BUILDING.match(flat)
    return found[0] if found else ""


def mask_phone(phone: str) -> str:
    """138****0001; a landline keeps its area code. Fewer than seven digits are hidden whole."""
    digits = "".join(found[0] for found in _DIGIT.finditer(phone))
    if len(digits) > 11 and digits.startswith("86"):
        digits = digits[2:]
    if len(digits) < 7:
        return "***"
    if digits.startswith("0") and len(digits) >= 10:
        area = 3 if digits[1] in "12" else 4
        return f"{digits[:area]}-****{digits[-3:]}"
    if len(digits) < 11:
        return f"****{digits[-3:]}"
    return f"{digits[:3]}****{digits[-4:]}"


def _candidates(text: str) -> Iterator[MaskedSpan]:
    """Every find, strongest kind first."""
    for found in _IDENTITY.finditer(text):
        yield _span(found, 1, MaskKind.IDENTITY, found[1][:3] + "*" * 11 + found[1][-1], _is_identity(found[1]))
    for found in _CARD.finditer(text):
        if _luhn(found[0]):
            yield _span(found, 0, MaskKind.CARD, "*" * 12 + found[0][-4:], False)
    for pattern, group, sure in ((_MOBILE, 0, True), (_LANDLINE, 0, True), (_CALLED, 1, False)):
        for found in pattern.finditer(text):
            yield _span(found, group, MaskKind.PHONE, mask_phone(found[group]), sure)
    for found in _EMAIL.finditer(text):
        yield _span(found, 0, MaskKind.ACCOUNT, "***@***", True)
    for found in _ACCOUNT.finditer(text):
        yield _span(found, 1, MaskKind.ACCOUNT, "***", True)
    for found in _PLATE.finditer(text):
        # The plate may be the offender's: the office decides.
        yield _span(found, 0, MaskKind.PLATE, found[0][:2] + "*****", False)
    for found in _FLAT.finditer(text):
        yield _span(found, 0, MaskKind.FLAT, re.sub(r"[0-9A-Za-z〇零一二三四五六七八九十]+", "*", found[0]), True)
    for found in _ENGLISH_FLAT.finditer(text):
        # "unit 5" may be a machine: the office decides.
        yield _span(found, 0, MaskKind.FLAT, f"{found[1]}{found[2]}*", found[1].lower() not in ("unit", "suite"))
    for found in _DASHED.finditer(text):
        yield _span(found, 0, MaskKind.FLAT, "*-*-*", False)
    for found in _LABELLED.finditer(text):
        yield _span(found, 1, MaskKind.NAME, "某某", True)
    for found in _TITLED.finditer(text):
        yield _span(found, 0, MaskKind.NAME, "某", True)
    for found in _SOMEONE.finditer(text):
        yield _span(found, 0, MaskKind.NAME, "某人", False)


def _span(found: re.Match[str], group: int, kind: MaskKind, replacement: str, sure: bool) -> MaskedSpan:
    return MaskedSpan(found.start(group), found.end(group), kind, found[group], replacement, sure)


_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def _is_identity(number: str) -> bool:
    """Check digit of GB 11643 and a real date of birth."""
    if len(number) != 18:
        return False
    try:
        date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number, _WEIGHTS, strict=False))
    return "10X98765432"[total % 11] == number[-1].upper()


def _luhn(number: str) -> bool:
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(number)))
    return sum(value // 10 + value % 10 for value in doubled) % 10 == 0
