"""docs/mutations.md: written from what ``make mutations`` found, and read back."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from tests.access.mutating import ROOT, Rule, rules

PATH = ROOT / "docs" / "mutations.md"
_LINE = re.compile(r"\| `(.+?)` \| (.+?) \| `(.+?)`( \(\d+\))? \| (.*) \|")
_LEFT = (
    "Not tried yet, or no test that was tried noticed: each is a test to write, or a line for one of the next tables."
)
_TWICE = """
Another rule on the way of the same act says it too: named is which, and the test that is green without the one, green
without the other, and red without both.
""".strip()
_SAME = "Without it nothing changes for anybody, and why."
_NONE = "it spares a question: of no squad, laboratory or district nothing is found"
_TYPES = "the rule beside it says so already; it stands for the type checker"
_BUTTON = "it hides what the reader can't do; each act asks again"
SAME: Mapping[str, str] = {
    "cases/models/scope.py::CaseQuerySet.visible_to · condition always · squads": _NONE,
    "cases/models/scope.py::OrderQuerySet.visible_to · condition always · squads": _NONE,
    "cases/models/scope.py::OrderQuerySet.visible_to · condition always · actor.laboratories": _NONE,
    "cases/services/feedback.py::feedback_create · part of a refusal · complaint is None": _TYPES,
    "cases/services/sharing.py::photo_share · question · "
    "policies.require(actor, 'photo.share', street_id=case.street_id) (2)": (
        "asked again under the lock, for a case that moved to another street while the copy was made"
    ),
    "dispatch/console/admin/home.py::home · condition of rows · "
    "not step.right or holds_somewhere(request, step.right)": _BUTTON,
    "dispatch/console/board.py::_context · condition of rows · holds_somewhere(request, act.right)": _BUTTON,
    "dispatch/console/day.py::day_make · refusal · street is None": _TYPES,
    "dispatch/console/frame.py::topics_of · condition always · actor.districts": _NONE,
    "dispatch/console/orders.py::plan · condition of rows · "
    "may(actor, 'order.draft', street_id=row.target.street_id)": _BUTTON,
    "dispatch/console/party_form.py::party_alike · rows of who asks · register.targets_visible(actor)": (
        "the street that it finds counts only where it is one of the reader's own"
    ),
    "dispatch/console/party_merge.py::party_merge · right of the row · "
    "target_or_404(request, int(other), 'target.edit')": (
        "both entries are of one street, where the right was asked for the first; the service asks for both"
    ),
    "teams/scope.py::of_own_streets · condition never · not actor.districts": _NONE,
}
"""Key of a rule → why nobody can notice when it goes."""
_BY = " · seen by "

_HEAD = """
# Rules of access, taken away one by one

Written by `make mutations`. Each line is one rule as it stands in the source: a question asked before a write, a
refusal, a filter that narrows rows to those of who asks, the door of a page, the scope of an operation, a right's
roles and place. `tests/access/mutating.py` finds them over the syntax tree, `tests/access/mutants.py` takes exactly
one out of the running program and runs the tests that reach it until one fails: that one is named (from `tests/` on).
Where nobody notices, `tests/access/twice.py` looks for what else says the same. `access/test_mutations` fails in
`make test` when the source has a rule that this list lacks, or the list one that is gone; `make mutations` tries the
new ones then, `make mutations ALL=1` all.

What only hides a button (`may…` in a page's context) is no rule: the act behind it asks again, and that question is
here.
""".strip()


def known() -> dict[str, str]:
    """Key → the test that noticed, as the document has them; "" where nobody has (yet)."""
    return {key: "" if key in SAME or _BY in told else _plain(told.strip("`")) for key, told in _lines()}


def twice() -> dict[str, list[str]]:
    """Key → the test that proves that something else says the same, and the keys of what does."""
    found = {}
    for key, told in _lines():
        if key not in SAME and _BY in told:
            others, _sep, test = _plain(told).partition(_BY)
            found[key] = [test.strip("`"), *(one.strip("`") for one in others.split("<br>"))]
    return found


def _lines() -> Iterator[tuple[str, str]]:
    path, left = "", False
    for line in PATH.read_text(encoding="utf-8").splitlines() if PATH.exists() else ():
        if line.startswith("### `"):
            path = line.split("`")[1]
        elif line.startswith("## "):
            left = line == "## Left"
        elif match := _LINE.fullmatch(line):
            function, kind, what, again, told = match.groups()
            told = "" if left else told
            yield f"{path}::{function} · {kind} · {_plain(what)}{again or ''}", told


def write(found: Mapping[str, str], again: Mapping[str, list[str]] | None = None) -> list[str]:
    """Write the document from key → test and key → who says it again (as it stands there, if not given). The keys of
    rules that nobody noticed and nothing explains."""
    everything = rules()
    there = {rule.key for rule in everything}
    again = {key: told for key, told in (twice() if again is None else again).items() if there.issuperset(told[1:])}
    noticed = [rule for rule in everything if found.get(rule.key)]
    rest = [rule for rule in everything if not found.get(rule.key)]
    same = [rule for rule in rest if rule.key in SAME]
    double = [rule for rule in rest if rule.key in again and rule.key not in SAME]
    left = [rule for rule in rest if rule.key not in SAME and rule.key not in again]
    lines = [
        _HEAD,
        "",
        f"Rules: {len(everything)}. Noticed: {len(noticed)}. Said twice: {len(double)}. Without effect: {len(same)}. "
        f"Left: {len(left)}.",
    ]
    if left:
        seems = {rule.key: _seems(rule, everything) for rule in left}
        lines += ["", "## Left", "", _LEFT, *_tables(left, seems, "seems said by")]
    if same:
        lines += ["", "## Without effect", "", _SAME, *_tables(same, SAME, "why")]
    if double:
        told = {key: _told(test, others) for key, (test, *others) in again.items()}
        lines += ["", "## Said twice", "", _TWICE, *_tables(double, told, "said again by")]
    lines += ["", "## Noticed", *_tables(noticed, found)]
    PATH.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return [rule.key for rule in left]


def _seems(rule: Rule, everything: list[Rule]) -> str:
    words = set(rule.what.split("'")[1::2])
    beside = [
        other
        for other in everything
        if other.key != rule.key
        and other.kind in {"door", "question", "right of the row", "rows of who asks"}
        and ((other.path, other.function) == (rule.path, rule.function) or words & set(other.what.split("'")[1::2]))
    ]
    beside.sort(key=lambda other: other.path != rule.path or other.function != rule.function)
    return "<br>".join(f"`{_cell(other.key)}`" for other in beside[:2])


def _told(test: str, others: list[str]) -> str:
    return "<br>".join(f"`{_cell(other)}`" for other in others) + f"{_BY}`{_cell(short(test))}`"


def _tables(chosen: list[Rule], words: Mapping[str, str], title: str = "noticed by") -> list[str]:
    lines: list[str] = []
    path = ""
    for rule in chosen:
        if rule.path != path:
            path = rule.path
            lines += ["", f"### `{path}`", "", f"| function | kind | what goes | {title} |", "|---|---|---|---|"]
        told = words[rule.key]
        told = f"`{_cell(short(told))}`" if title == "noticed by" and told else told
        again = f" ({rule.number})" if rule.number > 1 else ""
        lines.append(f"| `{rule.function}` | {rule.kind} | `{_cell(rule.what)}`{again} | {told} |")
    return lines


def short(name: str) -> str:
    return name.removeprefix("tests/").replace(".py::", "::")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _plain(text: str) -> str:
    return text.replace("\\|", "|")
