"""The datums of the maps that phones open: made at the edge, never stored."""

from __future__ import annotations

import pytest

from teams.geo import bd09, distance_m, gcj02, inside_china, wgs84_of_gcj02

KNOWN = {  # WGS-84 → GCJ-02, as published with the formula
    (31.1774276, 121.5272106): (31.17530398364597, 121.531541859215),
    (22.543847, 113.912316): (22.540796131694766, 113.9171764808363),
    (39.911954, 116.377817): (39.91334545536069, 116.38404722455657),
}


@pytest.mark.parametrize(("here", "there"), KNOWN.items())
def test_known_points(here: tuple[float, float], there: tuple[float, float]) -> None:
    assert gcj02(*here) == pytest.approx(there, abs=1e-9)


@pytest.mark.parametrize("lat", [18.3, 31.2, 37.86, 45.8, 53.4])
@pytest.mark.parametrize("lng", [75.9, 102.7, 112.55, 126.6])
def test_there_and_back(lat: float, lng: float) -> None:
    there = gcj02(lat, lng)
    assert 50 < distance_m(lat, lng, *there) < 900
    assert distance_m(lat, lng, *wgs84_of_gcj02(*there)) < 0.001
    baidu = bd09(lat, lng)
    assert 500 < distance_m(*there, *baidu) < 1500


def test_outside_china_a_map_shows_what_is_stored() -> None:
    paris = (48.8566, 2.3522)
    assert not inside_china(*paris)
    assert gcj02(*paris) == bd09(*paris) == wgs84_of_gcj02(*paris) == paris
