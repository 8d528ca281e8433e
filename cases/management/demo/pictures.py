"""Plain drawings that stand in for photos: a shop front, smoke, stacked boxes, a meter."""

from __future__ import annotations

import io
from collections.abc import Callable

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw

from cases.models import File
from cases.services import files
from teams.policies import Actor

SIZE = (960, 720)
Colour = tuple[int, int, int]
GROUND: Colour = (176, 172, 164)
NIGHT: Colour = (38, 46, 66)
DAY: Colour = (206, 220, 232)
INK: Colour = (70, 74, 82)


def _front(pen: ImageDraw.ImageDraw, sky: Colour) -> None:
    pen.rectangle((0, 0, 960, 480), fill=sky)
    pen.rectangle((0, 480, 960, 720), fill=GROUND)
    pen.rectangle((160, 150, 800, 520), fill=(196, 150, 116), outline=INK, width=4)
    pen.rectangle((160, 150, 800, 220), fill=(150, 60, 50))
    pen.rectangle((420, 300, 540, 520), fill=(96, 70, 54))
    for left in (210, 620):
        pen.rectangle((left, 290, left + 140, 410), fill=(244, 232, 190), outline=INK, width=3)


def _barbecue(pen: ImageDraw.ImageDraw) -> None:
    _front(pen, NIGHT)
    pen.rectangle((80, 560, 330, 600), fill=(60, 60, 60))
    pen.rectangle((100, 600, 110, 680), fill=(60, 60, 60))
    pen.rectangle((300, 600, 310, 680), fill=(60, 60, 60))
    for step in range(6):
        spread = 16 + step * 9
        pen.ellipse((180 - spread, 520 - step * 70, 240 + spread, 570 - step * 70), fill=(150, 150, 156))
    for left in (480, 660):
        pen.ellipse((left, 580, left + 150, 630), fill=(230, 226, 214), outline=INK, width=3)


def _boxes(pen: ImageDraw.ImageDraw) -> None:
    _front(pen, DAY)
    for row in range(3):
        for column in range(4 - row):
            left = 120 + column * 110 + row * 50
            pen.rectangle((left, 600 - row * 90, left + 100, 685 - row * 90), fill=(188, 148, 96), outline=INK, width=3)


def _rubbish(pen: ImageDraw.ImageDraw) -> None:
    pen.rectangle((0, 0, 960, 420), fill=DAY)
    pen.rectangle((0, 420, 960, 720), fill=GROUND)
    pen.rectangle((120, 300, 300, 560), fill=(64, 110, 78), outline=INK, width=4)
    for left, top in ((330, 520), (430, 560), (520, 500), (610, 570), (390, 600), (700, 540)):
        pen.ellipse((left, top, left + 130, top + 110), fill=(52, 56, 60), outline=(90, 94, 98), width=3)


def _meter(pen: ImageDraw.ImageDraw) -> None:
    pen.rectangle((0, 0, 960, 720), fill=(228, 230, 232))
    pen.rounded_rectangle((330, 110, 630, 640), radius=40, fill=(60, 66, 74))
    pen.rectangle((370, 190, 590, 330), fill=(176, 200, 160))
    for place in range(2):
        left = 400 + place * 90
        for bar in ((left, 210, left + 60, 222), (left, 254, left + 60, 266), (left, 298, left + 60, 310)):
            pen.rectangle(bar, fill=INK)
    for row in range(3):
        for column in range(3):
            left, top = 385 + column * 70, 380 + row * 70
            pen.ellipse((left, top, left + 46, top + 46), fill=(190, 194, 198))


def _clean(pen: ImageDraw.ImageDraw) -> None:
    _front(pen, DAY)
    pen.line((120, 560, 840, 560), fill=(240, 240, 236), width=8)


DRAWINGS: dict[str, Callable[[ImageDraw.ImageDraw], None]] = {
    "barbecue": _barbecue,
    "boxes": _boxes,
    "rubbish": _rubbish,
    "meter": _meter,
    "clean": _clean,
}


def picture(name: str, actor: Actor, serial: int) -> File:
    """Draw it, store it through the service and make the copies that people see."""
    image = Image.new("RGB", SIZE)
    pen = ImageDraw.Draw(image)
    DRAWINGS[name](pen)
    pen.text((24, 690), f"DEMO DRAWING {serial:02}", fill=(255, 255, 255))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=80)
    upload = SimpleUploadedFile(f"demo-{name}-{serial:02}.jpg", out.getvalue(), content_type="image/jpeg")
    stored = files.file_store(actor=actor, upload=upload)
    files.file_reencode(stored.pk)
    return stored
