"""The ground of maps: outlines for everybody, grids when near, tiles only by setting."""

from __future__ import annotations

import json

import pytest
from django.conf import settings
from django.template.loader import render_to_string
from django.test import Client, RequestFactory, override_settings
from django.urls import reverse

from dispatch.checks import tiles_are_readable
from dispatch.web.maps import read_box, read_zoom
from dispatch.web.tiles import read_tiles, tile_hosts
from teams.models import Street
from tests.cast import Cast

AMAP = {"name": "A", "url": "https://t{s}.example/{z}/{x}/{y}", "subdomains": "12", "datum": "gcj02"}


def kinds(client: Client, **query: str) -> list[str]:
    answer = client.get(reverse("map_ground"), query)
    assert answer.status_code == 200
    return [f["properties"]["kind"] for f in answer.json()["features"]]


def test_streets_stand_from_far_and_grids_when_near(cast: Cast, client: Client) -> None:
    drawn = Street.objects.exclude(outline=None).count()
    assert kinds(client) == ["street"] * drawn
    assert kinds(client, bbox="112.5,37.8,112.7,37.9", zoom="13") == ["street"] * drawn
    assert "grid" in kinds(client, bbox="112.5,37.8,112.7,37.9", zoom="14")
    assert kinds(client, bbox="1,1,2,2", zoom="14") == []


def test_an_outline_that_is_none_leaves_the_map_standing(cast: Cast, client: Client) -> None:
    before = len(kinds(client))
    Street.objects.filter(pk=cast.street.pk).update(outline={"type": "Polygon", "coordinates": "nonsense"})
    assert len(kinds(client)) == before - 1


def test_the_ground_is_sent_once(cast: Cast, client: Client) -> None:
    first = client.get(reverse("map_ground"))
    again = client.get(reverse("map_ground"), headers={"if-none-match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    Street.objects.filter(pk=cast.street.pk).update(name="演示·新名")
    changed = client.get(reverse("map_ground"), headers={"if-none-match": first["ETag"]})
    assert changed.status_code == 200
    assert "演示·新名" in [f["properties"]["name"] for f in changed.json()["features"]]


@pytest.mark.parametrize("text", [None, "", "1,2,3", "a,b,c,d", "3,1,2,2", "nan,1,2,3", "0,0,200,1"])
def test_a_box_that_is_none(text: str | None) -> None:
    assert read_box(text) is None


@pytest.mark.parametrize(("text", "zoom"), [(None, 0), ("x", 0), ("nan", 0), ("14.5", 14), ("-3", 0), ("99", 22)])
def test_zoom(text: str | None, zoom: int) -> None:
    assert read_zoom(text) == zoom


def test_tiles_are_a_wish_and_their_hosts_the_only_foreign_ones() -> None:
    layers = read_tiles(json.dumps([AMAP, {"name": "own", "url": "/tiles/{z}/{x}/{y}.png"}]))
    assert [layer["datum"] for layer in layers] == ["gcj02", "wgs84"]
    assert tile_hosts(layers) == ["https://t1.example", "https://t2.example"]
    assert read_tiles("") == []
    assert settings.MAP_TILES == []
    assert settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]["img-src"] == ["'self'", "data:", "blob:"]


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "{}",
        '[{"name": "A"}]',
        '[{"name": "A", "url": "https://a.example/"}]',
        '[{"name": "A", "url": "javascript:{x}{y}{z}"}]',
        '[{"name": "A", "url": "https://a.example/{z}/{x}/{y}", "datum": "bd09"}]',
    ],
)
def test_a_wrong_layer_is_a_check_with_an_id(text: str) -> None:
    with pytest.raises(ValueError) as problem:
        read_tiles(text)
    with override_settings(MAP_TILES_PROBLEM=str(problem.value)):
        assert [found.id for found in tiles_are_readable(None)] == ["dispatch.E010"]
    assert tiles_are_readable(None) == []


def test_the_part_writes_numbers_for_machines_in_every_language() -> None:
    page = render_to_string(
        "parts/map.html",
        {"lat": 37.5, "lng": 112.25, "mark": '<b>"', "radius": 1500},
        request=RequestFactory().get("/"),
    )
    assert 'data-map-lat="37.5" data-map-lng="112.25"' in page
    assert 'data-map-mark="&lt;b&gt;&quot;"' in page
    assert 'data-map-radius="1500"' in page
    assert "data-map-pin" not in page
