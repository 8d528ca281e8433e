"""GCJ-02, the shifted datum of Chinese web maps, to WGS-84 and back: the public formula, its inverse iterated."""

from __future__ import annotations

from math import cos, pi, sin, sqrt

_A = 6378245.0  # Krasovsky 1940
_E2 = 0.00669342162296594323
_ROUNDS = 8  # the shift is smooth: each round gains three digits


def _bend(x: float, y: float) -> tuple[float, float]:
    wave = (20 * sin(6 * x * pi) + 20 * sin(2 * x * pi)) * 2 / 3
    lat = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + wave
    lat += (20 * sin(y * pi) + 40 * sin(y / 3 * pi)) * 2 / 3
    lat += (160 * sin(y / 12 * pi) + 320 * sin(y * pi / 30)) * 2 / 3
    lng = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + wave
    lng += (20 * sin(x * pi) + 40 * sin(x / 3 * pi)) * 2 / 3
    lng += (150 * sin(x / 12 * pi) + 300 * sin(x / 30 * pi)) * 2 / 3
    return lat, lng


def to_gcj02(lat: float, lng: float) -> tuple[float, float]:
    """(lat, lng) in WGS-84 → GCJ-02; unchanged outside of China, where the shift is not applied."""
    if not (0.8293 <= lat <= 55.8271 and 72.004 <= lng <= 137.8347):
        return lat, lng
    d_lat, d_lng = _bend(lng - 105, lat - 35)
    phi = lat / 180 * pi
    magic = 1 - _E2 * sin(phi) ** 2
    d_lat = d_lat * 180 / ((_A * (1 - _E2)) / (magic * sqrt(magic)) * pi)
    d_lng = d_lng * 180 / (_A / sqrt(magic) * cos(phi) * pi)
    return lat + d_lat, lng + d_lng


def to_wgs84(lat: float, lng: float) -> tuple[float, float]:
    """(lat, lng) in GCJ-02 → WGS-84, to less than a centimetre."""
    guess_lat, guess_lng = lat, lng
    for _round in range(_ROUNDS):
        shifted_lat, shifted_lng = to_gcj02(guess_lat, guess_lng)
        guess_lat, guess_lng = guess_lat + lat - shifted_lat, guess_lng + lng - shifted_lng
    return guess_lat, guess_lng
