"""Cases as the office reads and decides them. Who complained is never here."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from cases.models import Case, CheckAfter, Complaint, Disposition, Event, Need, Severity, Target, TargetKind, Urgency
from dispatch.api.serializers import strict
from dispatch.api.serializers.ground import CategoryOut, StreetOut
from dispatch.api.serializers.plain import PlainSerializer


class TargetBrief(PlainSerializer[Target]):
    class Meta:
        model = Target
        fields = ("id", "kind", "name", "address")


class CaseOut(PlainSerializer[Case]):
    street = StreetOut()
    category = CategoryOut(allow_null=True)
    target = TargetBrief(allow_null=True)
    grid = serializers.CharField(source="grid.code", allow_null=True, default=None)
    merged_into = serializers.IntegerField(source="merged_into_id", allow_null=True)

    class Meta:
        model = Case
        fields = (
            *("id", "reference", "stage", "disposition", "severity", "urgency", "source", "title", "brief"),
            *("street", "grid", "category", "target", "address", "lat", "lng", "complaint_count", "rework_count"),
            *("opened_at", "stage_at", "closed_at", "due_kind", "due_at", "warn_at", "merged_into", "result_text"),
        )


class ComplaintOut(PlainSerializer[Complaint]):
    """What was said; the caller's phone only masked."""

    masked_phone = serializers.CharField(source="identity.masked_phone", allow_null=True, default=None)

    class Meta:
        model = Complaint
        fields = ("id", "reference", "source", "kind", "urgency", "text", "received_at", "keep_secret", "masked_phone")


class NeedOut(serializers.ModelSerializer[Need]):
    agencies = serializers.ListField(child=serializers.IntegerField())

    class Meta:
        model = Need
        fields = ("id", "cause", "state", "urgency", "from_day", "due_day", "agencies")

    def to_representation(self, row: Need) -> dict[str, Any]:
        fields = {name: getattr(row, name) for name in self.Meta.fields if name != "agencies"}
        return fields | {"agencies": [link.agency_id for link in row.agency_links.all()]}


class EventOut(PlainSerializer[Event]):
    """A fact of the journal without its body."""

    class Meta:
        model = Event
        fields = ("seq", "kind", "at", "actor_role", "used_seconds", "late", "hash")


class CaseDetailOut(CaseOut):
    complaints = ComplaintOut(many=True)
    needs = NeedOut(many=True)
    events = EventOut(many=True)

    class Meta(CaseOut.Meta):
        fields = (*CaseOut.Meta.fields, "complaints", "needs", "events")  # type: ignore[assignment]


class NewPartyIn(serializers.Serializer[Any]):
    """A party that is not in the register yet."""

    kind = serializers.ChoiceField(TargetKind.choices, default=TargetKind.BUSINESS)
    name = strict.Text(max_length=160)
    address = strict.Text(max_length=240, required=False, default="", allow_blank=True)


DECISIONS = [pair for pair in Disposition.choices if pair[0] not in (Disposition.JOINED, Disposition.QUESTION)]
"""Joining has an operation of its own; questions are asked on the page."""


class TriageIn(serializers.Serializer[Any]):
    """What becomes of an accepted case. Inspection and handling task need category, party and a confirmed brief."""

    disposition = serializers.ChoiceField(DECISIONS)
    category_id = strict.Id(required=False, allow_null=True)
    severity = serializers.ChoiceField(Severity.choices, required=False)
    urgency = serializers.ChoiceField(Urgency.choices, required=False)
    target_id = strict.Id(required=False, allow_null=True)
    new_party = NewPartyIn(required=False)
    place_name = strict.Text(max_length=160, required=False, allow_blank=True)
    place_address = strict.Text(max_length=240, required=False, allow_blank=True)
    title = strict.Text(max_length=160, required=False, allow_blank=True)
    brief = strict.Text(max_length=4000, required=False, allow_blank=True)
    brief_confirmed = strict.Flag(default=False)
    agency_ids = strict.Ids(required=False)
    from_day = strict.Day(required=False, allow_null=True)
    due_day = strict.Day(required=False, allow_null=True)
    hour_from = strict.Hour(required=False, allow_null=True)
    hour_until = strict.Hour(required=False, allow_null=True)
    squad_id = strict.Id(required=False, allow_null=True)
    reply = strict.Text(max_length=4000, required=False, allow_blank=True)
    transfer_to = strict.Text(max_length=120, required=False, allow_blank=True)
    reason = strict.Text(max_length=400, required=False, allow_blank=True)


class MergeIn(serializers.Serializer[Any]):
    into_case_id = strict.Id()
    reason = strict.Text(max_length=400, required=False, default="", allow_blank=True)


class CheckAfterIn(serializers.Serializer[Any]):
    passed = strict.Flag()
    words = strict.Text(max_length=400)


class CheckAfterOut(PlainSerializer[CheckAfter]):
    class Meta:
        model = CheckAfter
        fields = ("id", "passed", "words", "at")


class CloseIn(serializers.Serializer[Any]):
    """``result_text`` goes to every complainant as it is."""

    result_text = strict.Text(max_length=4000)
