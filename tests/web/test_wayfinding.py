"""A phone's map is opened in its own datum."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from dispatch.web.templatetags.wayfinding import dial, ways
from teams.geo import distance_m


def test_each_map_gets_its_datum_and_no_name() -> None:
    found = {way.key: way.url for way in ways(SimpleNamespace(lat=37.86, lng=112.56, name="演示·烧烤店"))}
    assert found["geo"] == "geo:37.860000,112.560000?q=37.860000,112.560000"
    tencent = found["tencent"].split("tocoord=")[1].split(",")
    assert 400 < distance_m(37.86, 112.56, float(tencent[0]), float(tencent[1])) < 700
    assert f"dlat={tencent[0]}&dlon={tencent[1]}" in found["amap"]
    assert "coord_type=bd09ll" in found["baidu"]
    assert tencent[0] not in found["baidu"]
    assert all("%E7%83%A4" not in url and "烤" not in url for url in found.values())


def test_a_place_without_a_point_has_no_way() -> None:
    assert ways(SimpleNamespace(lat=None, lng=None)) == []
    assert ways(None) == []


@pytest.mark.parametrize(
    ("phone", "link"),
    [("0351-123 4567", "03511234567"), ("+86 (351) 12", "+8635112"), ("139****0000", ""), ("", ""), (None, "")],
)
def test_only_numbers_that_can_be_dialled_become_links(phone: str | None, link: str) -> None:
    assert dial(phone) == link
