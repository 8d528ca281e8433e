"""What the doors share: sessions, and the tokens that the API reads and the console hands out."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils.translation import gettext_lazy as _


class Session(AbstractBaseSession):
    """A browser's session. Its key is the hash of what the browser holds: who copies the table enters nowhere.

    ``user`` and all below it are of a member of staff who signed in; a resident's session has none of them.
    """

    session_key = models.CharField(max_length=40, primary_key=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="sessions")
    face = models.CharField(max_length=8, blank=True)  # whose limits count: office or field
    device = models.CharField(max_length=40, blank=True)  # browser and system, by ``devices``; never an address
    begun_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)  # the last act of a person, not of a page that renews itself
    ended_why = models.CharField(max_length=12, blank=True)  # ended before its time: what its browser is told

    class Meta(AbstractBaseSession.Meta):
        abstract = False

    @classmethod
    def get_session_store_class(cls) -> type[SessionBase]:
        from dispatch.web.sessionstore import SessionStore

        return SessionStore


class ApiToken(models.Model):
    """A bearer token of one account (a person's or a system's). Only its hash is kept; ``hint`` is its beginning."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(_("what it is for"), max_length=80)
    hint = models.CharField(max_length=12)
    digest = models.CharField(max_length=64, unique=True)
    scopes = ArrayField(models.CharField(max_length=40))
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        app_label = "api"  # where its migrations are; the faces may not import each other
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")

    def __str__(self) -> str:
        return f"{self.hint}…"
