"""What residents send and read, and what the office writes down for callers."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from cases.models import LineKind, RequestKind, Urgency
from cases.services.intake import MAX_TEXT
from dispatch.api.serializers import strict


class ComplaintIn(serializers.Serializer[Any]):
    """A resident's report. Where: a party, an address or a point, as far as known; contact is voluntary."""

    text = strict.Text(max_length=MAX_TEXT)
    kind = serializers.ChoiceField(RequestKind.choices, default=RequestKind.COMPLAINT)
    party_name = strict.Text(max_length=160, required=False, default="", allow_blank=True)
    address = strict.Text(max_length=240, required=False, default="", allow_blank=True)
    lat = strict.Number(min_value=-90, max_value=90, required=False, allow_null=True, default=None)
    lng = strict.Number(min_value=-180, max_value=180, required=False, allow_null=True, default=None)
    accuracy_m = strict.Number(min_value=0, max_value=1e6, required=False, allow_null=True, default=None)
    occurred_at = strict.Moment(required=False, allow_null=True, default=None)
    name = strict.Text(max_length=60, required=False, default="", allow_blank=True)
    phone = strict.Text(max_length=32, required=False, default="", allow_blank=True)
    keep_secret = strict.Flag(default=True)
    language = serializers.ChoiceField([("zh-hans", "zh-hans"), ("en", "en")], default="zh-hans")
    client_key = strict.Text(
        max_length=64, required=False, allow_null=True, default=None, help_text="The same key twice is one report."
    )


class TakenIn(ComplaintIn):
    """A caller's words, written down by the office of a street."""

    street_id = strict.Id()
    urgency = serializers.ChoiceField(Urgency.choices, default=Urgency.GENERAL)


class ReceivedOut(serializers.Serializer[Any]):
    """``token`` opens the private page and is the secret of ``Authorization: Tracking …``; keep it, it is shown here
    only."""

    reference = serializers.CharField(source="complaint.reference")
    case_id = serializers.IntegerField(source="case.pk")
    token = serializers.CharField(allow_null=True)


class LineOut(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(LineKind.choices)
    text = serializers.CharField()
    at = serializers.DateTimeField()


class MatterOut(serializers.Serializer[Any]):
    """One problem of the report as far as its complainant may know."""

    case_id = serializers.IntegerField()
    stage = serializers.CharField()
    disposition = serializers.CharField()
    taken_up_at = serializers.DateTimeField(allow_null=True)
    on_site_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    rateable = serializers.BooleanField()


class TrackedOut(serializers.Serializer[Any]):
    """A report and what became of it, for its complainant alone."""

    reference = serializers.CharField(source="complaint.reference")
    received_at = serializers.DateTimeField(source="complaint.received_at")
    withdrawn = serializers.BooleanField()
    question = LineOut(allow_null=True)
    matters = MatterOut(many=True)
    lines = LineOut(many=True)


class FeedbackIn(serializers.Serializer[Any]):
    case_id = strict.Id()
    contacted = strict.Flag()
    solved = strict.Flag()
    satisfied = strict.Whole(min_value=1, max_value=5)
    words = strict.Text(max_length=400, required=False, default="", allow_blank=True)


class FeedbackOut(serializers.Serializer[Any]):
    contacted = serializers.BooleanField()
    solved = serializers.BooleanField()
    satisfied = serializers.IntegerField()
    words = serializers.CharField()
    rework = serializers.CharField()
