"""``Authorization: Bearer …`` names the account; ``Authorization: Tracking …`` the private link of a resident."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from cases.refusals import Refused
from cases.services import identity
from dispatch.web.factorduty import factor_lacks
from dispatch.web.models import ApiToken
from dispatch.web.tokens import token_find
from teams.models import User
from teams.selectors import actor_of


def _credentials(request: Request, scheme: str) -> str | None:
    kind, _sep, text = get_authorization_header(request).decode("latin-1").partition(" ")
    return text.strip() if kind.lower() == scheme else None


class BearerAuthentication(BaseAuthentication):
    """401 for a token that is unknown, ended or of a closed account: all the same to the outside."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        text = _credentials(request, "bearer")
        if text is None:
            return None
        token = token_find(text)
        if token is None:
            raise AuthenticationFailed(_("This token is not valid. Ask your administrator for another."))
        actor = actor_of(token.user)
        if factor_lacks(actor):
            raise Refused(
                "second_factor_needed",
                _("This account's role needs a second factor. Its owner signs in and sets it up; then this works."),
                status=403,
            )
        request._actor = actor  # type: ignore[attr-defined]  # for actor_for: read once a request
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


def tracking_hash(request: Request) -> str | None:
    """The stored form of the private link's secret, None when none was sent. It never stands in an address."""
    text = _credentials(request, "tracking")
    return identity.token_hash(text) if text and len(text) <= 64 else None


class TrackingAuthentication(BaseAuthentication):
    """What the description says of the private link's secret; the operations look it up themselves."""

    def authenticate(self, request: Request) -> None:
        return None

    def authenticate_header(self, request: Request) -> str:
        return 'Tracking realm="api"'


class TrackingScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = TrackingAuthentication
    name = "tracking"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        words = "“Tracking ” and the secret that the report was answered with."
        return {"type": "apiKey", "in": "header", "name": "Authorization", "description": words}


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = BearerAuthentication
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "A token of an account, see “Tokens”."}
