"""Which column of a file of parties is which of our fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from django.utils.translation import gettext_lazy as _

from cases.services.imports.columns import guess

FIELDS: Mapping[str, object] = MappingProxyType(
    {
        "name": _("name"),
        "uscc": _("unified social credit code"),
        "kind": _("kind"),
        "trade": _("trade"),
        "address": _("address"),
        "aliases": _("other names"),
        "person_in_charge": _("person in charge"),
        "phone": _("phone of the party"),
        "lat": _("latitude"),
        "lng": _("longitude"),
        "noise_zone": _("noise zone (GB 3096)"),
        "yearly_cap": _("inspections a year, at most"),
    }
)
REQUIRED = ("name",)

# Names that market registers and ledgers of streets use, best first; compared without blanks and signs.
_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "name": "企业名称 主体名称 市场主体名称 商户名称 单位名称 店铺名称 对象名称 字号名称 名称 店名 name",
        "uscc": "统一社会信用代码 社会信用代码 信用代码 统一代码 注册号 uscc creditcode unifiedsocialcreditcode",
        "kind": "对象类型 主体类型 类型 kind type",
        "trade": "行业 行业类别 行业门类 业态 经营类别 经营范围分类 trade industry",
        "address": "经营地址 经营场所 实际经营地址 住所 注册地址 详细地址 地址 address",
        "aliases": "别名 曾用名 招牌名称 招牌 简称 aliases othernames",
        "person_in_charge": "负责人 法定代表人 经营者 经营者姓名 法人 联系人 personincharge",
        "phone": "联系电话 负责人电话 经营者电话 电话 手机号 联系方式 phone phoneoftheparty",
        "lat": "纬度 lat latitude",
        "lng": "经度 lng lon longitude",
        "noise_zone": "声环境功能区 噪声功能区 功能区类别 noisezone noisezonegb3096",
        "yearly_cap": "年度检查上限 年检查次数上限 检查频次上限 yearlycap",
    }
)


def columns_guess(header: Sequence[str]) -> dict[str, str]:
    """Field → column name, for every field whose column is recognised."""
    return guess(header, _NAMES)
