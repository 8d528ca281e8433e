"""Write docs/permissions.md from the table in ``cases/policies.py``; ``--check`` says whether it still is the truth."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import override

from cases.management.sight import FIELDS, PEOPLE
from cases.policies import RIGHTS, Place
from teams.models import Role

_PLACES = {
    Place.STREET: ("Rights of a street", "Held on the streets where the role is held, for what lies there."),
    Place.SQUAD: ("Rights of a squad", "Held in the squad (or laboratory) of the role, for that squad's own part."),
    Place.ANYWHERE: ("Rights without a place", "Held wherever the role is held."),
}
_SEES = (
    ("who", "cases", "orders", "parties", "raw complaints", "who complained"),
    (
        "office: dispatcher, head, checker",
        "of its streets",
        "of its streets",
        "of its streets",
        "of its streets",
        "masked; in clear for a stated purpose, logged",
    ),
    (
        "squad: leader, officer, auxiliary",
        "on orders it was called to",
        "it was called to; not before, not once excused",
        "of these orders",
        "never: the office's brief",
        "never",
    ),
    ("laboratory", "none", "number and party of its commissions", "none", "never", "never"),
    ("grid worker", "of their own reports", "none", "none", "their own", "never"),
    ("district supervisor", *["of the district"] * 4, "masked"),
    ("auditor", *["all, read only"] * 4, "masked"),
    ("system administrator", "none", "none", "reference data", "none", "never"),
    ("resident", "the own report by its private link", "none", "names offered while reporting", "the own", "never"),
)
_HEAD = """
# Who may do what

Generated from `cases/policies.py` by `manage.py permissions_doc`; a test compares them. The access matrix in
`tests/access/matrix.py` says for every address what each role is answered.

- Who cannot see a row is told 404; who sees it and lacks the right is told 403; nobody logged in is led to the login.
- A role counts from its first to its last day. Who left a squad yesterday sees nothing of it today.
- Separation of duties comes on top: whoever was on a visit or ruled neither checks after nor closes (`cases/law`).
- A service asks for the right itself; a page that offers a button asks beforehand only to be polite.
""".strip()

_FIELDS_HEAD = """
Of the rows of two streets that mirror each other: **own** is the first street (its orders call the street's team, urban
management, and fire, which was excused again), **other** the second, **both** means both. The office reveals name and
phone of its own streets for a stated purpose, once, in the answer to that request; the head of office hands a person's
own data out. Who holds the private link of a report reads that report: words, flat, photos, result; no name, no number.
Squads get the building without the flat, and the party's place. `tests/access` walks every page, answer of the API,
exported list and grant of the stream as each of these people and finds the fields by signs put into the rows
(`access/test_matrix`, `access/test_sight`, `api/test_access`).
""".strip()


def permissions_document() -> str:
    """The whole page as Markdown: one table of rights for each kind of place, then what each role sees."""
    lines = [_HEAD]
    for place, (title, words) in _PLACES.items():
        lines += ["", f"## {title}", "", words, "", *_table(place)]
    lines += ["", "## What each role sees", "", *_rows(_SEES)]
    lines += ["", "## Who is told which field", "", _FIELDS_HEAD, "", *_rows(_fields())]
    return "\n".join(lines) + "\n"


def _fields() -> list[list[str]]:
    """A line for each of the people, a column for each field."""
    rows = [["who", *(words for words, _cells in FIELDS.values())]]
    for who, words in PEOPLE.items():
        rows.append([words, *(cells.get(who, "") for _words, cells in FIELDS.values())])
    return rows


def _rows(rows: Sequence[Sequence[str]]) -> list[str]:
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return [lines[0], "|" + "---|" * len(rows[0]), *lines[1:]]


def _table(place: Place) -> list[str]:
    rules = {name: rule for name, rule in RIGHTS.items() if rule.place is place}
    roles = [role for role in Role if any(role in rule.roles for rule in rules.values())]
    names = []
    for role in roles:
        with override("en"):
            english = str(role.label)
        with override("zh-hans"):
            names.append(f"{english} {role.label}")
    lines = ["| right | " + " | ".join(names) + " |", "|---|" + ":-:|" * len(roles)]
    for name, rule in rules.items():
        lines.append(f"| `{name}` | " + " | ".join("●" if role in rule.roles else "" for role in roles) + " |")
    return lines


class Command(BaseCommand):
    help = "Writes docs/permissions.md from the table of rights."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="only compare; exit 1 when they differ")

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(settings.BASE_DIR) / "docs" / "permissions.md"
        text = permissions_document()
        if not options["check"]:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            raise CommandError("docs/permissions.md differs from cases/policies.py: run manage.py permissions_doc")
