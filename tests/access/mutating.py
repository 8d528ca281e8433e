"""Every rule of access in the source, found over its syntax tree, and the source with exactly one of them removed.

Pure: reads files, runs nothing. ``rules()`` lists what can be removed, ``without(rule)`` is the module without it.
A rule is told by its key (module, function, kind, the removed words), so lines may move without a word being lost.
What a button asks for politeness (``may`` in a page's context) is no rule: the act behind it asks again.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TREES = ("cases", "teams", "dispatch")
LEFT_OUT = re.compile(r"/(migrations|embedded|management|deploy)/")

ASKS = frozenset(
    {"require", "_require", "check_right", "check_right_somewhere", "desk_required", "there_required", "not_oneself"}
)
"""Functions that raise for who may not."""
ASKING = ASKS | {"may", "_may", "holds_somewhere", "may_by"}
REFUSALS = frozenset({"PermissionDenied", "Http404", "not_allowed", "NotAuthenticated", "AuthenticationFailed"})
GUARDS = frozenset({"console_view", "admin_view", "field_page", "field_act", "staff_required", "roles_required"})
OWN = re.compile(
    r"\bactor\.(streets|squads|laboratories|districts|user_id)\b|visible|own_streets|_me\(|_held_on|\bof_own_streets\b"
)
"""Words of an expression that narrow rows to those of who asks."""

_WORTH = re.compile(
    r"actor|visible|require|check_right|_404|_required|PermissionDenied|not_allowed|_view\(|field_|Refused|operation\(|@"
)
"""A line without one of these holds no rule."""

RULES_WHOLE: dict[str, frozenset[str]] = {
    "cases/models/scope.py": frozenset({"CaseQuerySet.visible_to", "OrderQuerySet.visible_to"}),
    "cases/policies.py": frozenset({"may", "require"}),
    "cases/selectors/map.py": frozenset({"parties"}),
    "cases/selectors/planning.py": frozenset({"needs_visible"}),
    "cases/selectors/register.py": frozenset({"targets_visible", "streets_visible", "grids_visible"}),
    "cases/selectors/tracking.py": frozenset({"track", "track_by_phone"}),
    "cases/selectors/yearplans.py": frozenset({"plans_visible"}),
    "dispatch/api/authentication.py": frozenset({"BearerAuthentication.authenticate", "tracking_hash"}),
    "dispatch/api/fetching.py": frozenset({"own_part", "lead_of_visit", "desk_required"}),
    "dispatch/api/operation.py": frozenset({"ApiView.initial"}),
    "dispatch/console/frame.py": frozenset({"topics_of"}),
    "dispatch/field/frame.py": frozenset({"topics_of", "_kept"}),
    "dispatch/field/rows.py": frozenset({"part_for", "item_for", "is_officer"}),
    "dispatch/insights/report.py": frozenset({"streets_for"}),
    "dispatch/notify/webhooks/services.py": frozenset({"_require"}),
    "dispatch/portal/private.py": frozenset({"_tracked"}),
    "dispatch/web/access.py": frozenset(
        {"roles_required", "staff_required", "check_right", "holds_somewhere", "_at_desk", "_no_laboratory"}
    ),
    "dispatch/web/factorduty.py": frozenset({"factor_lacks", "factor_first", "_stays_open"}),
    "dispatch/web/files.py": frozenset({"media_name", "_inside"}),
    "dispatch/web/live/hub.py": frozenset({"Hub.killed"}),
    "dispatch/web/live/topics.py": frozenset({"read_grants"}),
    "dispatch/web/tokens.py": frozenset({"token_find"}),
    "teams/policies.py": frozenset(
        {
            "Actor.streets",
            "Actor.squads",
            "Actor.has",
            "Actor.laboratories",
            "Actor.districts",
            "may_by",
            "may",
            "require",
        }
    ),
    "teams/scope.py": frozenset({"own_streets", "of_own_streets"}),
    "teams/selectors/ground.py": frozenset({"in_force", "actor_of", "resting"}),
    "teams/selectors/staff.py": frozenset({"staff_visible_to", "_held_on"}),
    "teams/services/duty.py": frozenset({"may_manage"}),
    "teams/services/invitations.py": frozenset({"may_invite"}),
    "teams/services/leaves.py": frozenset({"may_manage"}),
}
"""Functions that are nothing but a rule: each condition, operand and filter in them is one."""


@dataclass(frozen=True, slots=True)
class Rule:
    """``what``: the words that go. ``function`` is the qualified name, ``number`` tells equal ones apart (1, 2, …)."""

    path: str
    function: str
    kind: str
    what: str
    number: int
    index: int  # among the module's rules, in the order of the walk

    @property
    def key(self) -> str:
        again = f" ({self.number})" if self.number > 1 else ""
        return f"{self.path}::{self.function} · {self.kind} · {self.what}{again}"


@dataclass(slots=True)
class _Edit:
    function: str
    kind: str
    what: str
    apply: Callable[[], None]


def rules() -> list[Rule]:
    """All of them, by module and place."""
    found: list[Rule] = []
    for path in sorted(str(one.relative_to(ROOT)) for tree in TREES for one in (ROOT / tree).rglob("*.py")):
        if LEFT_OUT.search(path) or not (_WORTH.search(_source(path)) or path in RULES_WHOLE):
            continue
        seen: Counter[tuple[str, str, str]] = Counter()
        for index, edit in enumerate(_edits(path, _parsed(path))):
            if not edit.kind:
                continue
            name = (edit.function, edit.kind, edit.what)
            seen[name] += 1
            found.append(Rule(path, *name, seen[name], index))
    return found


def without(*gone: Rule) -> ast.Module:
    """The module's tree with these rules of it gone (mostly one), lines as they were."""
    tree = _parsed(gone[0].path)
    edits = list(_edits(gone[0].path, tree))
    for rule in gone:
        edit = edits[rule.index]
        assert (edit.function, edit.kind, edit.what) == (rule.function, rule.kind, rule.what)
        edit.apply()
    return ast.fix_missing_locations(tree)


def _source(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def _parsed(path: str) -> ast.Module:
    return ast.parse(_source(path), path)


@lru_cache(maxsize=1)
def rights() -> frozenset[str]:
    """Names of the rights, as the two tables write them."""
    names = set()
    for path in ("cases/policies.py", "teams/policies.py"):
        names |= {name for name, _value in _table(_parsed(path))}
    return frozenset(names)


def _table(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str) and isinstance(value, ast.Call):
                    yield key.value, value


def _edits(path: str, tree: ast.Module) -> Iterator[_Edit]:
    if path in ("cases/policies.py", "teams/policies.py"):
        for name, value in _table(tree):
            where = "RIGHTS" if path.startswith("cases") else "GROUND_RIGHTS"
            yield _Edit(where, "right open to every role", name, _nothing)
            if "_anywhere" not in ast.unparse(value):
                yield _Edit(where, "right held anywhere", name, _nothing)
    source = _source(path).splitlines(keepends=True)
    yield from _of_body(source, tree.body, "", whole=RULES_WHOLE.get(path, frozenset()))


def _nothing() -> None:
    """Removed while it runs, not in the source."""


def _of_body(source: list[str], body: list[ast.stmt], within: str, whole: frozenset[str]) -> Iterator[_Edit]:
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield from _of_body(source, node.body, f"{within}{node.name}.", whole)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            name = within + node.name
            yield from _decorators(name, node)
            text = source[node.lineno - 1 : node.end_lineno]
            if name in whole or any(map(_WORTH.search, text)):
                yield from _Function(name, node, name in whole, "".join(text)).edits()


def _decorators(name: str, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[_Edit]:
    """Doors of pages and operations. These are removed from the live object, see ``tests/access/mutants.py``."""
    for one in node.decorator_list:
        called = one.func if isinstance(one, ast.Call) else one
        if isinstance(called, ast.Name) and called.id in GUARDS:
            yield _Edit(name, "door", "@" + ast.unparse(one), _nothing)
        if isinstance(one, ast.Call) and isinstance(called, ast.Name) and called.id == "operation":
            for word in one.keywords:
                text = ast.unparse(word.value)
                if (word.arg == "scope" and text != "None") or word.arg == "right":
                    yield _Edit(name, f"{word.arg} of the operation", text, _nothing)
                if word.arg == "fetch" and isinstance(word.value, ast.Call):
                    yield _Edit(name, "door of the operation", text, _nothing)


class _Function:
    """The rules of one function. ``whole``: everything that decides in it is a rule."""

    def __init__(self, name: str, node: ast.FunctionDef | ast.AsyncFunctionDef, whole: bool, text: str) -> None:
        self.name, self.node, self.whole = name, node, whole
        self.personal = "actor" in text or "request.auth" in text
        self.mine = set(_names_of_own(node))

    def edits(self) -> Iterator[_Edit]:
        for parent, field, place, node in _walk(self.node):
            put = _putter(parent, field, place)
            if isinstance(node, ast.stmt):
                yield from self._statement(node, put)
            elif isinstance(node, ast.expr):
                yield from self._expression(node, put)

    def _edit(self, kind: str, removed: ast.AST, apply: Callable[[], None]) -> _Edit:
        text = " ".join(ast.unparse(removed).split())
        if "last_used_at" in text or "HX-Request" in text:  # when a token was used last decides nothing
            return _Edit(self.name, "", text, apply)
        return _Edit(self.name, kind, text if len(text) <= 110 else text[:109] + "…", apply)

    def _statement(self, node: ast.stmt, put: Callable[[ast.AST], None]) -> Iterator[_Edit]:
        match node:
            case ast.Expr(value=ast.Call() as call) if _called(call) in ASKS:
                # kept in a branch that is never taken, so that closures keep their variables
                yield self._edit("question", call, lambda: put(ast.If(ast.Constant(False), [ast.Expr(call)], [])))
            case ast.If(test=test, body=body) if self._refuses(test, body):
                yield self._edit("refusal", test, lambda: setattr(node, "test", _never(test)))
                yield from self._operands(test, "part of a refusal")
            case ast.If(test=test, body=body) if self.whole:
                yield self._edit("condition never", test, lambda: setattr(node, "test", _never(test)))
                if not isinstance(body[-1], ast.Raise):
                    yield self._edit("condition always", test, lambda: setattr(node, "test", _always(test)))
                yield from self._operands(test, "part of a condition")
            case ast.AugAssign(op=ast.BitOr()) if self.whole or "visible" in self.name or self.name.endswith("_404"):
                yield self._edit("way to see", node.value, lambda: put(ast.Pass()))
            case ast.Return(value=ast.BoolOp() | ast.Compare() | ast.UnaryOp(op=ast.Not()) as told) if self.whole:
                yield self._edit("answer always yes", told, lambda: setattr(node, "value", _always(told)))
                yield from self._operands(told, "part of an answer")

    def _operands(self, test: ast.expr, kind: str) -> Iterator[_Edit]:
        for parent in ast.walk(test):
            if not isinstance(parent, ast.BoolOp):
                continue
            for number, operand in enumerate(parent.values):
                none = ast.Constant(isinstance(parent.op, ast.And))
                yield self._edit(kind, operand, _swap(parent.values, number, none))

    def _refuses(self, test: ast.expr, body: list[ast.stmt]) -> bool:
        last = body[-1]
        if not isinstance(last, ast.Raise) or last.exc is None:
            return False
        called = _called(last.exc) if isinstance(last.exc, ast.Call) else _named(last.exc)
        if called == "Refused" and isinstance(last.exc, ast.Call):
            status = "".join(ast.unparse(word.value) for word in last.exc.keywords if word.arg == "status")
            return status == "403" or (status == "404" and "link" in f"{ast.unparse(last)}{ast.unparse(test)}")
        if called == "Http404":
            return self.personal
        return called in REFUSALS

    def _expression(self, node: ast.expr, put: Callable[[ast.AST], None]) -> Iterator[_Edit]:
        if isinstance(node, ast.Call):
            yield from self._call(node, put)
        elif isinstance(node, ast.comprehension):
            return
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr) and _of_query(node):
            if self.whole or self._own(node):  # what "and" joins is dropped filter by filter
                yield self._edit("way to see", node.left, lambda: put(node.right))
                yield self._edit("way to see", node.right, lambda: put(node.left))
        elif isinstance(node, ast.ListComp | ast.GeneratorExp | ast.SetComp):
            for one in node.generators:
                for number, test in enumerate(one.ifs):
                    if self.whole or any(
                        _called(call) in ASKING for call in ast.walk(test) if isinstance(call, ast.Call)
                    ):
                        yield self._edit("condition of rows", test, _swap(one.ifs, number, _always(test)))

    def _call(self, node: ast.Call, put: Callable[[ast.AST], None]) -> Iterator[_Edit]:
        called = _called(node)
        if called in {"visible_to"} and isinstance(node.func, ast.Attribute):
            func = node.func
            yield self._edit(
                "rows of who asks", node, lambda: put(ast.Call(ast.Attribute(func.value, "all", ast.Load()), [], []))
            )
        elif re.search(r"_visible(_to)?$", called) and node.args:
            yield self._edit("rows of who asks", node, _swap(node.args, 0, ast.Name("__everybody__", ast.Load())))
        elif called in {"of_own_streets"}:
            yield self._edit("rows of who asks", node, lambda: put(_everything()))
        elif called in {"_at_desk", "_no_laboratory"} and node.args:
            yield self._edit("roles that count", node, lambda: put(node.args[0]))
        elif called in {"filter", "exclude", "Q"} and called:
            yield from self._filters(node, called, put)
        elif called not in ASKING and not called.startswith("_reports"):
            for number, given in enumerate(node.args):
                if isinstance(given, ast.Constant) and given.value in rights() and _fetches(called):
                    yield self._edit("right of the row", node, _swap(node.args, number, ast.Constant(None)))

    def _filters(self, node: ast.Call, called: str, put: Callable[[ast.AST], None]) -> Iterator[_Edit]:
        for word in list(node.keywords):
            if not (self.whole or self._own(word.value)):
                continue
            if called == "Q":
                yield self._edit("filter", word, lambda: put(_everything()))
            else:
                yield self._edit(f"{called}", word, lambda word=word: node.keywords.remove(word))  # type: ignore[misc]
        for given in list(node.args):
            if self.whole or (isinstance(given, ast.Name) and given.id in self.mine and called == "filter"):
                if called == "Q":
                    continue
                yield self._edit(f"{called}", given, lambda given=given: node.args.remove(given))  # type: ignore[misc]

    def _own(self, value: ast.expr) -> bool:
        if OWN.search(ast.unparse(value)):
            return True
        return any(isinstance(one, ast.Name) and one.id in self.mine for one in ast.walk(value))


def _names_of_own(node: ast.AST) -> Iterator[str]:
    """Variables that hold what narrows rows to who asks."""
    for one in ast.walk(node):
        if isinstance(one, ast.Assign | ast.AnnAssign | ast.AugAssign) and one.value is not None:
            target = one.targets[0] if isinstance(one, ast.Assign) else one.target
            if isinstance(target, ast.Name) and OWN.search(ast.unparse(one.value)):
                yield target.id


def _walk(root: ast.AST) -> Iterator[tuple[ast.AST, str, int | None, ast.AST]]:
    """Every node below with the place it stands in, from top to bottom; decorators and annotations are left out."""
    for field, value in ast.iter_fields(root):
        if field in {"decorator_list", "annotation", "returns", "args"} and isinstance(
            root, ast.FunctionDef | ast.AsyncFunctionDef | ast.AnnAssign
        ):
            continue
        if isinstance(value, list):
            for place, one in enumerate(list(value)):
                if isinstance(one, ast.AST):
                    yield root, field, place, one
                    yield from _walk(one)
        elif isinstance(value, ast.AST):
            yield root, field, None, value
            yield from _walk(value)


def _putter(parent: ast.AST, field: str, place: int | None) -> Callable[[ast.AST], None]:
    def put(new: ast.AST) -> None:
        if place is None:
            old = getattr(parent, field)
            setattr(parent, field, ast.copy_location(new, old))
        else:
            row = getattr(parent, field)
            row[place] = ast.copy_location(new, row[place])

    return put


def _swap(row: list[ast.expr], place: int, new: ast.expr) -> Callable[[], None]:
    def swap() -> None:
        row[place] = ast.copy_location(new, row[place])

    return swap


def _never(test: ast.expr) -> ast.expr:
    return ast.copy_location(ast.BoolOp(ast.And(), [ast.Constant(False), test]), test)


def _always(test: ast.expr) -> ast.expr:
    return ast.copy_location(ast.BoolOp(ast.Or(), [ast.Constant(True), test]), test)


def _everything() -> ast.expr:
    return ast.parse("__Q__(pk__isnull=False)", mode="eval").body


def _called(node: ast.Call | ast.expr) -> str:
    return _named(node.func) if isinstance(node, ast.Call) else ""


def _named(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""


def _fetches(called: str) -> bool:
    return called.endswith(("_or_404", "_for", "_found", "fetch", "_or_redirect", "_part", "_act", "_row"))


def _of_query(node: ast.BinOp) -> bool:
    text = ast.unparse(node)
    return any(word in text for word in ("Q(", "Exists(", "of_own_streets(")) and not text.startswith("{")
