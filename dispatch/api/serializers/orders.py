"""Orders, their parts and what the squads enter on scene."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from cases.models import (
    Answer,
    Finding,
    LabTest,
    Order,
    Part,
    PartItem,
    ReportIn,
    Result,
    Ruling,
    RulingOutcome,
    Target,
    TargetKind,
    Visit,
    VisitOutcome,
)
from dispatch.api.serializers import strict
from dispatch.api.serializers.cases import TargetBrief
from dispatch.api.serializers.ground import SquadOut, StreetOut


class TargetOut(serializers.ModelSerializer[Target]):
    street = StreetOut()
    grid = serializers.CharField(source="grid.code", allow_null=True, default=None)

    class Meta:
        model = Target
        fields = (
            *("id", "kind", "name", "aliases", "uscc", "trade", "address", "lat", "lng", "radius_m", "street", "grid"),
            *("person_in_charge", "noise_zone", "yearly_cap", "no_disturb", "active", "merged_into"),
        )


class TargetIn(serializers.Serializer[Any]):
    street_id = strict.Id()
    kind = serializers.ChoiceField(TargetKind.choices, default=TargetKind.BUSINESS)
    name = strict.Text(max_length=160)
    address = strict.Text(max_length=240, required=False, default="", allow_blank=True)
    uscc = strict.Text(max_length=18, required=False, default="", allow_blank=True)
    lat = strict.Number(min_value=-90, max_value=90, required=False, allow_null=True, default=None)
    lng = strict.Number(min_value=-180, max_value=180, required=False, allow_null=True, default=None)


class AnswerOut(serializers.ModelSerializer[Answer]):
    class Meta:
        model = Answer
        fields = ("id", "result", "value", "unit", "limit", "standard", "text_value", "instrument", "note")


class PartItemOut(serializers.ModelSerializer[PartItem]):
    code = serializers.CharField(source="item.code")
    name = serializers.CharField(source="item.name")
    kind = serializers.CharField(source="item.kind")
    unit = serializers.CharField(source="item.unit")
    photo_required = serializers.BooleanField(source="item.photo_required")
    choices = serializers.JSONField(source="item.choices")

    class Meta:
        model = PartItem
        fields = ("id", "code", "name", "kind", "unit", "choices", "photo_required")


class PartOut(serializers.ModelSerializer[Part]):
    squad = SquadOut()

    class Meta:
        model = Part
        fields = (
            *("id", "squad", "state", "is_lead", "called_at", "acknowledged_at", "on_scene_at", "done_at"),
            *("returns", "return_reason"),
        )


class PartDetailOut(PartOut):
    items = PartItemOut(many=True)

    class Meta(PartOut.Meta):
        fields = (*PartOut.Meta.fields, "items")  # type: ignore[assignment]


class VisitOut(serializers.ModelSerializer[Visit]):
    class Meta:
        model = Visit
        fields = ("id", "sequence", "state", "outcome", "started_at", "closed_at")


class OrderOut(serializers.ModelSerializer[Order]):
    target = TargetBrief()
    street = StreetOut()
    parts = PartOut(many=True)

    class Meta:
        model = Order
        fields = (
            *("id", "number", "kind", "state", "urgency", "street", "target", "announced", "brief"),
            *("planned_day", "planned_from", "planned_until", "urgent_first", "approved_at", "issued_at"),
            *("on_scene_at", "done_at", "parts"),
        )


class FindingOut(serializers.ModelSerializer[Finding]):
    part = serializers.IntegerField(source="part_id")

    class Meta:
        model = Finding
        fields = ("id", "part", "text", "state", "clause_group", "found_at")


class OrderDetailOut(OrderOut):
    parts = PartDetailOut(many=True)
    visits = VisitOut(many=True)
    findings = serializers.SerializerMethodField()

    class Meta(OrderOut.Meta):
        fields = (*OrderOut.Meta.fields, "visits", "findings")  # type: ignore[assignment]

    def get_findings(self, order: Order) -> list[dict[str, Any]]:
        rows = [finding for visit in order.visits.all() for finding in visit.findings.all()]
        return [dict(row) for row in FindingOut(rows, many=True).data]


class OrderBriefOut(serializers.ModelSerializer[Order]):
    target = TargetBrief()
    street = StreetOut()
    visits = VisitOut(many=True)

    class Meta:
        model = Order
        fields = (
            *("id", "number", "kind", "state", "urgency", "street", "target", "announced", "brief"),
            *("planned_day", "planned_from", "planned_until", "issued_at", "visits"),
        )


class PartWorkOut(PartDetailOut):
    """A squad's part with what it needs to do it."""

    order = OrderBriefOut()
    findings = FindingOut(many=True)

    class Meta(PartDetailOut.Meta):
        fields = (*PartDetailOut.Meta.fields, "order", "findings")  # type: ignore[assignment]


class OpenIn(serializers.Serializer[Any]):
    """Without ``need_ids`` all open needs of the party that may share a visit."""

    target_id = strict.Id()
    need_ids = strict.Ids(required=False, allow_null=True, default=None)
    planned_day = strict.Day(required=False, allow_null=True, default=None)
    planned_from = strict.Hour(required=False, allow_null=True, default=None)
    planned_until = strict.Hour(required=False, allow_null=True, default=None)
    lead_squad_id = strict.Id(required=False, allow_null=True, default=None)
    lead_reason = strict.Text(max_length=240, required=False, default="", allow_blank=True)
    guard_reason = strict.Text(max_length=240, required=False, default="", allow_blank=True)


class ApproveIn(serializers.Serializer[Any]):
    note = strict.Text(max_length=240, required=False, default="", allow_blank=True)


class ReportInIn(serializers.Serializer[Any]):
    """Who is there and where from. Fewer than two valid certificates of the agency are refused."""

    officer_ids = strict.Ids(max_length=20)
    lat = strict.Number(min_value=-90, max_value=90, required=False, allow_null=True, default=None)
    lng = strict.Number(min_value=-180, max_value=180, required=False, allow_null=True, default=None)
    accuracy_m = strict.Number(min_value=0, max_value=1e6, required=False, allow_null=True, default=None)
    far_reason = strict.Text(max_length=200, required=False, default="", allow_blank=True)
    identity_shown = strict.Flag(default=False)
    party_person = strict.Text(max_length=60, required=False, default="", allow_blank=True)
    party_role = strict.Text(max_length=40, required=False, default="", allow_blank=True)


class ReportInOut(serializers.ModelSerializer[ReportIn]):
    visit = serializers.IntegerField(source="visit_id")
    part = serializers.IntegerField(source="part_id")

    class Meta:
        model = ReportIn
        fields = ("id", "visit", "part", "at", "distance_m")


class AnswerIn(serializers.Serializer[Any]):
    """``result`` may be left out where a value is judged against its limit."""

    result = serializers.ChoiceField(
        [pair for pair in Result.choices if pair[0] != Result.SENT_TO_LAB], required=False, allow_null=True
    )
    value = strict.Amount(required=False, allow_null=True)
    text_value = strict.Text(max_length=120, required=False, allow_blank=True)
    instrument = strict.Text(max_length=80, required=False, allow_blank=True)
    note = strict.Text(max_length=400, required=False, allow_blank=True)
    photo_ids = strict.Ids(required=False, default=list, max_length=8)


class FinishIn(serializers.Serializer[Any]):
    note = strict.Text(max_length=400, required=False, default="", allow_blank=True)


class VisitCloseIn(serializers.Serializer[Any]):
    outcome = serializers.ChoiceField(VisitOutcome.choices)
    absent_part_ids = strict.Ids(required=False, default=list)
    note = strict.Text(max_length=400, required=False, default="", allow_blank=True)
    party_opinion = strict.Text(max_length=400, required=False, default="", allow_blank=True)


class CommissionIn(serializers.Serializer[Any]):
    laboratory_id = strict.Id()
    sample = strict.Text(max_length=160, required=False, default="", allow_blank=True)


class LabIn(serializers.Serializer[Any]):
    value = strict.Amount(required=False, allow_null=True, default=None)
    method = strict.Text(max_length=80)
    report_number = strict.Text(max_length=40)
    conforms = strict.Flag(required=False, allow_null=True, default=None)


class LabOut(serializers.ModelSerializer[LabTest]):
    class Meta:
        model = LabTest
        fields = ("id", "number", "state", "value", "unit", "limit", "standard", "conforms", "reported_at")


class FindingIn(serializers.Serializer[Any]):
    text = strict.Text(max_length=400)
    item_id = strict.Id(required=False, allow_null=True, default=None)
    clause_group = strict.Text(max_length=24, required=False, default="", allow_blank=True)


class RulingIn(serializers.Serializer[Any]):
    """An officer of the competent agency decides and signs; ``due_day`` with ``measures`` for a rectification."""

    outcome = serializers.ChoiceField(RulingOutcome.choices)
    reason = strict.Text(max_length=400)
    measures = strict.Text(max_length=400, required=False, default="", allow_blank=True)
    due_day = strict.Day(required=False, allow_null=True, default=None)
    corrected_on_spot = strict.Flag(default=False)
    slight = strict.Flag(required=False, allow_null=True, default=None)
    handed_to = strict.Text(max_length=120, required=False, default="", allow_blank=True)


class RulingOut(serializers.ModelSerializer[Ruling]):
    class Meta:
        model = Ruling
        fields = ("id", "finding", "outcome", "reason", "measures", "due_at", "paper_number", "ruled_at", "proposal")


class PhotoIn(serializers.Serializer[Any]):
    file = strict.Upload()


class PhotoOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    sha256 = serializers.CharField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()
