"""Which party a complaint speaks of, and which earlier case it repeats: suggestions with their reasons.

Computed lazily at triage over at most some 200 candidates. Scores lie in 0..1 and are no probabilities:
independent reasons are joined as 1 − Π(1 − weight · strength), so a further reason never lowers a score.
Texts may name people: nothing of them goes into a note.
"""

import math
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from operator import add

from rapidfuzz import fuzz
from rapidfuzz.distance import LCSseq

from cases.law.notes import Note

Point = tuple[float, float]
"""Latitude and longitude, degrees, WGS-84."""

_EARTH_M = 6_371_000.0
_NEAR_M, _FAR_M = 20.0, 300.0
_WEAKEST_HIT = 0.25
_TEXT_CHARS = 160


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is, as far as anybody said."""

    address: str = ""
    point: Point | None = None


@dataclass(frozen=True, slots=True)
class PartyFacts:
    """A registered party."""

    id: int
    name: str
    aliases: tuple[str, ...] = ()
    address: str = ""
    point: Point | None = None
    last_case_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """A case or complaint; `number` is its hotline order's, `quotes` those that its text names."""

    id: int
    text: str
    at: datetime
    target_id: int | None = None
    category: str | None = None
    place: Place = field(default_factory=Place)
    number: str = ""
    quotes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """A candidate, how well it fits, and why."""

    id: int
    score: float
    notes: tuple[Note, ...]


def score_parties(
    text: str, place: Place, candidates: Iterable[PartyFacts], now: datetime, limit: int = 5
) -> list[Hit]:
    """The parties that the text and place point to, the best first."""
    plain = _plain(text)
    here = _Address.of(place.address)
    hits: list[Hit] = []
    for party in candidates:
        reasons: list[tuple[float, Note]] = []
        named, name = max((_name_in(plain, name), name) for name in (party.name, *party.aliases))
        if named > 0:
            code = "name_in_text" if named >= 1 else "name_resembles"
            reasons.append((0.8 * named, Note(code, {"name": name, "percent": round(named * 100)})))
        if here is not None and (there := _Address.of(party.address)) is not None:
            same = here.likeness(there)
            if same >= 0.4:
                reasons.append((0.5 * same, Note("address_matches", {"percent": round(same * 100)})))
        if (near := _near(place.point, party.point)) is not None:
            reasons.append((0.5 * near[0], near[1]))
        # A party often complained of is likelier, but that alone is no reason.
        if reasons and party.last_case_at is not None and 0 <= (days := (now - party.last_case_at).days) <= 90:
            reasons.append((0.1, Note("recent_case", {"days": days})))
        _collect(hits, party.id, reasons, 1.0)
    return _best(hits, limit)


def score_repeats(case: CaseFacts, candidates: Iterable[CaseFacts], limit: int = 8) -> list[Hit]:
    """The cases that this one may repeat, by quoted number, party, place, time and words, the best first."""
    mine = _pairs(case.text)
    here = _Address.of(case.place.address)
    quoted = frozenset(case.quotes)
    hits: list[Hit] = []
    for other in candidates:
        if other.id == case.id:
            continue
        reasons: list[tuple[float, Note]] = []
        days = abs((case.at - other.at).days)
        fresh = 1.0 if days <= 7 else max(0.5, 1.0 - (days - 7) / 166)
        same_category = case.category is not None and case.category == other.category
        if case.target_id is not None and case.target_id == other.target_id:
            reasons.append((0.6 if same_category else 0.45, Note("same_party")))
        if here is not None and (there := _Address.of(other.place.address)) is not None:
            same = here.likeness(there)
            if same >= 0.8:
                reasons.append((0.45 * same, Note("address_matches", {"percent": round(same * 100)})))
        if (near := _near(case.place.point, other.place.point)) is not None:
            reasons.append((0.45 * near[0], near[1]))
        shared = _share(mine, _pairs(other.text))
        if shared >= 0.3:
            strength = min(1.0, (shared - 0.2) / 0.6)
            reasons.append((0.7 * strength, Note("words_resemble", {"percent": round(shared * 100)})))
        if reasons and same_category:
            reasons.append((0.15, Note("same_category")))
        if reasons:
            reasons.append((0.0, Note("days_apart", {"days": days})))
        # An order that names another is its follow-up, however long ago that was.
        if other.number and other.number in quoted:
            reasons, fresh = [(0.98, Note("quotes_its_number", {"number": other.number})), *reasons], 1.0
        elif case.number and case.number in other.quotes:
            reasons, fresh = [(0.98, Note("quoted_by_it", {"number": case.number})), *reasons], 1.0
        elif both := sorted(quoted.intersection(other.quotes)):
            reasons, fresh = [(0.95, Note("quotes_same_number", {"number": both[0]})), *reasons], 1.0
        _collect(hits, other.id, reasons, fresh)
    return _best(hits, limit)


def distance_m(a: Point, b: Point) -> float:
    """Great-circle distance, metres."""
    lat_a, lat_b = math.radians(a[0]), math.radians(b[0])
    half_lat, half_lon = (lat_b - lat_a) / 2, math.radians(b[1] - a[1]) / 2
    chord = math.sin(half_lat) ** 2 + math.cos(lat_a) * math.cos(lat_b) * math.sin(half_lon) ** 2
    return 2 * _EARTH_M * math.asin(min(1.0, math.sqrt(chord)))


def name_likeness(name: str, text: str) -> float:
    """How surely a text names a business: 1 as written, less with a character heard wrong, 0 below that.

    Compared by what sets a name apart: the place before it, the legal form and the trade after it are left out.
    """
    return _name_in(_plain(text), name)


def address_likeness(a: str, b: str) -> float:
    """1 for the same road and number; the same road alone, or another number, says less; 0 for unlike ones."""
    one, two = _Address.of(a), _Address.of(b)
    return 0.0 if one is None or two is None else one.likeness(two)


def core_name(name: str) -> str:
    """The part of a business's name that sets it apart; the whole name where nothing else is left."""
    plain = _plain(name)
    core = _stem(_REGION.sub("", _BRACKETS.sub("", plain)))
    return core if len(core) >= 2 else plain


def _stem(name: str) -> str:
    """The name without its trades and legal forms; empty when it is nothing else."""
    while (shorter := _TRADE.sub("", name)) != name and len(shorter) != 1:
        name = shorter
    return name


_BRACKETS = re.compile(r"[(（].*?[)）]")
_REGION = re.compile("^(?:[\u4e00-\u9fff]{2,3}省)?(?:[\u4e00-\u9fff]{2,3}市)?(?:[\u4e00-\u9fff]{2,3}[区县])?")
_TRADE = re.compile(
    "(?:有限责任公司|股份有限公司|有限公司|分公司|公司|个体工商户|经营部|服务部|门市部|加盟店|旗舰店|专卖店|连锁|总店|分店|"
    "火锅|烧烤|烤肉|烤鱼|串串|麻辣烫|餐饮|饮食|美食|小吃|快餐|早餐|餐厅|餐馆|饭店|饭馆|酒楼|酒店|酒吧|茶楼|奶茶|咖啡|"
    "排档|大排档|超市|便利|商店|商行|商贸|贸易|市场|药店|药房|理发|美发|美容|洗车|修理|维修|汽车|网吧|宾馆|旅馆|健身|培训|"
    "服务|管理|店|馆|摊|厅|城|吧|园)$"
)
_BLANK = re.compile(r"[\s,，。、;；:：\"“”'‘’·•\-—_]+")


def _plain(text: str) -> str:
    return _BLANK.sub("", unicodedata.normalize("NFKC", text)).lower()


def _name_in(plain: str, name: str) -> float:
    core = core_name(name)
    if len(core) < 2 or not plain:
        return 0.0
    if core in plain:
        # Two characters are found by accident; the whole name is not.
        if not _stem(core):
            return 0.4  # a trade is no name
        return 1.0 if len(core) > 2 or _plain(name) in plain else 0.6
    # One wrong character in four: fewer and half the names of a street look alike.
    misses_allowed = len(core) // 4
    if not misses_allowed:
        return 0.0
    found = fuzz.partial_ratio_alignment(core, plain, score_cutoff=70)
    if found is None:
        return 0.0
    begins, ends = (found.dest_start, found.dest_end) if len(core) <= len(plain) else (0, len(plain))
    misses = len(core) - LCSseq.similarity(core, plain[begins:ends])
    return 0.0 if misses > misses_allowed else 1.0 - misses / len(core)


_PREFIX = re.compile("^(?:.*?省)?(?:[\u4e00-\u9fff]{2,3}市)?(?:[\u4e00-\u9fff]{2,3}区)?(?:[\u4e00-\u9fff]{2,4}街道)?")
_ROAD = re.compile("^([\u4e00-\u9fff0-9]{1,10}?(?:大道|大街|路|街|巷|胡同))([\u4e00-\u9fff]{1,4}[段巷])?(\\d{1,5})?号?")
_HAN_NUMBER = re.compile("[一二三四五六七八九十百零〇]+(?=号)")
_DIGITS = {han: place for place, han in enumerate("零一二三四五六七八九")} | {"〇": 0}


@dataclass(frozen=True, slots=True)
class _Address:
    plain: str
    road: str
    number: int | None

    @classmethod
    def of(cls, address: str) -> "_Address | None":
        plain = _PREFIX.sub("", _HAN_NUMBER.sub(_arabic, _plain(address)))
        if not plain:
            return None
        found = _ROAD.match(plain)
        if found is None:
            return cls(plain, "", None)
        return cls(plain, found[1] + (found[2] or ""), int(found[3]) if found[3] else None)

    def likeness(self, other: "_Address") -> float:
        if self.road and other.road:
            if self.road != other.road:
                return 0.0
            if self.number is None or other.number is None:
                return 0.5
            return 1.0 if self.number == other.number else 0.3
        shorter, longer = sorted((self.plain, other.plain), key=len)
        alike = 1.0 if len(shorter) >= 4 and shorter in longer else fuzz.ratio(shorter, longer) / 100
        return 0.9 * alike if alike >= 0.75 else 0.0


def _arabic(found: re.Match[str]) -> str:
    """一百二十 → 120, 十二 → 12, 一二〇 → 120."""
    number = found[0]
    if not set(number) & {"十", "百"}:
        return "".join(str(_DIGITS[han]) for han in number)
    total = digit = 0
    for han in number:
        if han in _DIGITS:
            digit = _DIGITS[han]
        else:
            total += (digit or 1) * (10 if han == "十" else 100)
            digit = 0
    return str(total + digit)


def _near(a: Point | None, b: Point | None) -> tuple[float, Note] | None:
    if a is None or b is None:
        return None
    metres = distance_m(a, b)
    if metres >= _FAR_M:
        return None
    strength = min(1.0, (_FAR_M - metres) / (_FAR_M - _NEAR_M))
    return strength, Note("metres_away", {"metres": round(metres)})


# What a hotline puts around every complaint: greetings, the request to handle, its own time limits, numbers.
_FORM = re.compile(
    "市民[\u4e00-\u9fffA-Z]{0,4}?(?:反映|反馈|咨询|举报|投诉)|请[^，。！!（(]{0,12}(?:处理|处置)|[（(][^（()）]{0,8}职能局[^）)]*[）)]|"
    r"谢谢|工单(?:编号|号|内容)?|处理情况|[^\w（(]+|[（(]|\d{8,}"
)


def _pairs(text: str) -> frozenset[str]:
    plain = _FORM.sub("", text[:_TEXT_CHARS])
    return frozenset(map(add, plain, plain[1:]))


def _share(a: frozenset[str], b: frozenset[str]) -> float:
    """Share of the shorter text's pairs of characters that stand in the other.

    A handful of words that stand in a long text says little, two short texts that are the same say all.
    """
    shorter, longer = sorted((len(a), len(b)))
    return len(a & b) / max(shorter, min(longer, 12), 1)


def _collect(hits: list[Hit], number: int, reasons: list[tuple[float, Note]], factor: float) -> None:
    miss = 1.0
    for weight, _note in reasons:
        miss *= 1.0 - weight
    score = round((1.0 - miss) * factor, 4)
    if score >= _WEAKEST_HIT:
        ranked = sorted(reasons, key=lambda reason: -reason[0])
        hits.append(Hit(number, score, tuple(note for _weight, note in ranked)))


def _best(hits: list[Hit], limit: int) -> list[Hit]:
    return sorted(hits, key=lambda hit: (-hit.score, hit.id))[:limit]
