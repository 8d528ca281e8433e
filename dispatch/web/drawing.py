"""Templates that draw faster and say the same: what never changes is drawn once a language, the rest straight away.

The loader alters each template once, after it was parsed. Half of a page's nodes are text, words without variables,
static addresses and icons: neighbours of these become one. Names of variables, values and addresses take a short way
for the cases that nearly all are, and Django's own for the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from html import escape
from typing import Any, TypeVar

from django.template import Template
from django.template.base import (
    FilterExpression,
    Node,
    NodeList,
    TextNode,
    Variable,
    VariableDoesNotExist,
    VariableNode,
)
from django.template.base import render_value_in_context as write
from django.template.context import Context
from django.template.defaulttags import CommentNode, IfNode, LoadNode, TemplateLiteral, URLNode
from django.template.library import SimpleNode
from django.template.loaders import cached
from django.template.smartif import TokenBase
from django.templatetags.i18n import TranslateNode
from django.templatetags.static import StaticNode
from django.urls import NoReverseMatch, get_script_prefix
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from dispatch.web.links import numbered

Tag = TypeVar("Tag", bound=Callable[..., Any])
_SETTLED: set[Callable[..., Any]] = set()


def settled(tag: Tag) -> Tag:
    """Mark a simple tag whose result follows from its arguments, the language and the script's prefix alone."""
    _SETTLED.add(tag)
    return tag


class Loader(cached.Loader):
    """Keeps parsed templates as Django's does, and quickens each before it is drawn first."""

    def get_template(self, template_name: str, skip: Any = None) -> Template:
        template: Any = super().get_template(template_name, skip)
        if not hasattr(template, "quick"):
            quicken(template.nodelist)
            template.quick = True
        whole: Template = template
        return whole


def quicken(nodes: NodeList) -> None:
    """Alter a list of nodes and all below it, in place: blocks and partials are known elsewhere by the same objects."""
    for node in nodes:
        for below in _lists(node):
            quicken(below)
        for expression in _expressions(vars(node).values()):
            _shorten(expression)
        if (quick := _QUICK.get(type(node))) is not None:
            node.__class__ = quick
    nodes[:] = _joined(nodes)


def _lists(node: Node) -> Iterator[NodeList]:
    if isinstance(node, IfNode):
        yield from (below for _condition, below in node.conditions_nodelists)
        return
    for name in node.child_nodelists:
        if isinstance(below := getattr(node, name, None), NodeList):
            yield below


def _expressions(things: Iterable[Any]) -> Iterator[FilterExpression]:
    for thing in things:
        if isinstance(thing, FilterExpression):
            yield thing
        elif isinstance(thing, TokenBase):
            yield from _expressions([thing.first, thing.second, getattr(thing, "value", None)])
        elif isinstance(thing, (list, tuple)) and not isinstance(thing, NodeList):
            yield from _expressions(thing)
        elif isinstance(thing, dict):
            yield from _expressions(thing.values())


def _shorten(expression: FilterExpression) -> None:
    given = [arg for _filter, args in expression.filters for _lookup, arg in args]
    for one in [expression.var, *given]:
        if type(one) is Variable and one.lookups is not None:
            one.__class__ = _Name


class _Name(Variable):
    """A name whose parts are values of dicts and attributes; whatever is not found so is looked for Django's way."""

    __slots__ = ()

    def resolve(self, context: Any) -> Any:
        parts: tuple[str, ...] = self.lookups or ()
        first = parts[0]
        for values in reversed(context.dicts):
            if first in values:
                found = values[first]
                break
        else:
            return super().resolve(context)
        if self.translate or (callable(found) and not getattr(found, "do_not_call_in_templates", False)):
            return super().resolve(context)
        if len(parts) > 1:
            try:
                return _within(found, parts[1:])
            except (AttributeError, KeyError, TypeError):
                return super().resolve(context)
        return found


def _within(found: Any, parts: tuple[str, ...]) -> Any:
    for part in parts:
        kind = type(found)
        if kind is dict:
            found = found[part]
        elif hasattr(kind, "__getitem__"):
            raise TypeError
        else:
            found = getattr(found, part)
        if callable(found) and not getattr(found, "do_not_call_in_templates", False):
            if getattr(found, "alters_data", False):
                raise TypeError
            found = found()
    return found


class _Value(VariableNode):
    """``{{ value }}``: most are strings."""

    def render(self, context: Context) -> str:
        value = self.filter_expression.resolve(context)
        kind = type(value)
        if kind is SafeString or (kind is str and not context.autoescape):
            return str(value)
        return escape(value) if kind is str else write(value, context)


class _Link(URLNode):
    """``{% url "name" number %}``."""

    def render(self, context: Context) -> str:
        if len(self.args) == 1 and not self.kwargs and _plain(self.view_name):
            number = self.args[0].resolve(context)
            if type(number) is int and number >= 0 and (url := self._to(number)):
                if self.asvar is None:
                    return conditional_escape(url) if context.autoescape else url
                context[self.asvar] = url
                return ""
        return str(super().render(context))

    def _to(self, number: int) -> str:
        try:
            return numbered(self.view_name.var, number)
        except NoReverseMatch:  # whether that is a failure is Django's to say
            return ""


class _If(IfNode):
    """``{% if name %}`` without an operator asks for the value at once."""

    def render(self, context: Context) -> str:
        condition: Any
        for condition, nodes in self.conditions_nodelists:
            if condition is None or _holds(condition, context):
                return nodes.render(context)
        return ""


def _holds(condition: Any, context: Context) -> Any:
    try:
        if type(condition) is TemplateLiteral:
            value: Any = condition.value
            return value.resolve(context, ignore_failures=True)
        return condition.eval(context)
    except VariableDoesNotExist:  # a filter's argument is missing
        return None


_QUICK: dict[type[Node], type[Node]] = {VariableNode: _Value, URLNode: _Link, IfNode: _If}


class Settled(Node):
    """Neighbours that say the same in every page of a language."""

    child_nodelists = ()

    def __init__(self, nodes: list[Node]) -> None:
        self.nodes = nodes
        self._said: dict[tuple[str | None, str, bool], str] = {}

    def render(self, context: Context) -> str:
        key = get_language(), get_script_prefix(), context.autoescape
        said = self._said.get(key)
        if said is None:
            said = self._said[key] = "".join(str(node.render_annotated(context)) for node in self.nodes)
        return said


def _joined(nodes: Iterable[Node]) -> Iterator[Node]:
    run: list[Node] = []
    for node in nodes:
        if isinstance(node, (CommentNode, LoadNode)):
            continue
        if isinstance(node, TextNode) or _is_settled(node):
            run.append(node)
            continue
        yield from _one(run)
        run = []
        yield node
    yield from _one(run)


def _one(run: list[Node]) -> Iterator[Node]:
    if all(isinstance(node, TextNode) for node in run):
        text = "".join(node.s for node in run if isinstance(node, TextNode))
        if text:
            yield _stands_where(run[0], TextNode(text))
    else:
        yield _stands_where(run[0], Settled(run))


def _stands_where(first: Any, node: Any) -> Node:
    """What Django's page about a failure asks of a node."""
    node.token, node.origin = first.token, getattr(first, "origin", None)
    made: Node = node
    return made


def _is_settled(node: Node) -> bool:
    if isinstance(node, TranslateNode):
        of = node.message_context
        words = node.filter_expression
        return not node.asvar and not words.filters and words.var.lookups is None and (of is None or _plain(of))
    if isinstance(node, StaticNode):
        return node.varname is None and _plain(node.path)
    if isinstance(node, URLNode):
        return node.asvar is None and not node.args and not node.kwargs and _plain(node.view_name)
    if isinstance(node, SimpleNode):
        given = [*node.args, *node.kwargs.values()]
        return node.func in _SETTLED and node.target_var is None and all(_plain(one) for one in given)
    return False


def _plain(expression: FilterExpression) -> bool:
    return not expression.is_var and not expression.filters
