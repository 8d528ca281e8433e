"""Which column of a plan's file is which of our fields."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from django.utils.translation import gettext_lazy as _

from cases.services.imports import columns as named_columns

FIELDS: Mapping[str, object] = MappingProxyType(
    {
        "name": _("name"),
        "uscc": _("unified social credit code"),
        "address": _("address"),
        "items": _("inspection items"),
        "month": _("month or quarter"),
        "from": _("first day"),
        "until": _("last day"),
        "note": _("note"),
    }
)

# Names that agencies' plans use, best first; compared without blanks and signs.
_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "name": "检查对象 检查对象名称 企业名称 主体名称 市场主体名称 商户名称 单位名称 对象名称 名称 name",
        "uscc": "统一社会信用代码 社会信用代码 信用代码 统一代码 uscc creditcode unifiedsocialcreditcode",
        "address": "经营地址 经营场所 检查地点 详细地址 住所 地址 address",
        "items": "检查事项 检查内容 检查项目 事项 items inspectionitems",
        "month": "计划月份 检查月份 计划检查月份 计划检查时间 检查时间 计划时间 月份 季度 month monthorquarter",
        "from": "开始日期 起始日期 检查开始日期 开始时间 from firstday",
        "until": "结束日期 截止日期 完成期限 检查结束日期 完成时限 结束时间 until lastday",
        "note": "备注 说明 note",
    }
)
_PARTY = ("name", "uscc", "address")
_DAYS = ("month", "until")


def columns_guess(header: Sequence[str]) -> dict[str, str]:
    """Field → column name, for every field whose column is recognised."""
    return named_columns.guess(header, _NAMES)


def columns_check(columns: Mapping[str, str], header: Iterable[str]) -> None:
    """Something names the party, something the days. ``Refused`` as ``imports.columns.check``."""
    for several in (_PARTY, _DAYS):
        if not any(columns.get(field) for field in several):
            raise named_columns.missing(several[0], FIELDS)
    named_columns.check(columns, header, FIELDS, ())
