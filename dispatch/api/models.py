"""Tokens of machines and people, and what was answered to a key that was sent once."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from dispatch.web.models import ApiToken

__all__ = ["ApiToken", "Sending"]


class Sending(models.Model):
    """What a client key was answered. Written in the transaction of the act itself: either both stand or neither."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=80)
    digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    answer = models.JSONField(null=True)
    etag = models.CharField(max_length=64, blank=True)
    at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="sending_once_a_key")]
