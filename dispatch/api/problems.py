"""Every refusal as ``application/problem+json`` (RFC 9457): a stable code for machines, a sentence for people."""

from __future__ import annotations

from typing import Any

import structlog
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, UnreadablePostError
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.settings import api_settings

from cases.refusals import Refused

log = structlog.get_logger(__name__)

TYPE = "application/problem+json"
RETRY_AFTER = 5
"""Seconds in which a database that fell is usually back."""
_CODES: dict[type[exceptions.APIException], str] = {
    exceptions.ValidationError: "invalid",
    exceptions.ParseError: "malformed",
    exceptions.NotAuthenticated: "token_needed",
    exceptions.AuthenticationFailed: "token_invalid",
    exceptions.PermissionDenied: "not_allowed",
    exceptions.NotFound: "not_found",
    exceptions.MethodNotAllowed: "method_not_allowed",
    exceptions.NotAcceptable: "not_acceptable",
    exceptions.UnsupportedMediaType: "media_type",
    exceptions.Throttled: "too_often",
}


class Changed(exceptions.APIException):
    """The row is not what the caller has read (``If-Match``)."""

    status_code = 412
    default_code = "changed_meanwhile"


class TooLarge(exceptions.APIException):
    """More than a request may hold."""

    status_code = 413
    default_code = "too_large"


class KeyReused(exceptions.APIException):
    """An ``Idempotency-Key`` that was used for something else."""

    status_code = 422
    default_code = "key_reused"


def problem(error: Exception, _context: Any = None) -> Response:
    """The answer to whatever a view raised; DRF's ``EXCEPTION_HANDLER``. What nobody expected is logged and told
    without its words."""
    if isinstance(error, Refused):
        errors = [_field(error.field, error.code, str(error))] if error.field else []
        facts = {key: value for key, value in error.params.items() if isinstance(value, str | int | float | bool)}
        return _answer(error.status, error.code, str(error), errors, facts)
    if isinstance(error, Http404):
        error = exceptions.NotFound(_("There is nothing here that you may see."))
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied(_("Your role does not include this."))
    elif isinstance(error, RequestDataTooBig):
        error = TooLarge(_("A request may hold at most two megabytes of fields."))
    elif isinstance(error, SuspiciousOperation | UnreadablePostError):  # too many fields or files, broken off
        error = exceptions.ParseError(_("This request can't be read."))
    if isinstance(error, OperationalError | InterfaceError):  # gone, starting, or too slow for a statement
        log.warning("api_database_away", kind=type(error).__name__, exc_info=True)
        text = _(
            "The database does not answer at the moment. Send this again in a few seconds; with an Idempotency-Key"
            " it is done once."
        )
        answer = _answer(503, "unavailable", text)
        answer["Retry-After"] = str(RETRY_AFTER)
        return answer
    if not isinstance(error, exceptions.APIException):
        log.exception("api_fault", kind=type(error).__name__)
        return _answer(500, "fault", _("Something went wrong here. It has been recorded; try again in a moment."))
    code = _CODES.get(type(error), error.default_code)
    if isinstance(error, exceptions.ValidationError):
        return _answer(error.status_code, code, _("Some fields are wrong."), _fields(error.get_full_details()))
    answer = _answer(error.status_code, code, str(error.detail))
    if wait := getattr(error, "wait", None):  # of Throttled
        answer["Retry-After"] = str(max(1, int(wait)))
    if header := getattr(error, "auth_header", None):
        answer["WWW-Authenticate"] = header
    return answer


def _answer(
    status: int, code: str, detail: str, errors: list[dict[str, str]] | None = None, facts: dict[str, Any] | None = None
) -> Response:
    body: dict[str, Any] = {"type": "about:blank", "status": status, "code": code, "detail": detail}
    if errors:
        body["errors"] = errors
    if facts:
        body["facts"] = facts
    return Response(body, status=status, content_type=TYPE)


def _fields(details: Any, at: str = "") -> list[dict[str, str]]:
    """Full details of a serializer, flattened: one row a message, nested fields as ``a.b``."""
    if isinstance(details, dict) and set(details) == {"message", "code"}:
        return [_field(at, details["code"], str(details["message"]))]
    if isinstance(details, dict):
        rows: list[dict[str, str]] = []
        for name, inner in details.items():
            own = "" if name == api_settings.NON_FIELD_ERRORS_KEY else str(name)
            rows += _fields(inner, ".".join(part for part in (at, own) if part))
        return rows
    return [row for inner in details for row in _fields(inner, at)]


def _field(name: str | None, code: str, message: str) -> dict[str, str]:
    return {"field": name or "", "code": code, "message": message}
