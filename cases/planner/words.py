"""Category suggestions from the catalogue's words: what the text says, shown with the words that say it.

A person decides; a suggestion without its words would be no help to them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

# Words of letters and forms, not of problems: they stand in nearly every hotline order.
_STOP = """
的 了 和 与 及 或 在 是 有 被 把 将 对 向 从 到 由 于 为 以 而 且 但 也 都 就 还 又 很 太 非常
不 没 没有 无 这 那 该 此 其 他 她 它 我 你 您 我们 他们 自己 本人 这个 那个 这里 那里 一个 一些
什么 怎么 如何 是否 可以 可能 应该 需要 希望 请 谢谢 您好 你好 市民 来电 反映 反馈 咨询 表示
认为 称 要求 建议 投诉 举报 求助 核实 处理 处置 响应 联系 规定 职能 部门 有关 相关 尽快 情况
问题 现象 事情 时间 目前 现在 已经 一直 经常 多次 再次 今天 昨天 每天 工单 编号 内容 年 月 日 时
分 点 号 上 下 里 外 中 前 后 等 之 所 给 让 使 因 因为 所以 如果 并 则 即 若 来 去 着 过 地 得
吗 呢 吧 啊 个 家 次 位 分钟 小时 左右 附近 导致 进行
"""
STOPWORDS = frozenset(_STOP.split())
_HALF = 2.0


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The catalogue's words, ready to be looked for; built once for each version of the catalogue."""

    words: Mapping[str, tuple[tuple[str, float], ...]] = field(default_factory=dict)
    starts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, words: Iterable[tuple[str, str, float]]) -> "Lexicon":
        """From rows of (category code, word, weight); a weight below 0 speaks against the category."""
        found: dict[str, dict[str, float]] = {}
        for code, word, weight in words:
            if word := word.strip():
                found.setdefault(word, {})[code] = float(weight)
        starts: dict[str, list[str]] = {}
        for word in found:
            starts.setdefault(word[:1], []).append(word)
        return cls(
            {word: tuple(sorted(codes.items())) for word, codes in found.items()},
            {first: tuple(sorted(rows, key=len, reverse=True)) for first, rows in starts.items()},
        )


@dataclass(frozen=True, slots=True)
class CategoryHit:
    """A category with its score, 0..1 (no probability), and the words found, the strongest first."""

    code: str
    score: float
    words: tuple[str, ...]


def _pieces(text: str) -> list[str]:
    import rjieba  # its dictionary takes a quarter of a second to read, and most processes never cut a text

    pieces: list[str] = rjieba.cut(text)
    return pieces


def cut(text: str) -> tuple[str, ...]:
    """The words of a text without stopwords, single letters, numbers and punctuation, in their order."""
    return tuple(
        word
        for word in _pieces(text)
        if word not in STOPWORDS and len(word) > 1 and not word.isnumeric() and any(map(str.isalpha, word))
    )


def score_categories(text: str, lexicon: Lexicon, limit: int = 5) -> list[CategoryHit]:
    """The categories that the text's words speak for, the best first.

    1. find the catalogue's words, the longest at each place; 2. a word that stands alone as the dictionary cuts
    the text counts wholly, one found inside others by half (it may be an accident of two neighbours); 3. a
    repeated word counts once.
    """
    edges = _edges(text)
    sums: dict[str, float] = {}
    by_code: dict[str, dict[str, float]] = {}
    best: dict[str, float] = {}
    cursor = 0
    while cursor < len(text):
        word = next((w for w in lexicon.starts.get(text[cursor], ()) if text.startswith(w, cursor)), None)
        if word is None:
            cursor += 1
            continue
        whole = cursor in edges and cursor + len(word) in edges
        best[word] = max(best.get(word, 0.0), 1.0 if whole else 0.5)
        cursor += len(word)
    for word, share in best.items():
        for code, weight in lexicon.words[word]:
            sums[code] = sums.get(code, 0.0) + weight * share
            if weight > 0:
                by_code.setdefault(code, {})[word] = weight * share
    hits = [
        CategoryHit(
            code,
            round(total / (total + _HALF), 4),
            tuple(sorted(by_code[code], key=lambda w: (-by_code[code][w], w))),
        )
        for code, total in sums.items()
        if total > 0 and code in by_code
    ]
    return sorted(hits, key=lambda hit: (-hit.score, hit.code))[:limit]


def _edges(text: str) -> set[int]:
    """Places at which the dictionary would cut."""
    edges = {0}
    at = 0
    for word in _pieces(text):
        at += len(word)
        edges.add(at)
    return edges
