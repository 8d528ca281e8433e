"""docs/mutations.md: written from what ``make mutations`` found, and read back."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tests.access.mutating import ROOT, Rule, rules

PATH = ROOT / "docs" / "mutations.md"
_LINE = re.compile(r"\| `(.+?)` \| (.+?) \| `(.+?)`( \(\d+\))? \| (.*) \|")
_LEFT = "Not tried yet, or no test that was tried noticed: each is a test to write, or a line for the next table."
SAME: Mapping[str, str] = {}
"""Key of a rule → why nobody can notice when it goes: something else says the same."""

_HEAD = """
# Rules of access, taken away one by one

Written by `make mutations`. Each line is one rule as it stands in the source: a question asked before a write, a
refusal, a filter that narrows rows to those of who asks, the door of a page, the scope of an operation, a right's
roles and place. `tests/access/mutating.py` finds them over the syntax tree, `tests/access/mutants.py` takes exactly
one out of the running program and runs the tests that reach it until one fails: that one is named (from `tests/` on).
`access/test_mutations` fails in `make test` when the source has a rule that this list lacks, or the list one that is
gone; `make mutations` tries the new ones then, `make mutations ALL=1` all.

What only hides a button (`may…` in a page's context) is no rule: the act behind it asks again, and that question is
here.
""".strip()


def known() -> dict[str, str]:
    """Key → the test that noticed, as the document has them; "" where nobody has (yet)."""
    found: dict[str, str] = {}
    path = ""
    if not PATH.exists():
        return found
    for line in PATH.read_text(encoding="utf-8").splitlines():
        if line.startswith("### `"):
            path = line.split("`")[1]
        elif match := _LINE.fullmatch(line):
            function, kind, what, again, killer = match.groups()
            key = f"{path}::{function} · {kind} · {_plain(what)}{again or ''}"
            found[key] = "" if key in SAME else _plain(killer.strip("`"))
    return found


def write(found: Mapping[str, str]) -> list[str]:
    """Write the document from key → test. The keys of rules that nobody noticed and that ``SAME`` doesn't explain."""
    everything = rules()
    noticed = [rule for rule in everything if found.get(rule.key)]
    same = [rule for rule in everything if not found.get(rule.key) and rule.key in SAME]
    left = [rule for rule in everything if not found.get(rule.key) and rule.key not in SAME]
    lines = [
        _HEAD,
        "",
        f"Rules: {len(everything)}. Noticed: {len(noticed)}. Said twice: {len(same)}. Left: {len(left)}.",
    ]
    if left:
        lines += ["", "## Left", "", _LEFT]
        lines += _tables(left, dict.fromkeys((rule.key for rule in left), ""))
    if same:
        lines += ["", "## Said twice", "", "Without it nothing changes, and why.", *_tables(same, SAME, "why")]
    lines += ["", "## Noticed", *_tables(noticed, found)]
    PATH.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return [rule.key for rule in left]


def _tables(chosen: list[Rule], words: Mapping[str, str], title: str = "noticed by") -> list[str]:
    lines: list[str] = []
    path = ""
    for rule in chosen:
        if rule.path != path:
            path = rule.path
            lines += ["", f"### `{path}`", "", f"| function | kind | what goes | {title} |", "|---|---|---|---|"]
        told = short(words[rule.key])
        told = f"`{_cell(told)}`" if title == "noticed by" and told else told
        again = f" ({rule.number})" if rule.number > 1 else ""
        lines.append(f"| `{rule.function}` | {rule.kind} | `{_cell(rule.what)}`{again} | {told} |")
    return lines


def short(name: str) -> str:
    return name.removeprefix("tests/").replace(".py::", "::")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _plain(text: str) -> str:
    return text.replace("\\|", "|")
