"""An operation: a function that parses nothing, calls one service or selector, and returns what is to be written out.

``endpoint(a, b)`` makes the view of one address out of the operations that share it. Scope, body, client key,
``If-Match``, status and the OpenAPI entry stand in one place, so no operation can forget one of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import exceptions, serializers
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import AnonRateThrottle, UserRateThrottle
from rest_framework.views import APIView

from dispatch.api.authentication import BearerAuthentication, TrackingAuthentication
from dispatch.api.etags import Tagged, known, match_check
from dispatch.api.filters import blank
from dispatch.api.pagination import MOST, ByCursor
from dispatch.api.parsers import CarefulJson
from dispatch.api.sendings import KEY, once
from dispatch.web.access import actor_for, check_right_somewhere
from dispatch.web.models import ApiToken
from dispatch.web.scopes import SCOPES
from teams.policies import Actor


class ProblemOut(serializers.Serializer[Any]):
    """A refusal (RFC 9457). ``code`` is stable; ``detail`` speaks the language that was asked for."""

    type = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField()
    detail = serializers.CharField()
    errors = serializers.ListField(  # type: ignore[assignment] # the name that the RFC's readers look for
        child=serializers.DictField(child=serializers.CharField()), required=False
    )
    facts = serializers.DictField(required=False)


@dataclass(frozen=True, slots=True)
class Call:
    """What an operation is given: who asks, the checked body, and the request for fetching with access."""

    request: Request
    data: Mapping[str, Any]

    @property
    def actor(self) -> Actor:
        return actor_for(self.request)


@dataclass(frozen=True)
class Operation:
    """One entry of the description. ``scope`` None is public; ``etag`` reads the tag of what is answered.

    ``fetch`` gets the row of the address with access, before the body is read: who may not see it is told nothing of
    its form. ``right``: for operations without a row, held somewhere at least. ``shown_once``: secrets of the answer.
    ``tracked``: by the private link's secret instead of a token.
    """

    id: str
    method: str
    act: Callable[..., Any]
    scope: str | None
    answer: type[serializers.BaseSerializer[Any]] | None
    body: type[serializers.Serializer[Any]] | None = None
    status: int = 200
    tag: str = ""
    filters: type[django_filters.FilterSet] | None = None
    ordering: tuple[str, ...] = ()
    fetch: Callable[..., Any] | None = None
    right: str = ""
    etag: Callable[[Any], str] | None = None
    files: bool = False
    shown_once: tuple[str, ...] = ()
    tracked: bool = False

    @property
    def writes(self) -> bool:
        return self.method != "GET"


def operation(id: str, method: str, *, scope: str | None, **more: Any) -> Callable[[Callable[..., Any]], Operation]:
    """Make a function an operation; its docstring is the description's text."""
    assert scope is None or scope in SCOPES

    def decorate(act: Callable[..., Any]) -> Operation:
        return Operation(id, method, act, scope, tag=more.pop("tag", id.split("_")[0]), **more)

    return decorate


class Unlimited(BaseParser):
    """Takes any content type of an operation without a body."""

    media_type = "*/*"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> dict[str, Any]:
        return {}


class ApiView(APIView):
    """The view of one address; subclasses are made by ``endpoint``."""

    operations: Mapping[str, Operation] = {}
    authentication_classes = (BearerAuthentication,)
    permission_classes = ()
    throttle_classes = (AnonRateThrottle, UserRateThrottle)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        # Django answers HEAD by the function of GET: it asks for the same scope and the same row.
        wanted = self.operations.get("GET" if request.method == "HEAD" else request.method or "")
        if wanted is None:
            return
        if wanted.scope is not None:
            token = request.auth
            if not isinstance(token, ApiToken):
                raise exceptions.NotAuthenticated(_("This needs a token: send it as “Authorization: Bearer …”."))
            if wanted.scope not in token.scopes:
                raise exceptions.PermissionDenied(
                    _("This token is not for that: it lacks the scope %(scope)s.") % {"scope": wanted.scope}
                )
        if wanted.right:
            check_right_somewhere(request, wanted.right)
        if wanted.fetch is not None:
            subject = wanted.fetch(request, **kwargs)
            if wanted.writes and isinstance(subject, Tagged):
                match_check(request, subject)

    def get_authenticate_header(self, request: Request) -> str:
        wanted = self.operations.get(request.method or "")
        if wanted is not None and wanted.tracked:
            return TrackingAuthentication().authenticate_header(request)
        return super().get_authenticate_header(request)

    def run(self, wanted: Operation, request: Request, **place: Any) -> Response:
        if not wanted.writes:
            return self.read(wanted, request, place)
        data: Mapping[str, Any] = {}
        if wanted.body is not None:
            given = wanted.body(data=request.data)
            given.is_valid(raise_exception=True)
            data = given.validated_data

        def act() -> Response:
            return self.written(wanted, request, wanted.act(Call(request, data), **place))

        return once(request, wanted.id, act, shown_once=wanted.shown_once) if wanted.scope is not None else act()

    def read(self, wanted: Operation, request: Request, place: Mapping[str, Any]) -> Response:
        found = wanted.act(Call(request, {}), **place)
        if not isinstance(found, QuerySet):
            return self.written(wanted, request, found)
        if wanted.filters is not None:
            if empty := blank(wanted.filters, request.query_params):
                said = str(serializers.CharField.default_error_messages["blank"])
                raise exceptions.ValidationError({name: exceptions.ErrorDetail(said, "blank") for name in empty})
            chosen = wanted.filters(request.query_params, found)
            if not chosen.is_valid():
                raise exceptions.ValidationError(chosen.errors)
            found = chosen.qs
        pages = ByCursor()
        pages.ordering = wanted.ordering
        rows: Any = pages.paginate_queryset(found, request, self)
        assert wanted.answer is not None
        return pages.get_paginated_response(wanted.answer(rows, many=True).data)

    def written(self, wanted: Operation, request: Request, found: Any) -> Response:
        if wanted.answer is None:
            return Response(status=204)
        tag = wanted.etag(found) if wanted.etag is not None else ""
        if tag and not wanted.writes and known(request, tag):
            return Response(status=304, headers={"ETag": tag})
        return Response(wanted.answer(found).data, status=wanted.status, headers={"ETag": tag} if tag else None)

    def get_parsers(self) -> list[BaseParser]:
        wanted = self.operations.get(getattr(self.request, "method", "") or "")
        if wanted is not None and wanted.body is None and wanted.writes:
            return [Unlimited()]
        return [MultiPartParser()] if wanted is not None and wanted.files else [CarefulJson()]


def endpoint(*operations: Operation) -> Any:
    """The view for the operations of one address, each with a method of its own."""
    by_method = {one.method: one for one in operations}
    assert len(by_method) == len(operations)
    body: dict[str, Any] = {one.method.lower(): _handler(one) for one in operations}
    body["operations"] = by_method
    body["http_method_names"] = [*(name.lower() for name in by_method), "head"]
    made: Any = type("".join(one.id.title().replace("_", "") for one in operations), (ApiView,), body)
    return made.as_view()


class Unknown(ApiView):
    """Addresses that are none."""

    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise exceptions.NotFound(_("There is no such address. The description lists all."))


def _handler(wanted: Operation) -> Any:
    def handler(self: ApiView, request: Request, **place: Any) -> Response:
        return self.run(wanted, request, **place)

    handler.__doc__ = wanted.act.__doc__
    return extend_schema(
        operation_id=wanted.id,
        description=" ".join((wanted.act.__doc__ or "").split()),
        tags=[wanted.tag],
        request=_request(wanted),
        responses=_responses(wanted),
        parameters=_parameters(wanted),
        auth=_doors(wanted),  # type: ignore[arg-type] # the form of OpenAPI itself
        extensions={"x-scope": wanted.scope} if wanted.scope else None,
    )(handler)


def _doors(wanted: Operation) -> list[dict[str, list[str]]]:
    if wanted.tracked:
        return [{"tracking": []}]
    return [{"bearer": []}] if wanted.scope else []


def _request(wanted: Operation) -> Any:
    if wanted.body is None:
        return None
    return {"multipart/form-data": wanted.body} if wanted.files else {"application/json": wanted.body}


def _responses(wanted: Operation) -> dict[Any, Any]:
    good: Any = OpenApiResponse(description="Done.") if wanted.answer is None else wanted.answer
    if wanted.filters is not None or wanted.ordering:
        assert wanted.answer is not None
        good = _page(wanted.answer)
    found: dict[Any, Any] = {204 if wanted.answer is None else wanted.status: good}
    codes = [401, 429]
    if wanted.scope:
        codes += [403]
    if wanted.etag and not wanted.writes:
        found[304] = OpenApiResponse(description="What If-None-Match names is still so.")
    if wanted.writes:
        codes += [400, 409, 412, 413, 415, 422] if wanted.body or wanted.files else [400, 409, 412, 422]
    else:
        codes += [400]
    for code in (*codes, 404, 406):
        found[(code, "application/problem+json")] = ProblemOut
    return found


def _page(rows: type[serializers.BaseSerializer[Any]]) -> type[serializers.Serializer[Any]]:
    """The frame of a page of rows."""
    fields = {
        "next": serializers.URLField(allow_null=True),
        "previous": serializers.URLField(allow_null=True),
        "results": rows(many=True),
    }
    return type(f"{rows.__name__.removesuffix('Out')}Page", (serializers.Serializer,), fields)


def _parameters(wanted: Operation) -> list[OpenApiParameter]:
    header: Any = OpenApiParameter.HEADER
    number = {"type": "integer", "minimum": 1, "maximum": MOST}
    rows = [OpenApiParameter("Accept-Language", str, header, description="zh-hans or en")]
    if wanted.writes and wanted.scope:
        rows.append(OpenApiParameter("Idempotency-Key", {"type": "string", "pattern": KEY}, header))
    if wanted.etag:
        rows.append(OpenApiParameter("If-Match" if wanted.writes else "If-None-Match", str, header))
    if wanted.ordering:
        rows.append(OpenApiParameter("cursor", str))
        rows.append(OpenApiParameter("page_size", number))
    for name, one in getattr(wanted.filters, "base_filters", {}).items():
        rows.append(OpenApiParameter(name, one.shape, description=str(one.label or ""), explode=True))
    return rows
