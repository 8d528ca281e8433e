"""Which column of a hotline's file is which of our fields. Guessed by name, corrected by a person."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cases.refusals import Refused

FIELDS: Mapping[str, object] = MappingProxyType(
    {
        "number": _("order number"),
        "text": _("content"),
        "class1": _("class, level 1"),
        "class2": _("class, level 2"),
        "class3": _("class, level 3"),
        "class4": _("class, level 4"),
        "original_unit": _("original unit"),
        "unit": pgettext_lazy("hotline", "unit"),
        "channel": _("channel"),
        "kind": _("kind of request"),
        "urgency": _("urgency"),
        "occurred_at": _("time"),
        "party_name": _("party"),
        "address": _("address"),
        "name": _("caller's name"),
        "phone": _("caller's phone"),
        "keep_secret": _("keep secret"),
        "lat": _("latitude"),
        "lng": _("longitude"),
    }
)
REQUIRED = ("number", "text")

# Names that such exports use, best first; compared without blanks and signs.
_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "number": "工单编号 工单号 工单号码 诉求编号 受理编号 受理单号 编号 流水号 number ordernumber id",
        "text": "诉求内容 工单内容 投诉内容 问题描述 事件描述 诉求描述 内容 描述 content text description",
        "class1": "行业分类1级 一级分类 分类1级 大类 问题大类 class1",
        "class2": "行业分类2级 二级分类 分类2级 小类 问题小类 class2",
        "class3": "行业分类3级 三级分类 分类3级 class3",
        "class4": "行业分类4级 四级分类 分类4级 class4",
        "original_unit": "原处置单位 原承办单位 originalunit",
        "unit": "处置单位 承办单位 主办单位 责任单位 unit",
        "channel": "来源渠道 诉求渠道 受理渠道 诉求来源 来源 渠道 channel source",
        "kind": "诉求类型 工单类型 诉求性质 类型 kind type",
        "urgency": "紧急程度 紧急度 等级 缓急 urgency",
        "occurred_at": "发生时间 诉求时间 来电时间 受理时间 登记时间 时间 time occurredat",
        "party_name": "被反映对象 被投诉对象 被诉主体 商户名称 企业名称 店名 party",
        "address": "事发地址 发生地址 事件地址 诉求地址 发生地点 地点 地址 address",
        "name": "诉求人姓名 来电人姓名 市民姓名 联系人 诉求人 来电人 姓名 name",
        "phone": "联系电话 来电号码 联系方式 手机号码 手机号 电话 phone",
        "keep_secret": "是否保密 保密 隐藏身份 keepsecret",  # nosec B105 # a word, no password
        "lat": "纬度 lat latitude",
        "lng": "经度 lng lon longitude",
    }
)
_SIGNS = re.compile(r"[\W_]+")


def columns_guess(header: Sequence[str]) -> dict[str, str]:
    """Field → column name of a hotline's file, for every field whose column is recognised."""
    return guess(header, _NAMES)


def guess(header: Sequence[str], known: Mapping[str, str]) -> dict[str, str]:
    """Field → column name by known names of each field, best first; a column serves one field only.

    1. names that are equal; 2. a known name within the column's name (``市民诉求内容``), longest first.
    """
    plain = {column: _plain(column) for column in header if column}
    found: dict[str, str] = {}
    for field, names in known.items():
        for name in names.split():
            match = next((c for c, p in plain.items() if p == name and c not in found.values()), None)
            if match is not None:
                found[field] = match
                break
    for field, names in known.items():
        if field in found:
            continue
        for name in sorted((n for n in names.split() if len(n) > 2 and not n.isascii()), key=len, reverse=True):
            match = next((c for c, p in plain.items() if name in p and c not in found.values()), None)
            if match is not None:
                found[field] = match
                break
    return found


def columns_wrong(columns: Mapping[str, str], header: Iterable[str]) -> tuple[str, ...]:
    """Required fields without a column and fields whose column the file doesn't have, in the order of ``FIELDS``."""
    there = set(header)
    return tuple(
        field
        for field in FIELDS
        if (field in REQUIRED and not columns.get(field)) or (columns.get(field) and columns[field] not in there)
    )


def merged(known: Mapping[str, str], given: Mapping[str, str], fields: Mapping[str, object]) -> dict[str, str]:
    """The guess with what a person said over it; an empty name takes a field away. ``Refused("field_unknown")``."""
    unknown = set(given) - set(fields)
    if unknown:
        raise Refused(
            "field_unknown", _("No such field: %(fields)s.") % {"fields": ", ".join(sorted(unknown))}, status=422
        )
    return {field: column for field, column in {**known, **given}.items() if column}


def check(
    columns: Mapping[str, str], header: Iterable[str], fields: Mapping[str, object], required: Iterable[str]
) -> None:
    """``Refused`` (422 with ``field``): ``column_missing``, ``column_unknown``, ``column_twice``."""
    there, used, needed = set(header), set(), set(required)
    for field in fields:
        column = columns.get(field)
        if not column:
            if field in needed:
                raise missing(field, fields)
            continue
        if column not in there:
            raise Refused(
                "column_unknown",
                _("The file has no column “%(column)s”.") % {"column": column},
                field=field,
                status=422,
            )
        if column in used:
            raise Refused(
                "column_twice",
                _("The column “%(column)s” is chosen twice.") % {"column": column},
                field=field,
                status=422,
            )
        used.add(column)


def missing(field: str, fields: Mapping[str, object]) -> Refused:
    """That no column was named for a field which a file can't be without."""
    why = _("Say which column is “%(field)s”.") % {"field": fields[field]}
    return Refused("column_missing", why, field=field, status=422)


def _plain(name: str) -> str:
    return _SIGNS.sub("", unicodedata.normalize("NFKC", name)).lower()
