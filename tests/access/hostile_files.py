"""Files of somebody who means harm, made here byte by byte: name → bytes."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
import zlib
from functools import cache

from openpyxl import Workbook
from PIL import Image

HTML = b"<!DOCTYPE html><html><script>alert(document.domain)</script></html>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(2)</script></svg>'


def image(kind: str = "JPEG", size: tuple[int, int] = (64, 48), **options: object) -> bytes:
    out = io.BytesIO()
    noise = Image.effect_noise(size, 60).convert("RGB")
    noise.save(out, kind, **options)
    return out.getvalue()


def chunk(name: bytes, data: bytes, *, crc: int | None = None) -> bytes:
    check = zlib.crc32(name + data) if crc is None else crc
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", check)


def png(width: int, height: int, *more: bytes, crc: int | None = None) -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0), crc=crc)
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(more)


def jpeg_claiming(width: int, height: int) -> bytes:
    """A small JPEG whose header tells another size."""
    data = bytearray(image())
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack(">HH", height, width)
    return bytes(data)


def webp_claiming(width: int, height: int) -> bytes:
    size = struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
    body = b"WEBPVP8X" + struct.pack("<I", 10) + b"\0\0\0\0" + size
    return b"RIFF" + struct.pack("<I", len(body)) + body


def archive(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in parts.items():
            made.writestr(name.replace("__", "/"), data)
    return out.getvalue()


def boxed(brand: bytes) -> bytes:
    return b"\0\0\0\x18ftyp" + brand + b"\0" * 40


@cache
def no_photos() -> dict[str, bytes]:
    """What ``file_store`` refuses at once."""
    return {
        "nothing": b"",
        "blanks": b" \n" * 40,
        "text": b"no photo at all",
        "page": HTML,
        "page with a mark": b"\xef\xbb\xbf" + HTML,
        "page in UTF-16": HTML.decode().encode("utf-16"),
        "drawing": SVG,
        "drawing after a declaration": b'<?xml version="1.0"?><!DOCTYPE svg>' + SVG,
        "drawing, packed": gzip.compress(SVG),
        "entities": b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><svg>&b;</svg>',
        "paper": b"%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj",
        "printer's": b"%!PS-Adobe-3.0\n(/etc/passwd) (r) file",
        "rich text": b"{\\rtf1{\\object\\objocx}}",
        "php": b"<?php system($_GET['c']); ?>",
        "shell": b"#!/bin/sh\nid\n",
        "settings of a server": b"AddType application/x-httpd-php .jpg\n",
        "program of Windows": b"MZ\x90\0" + b"\0" * 200,
        "program of Linux": b"\x7fELF\x02\x01\x01" + b"\0" * 200,
        "program of a Mac": b"\xcf\xfa\xed\xfe" + b"\0" * 200,
        "class": b"\xca\xfe\xba\xbe\0\0\0\x34" + b"\0" * 80,
        "webassembly": b"\0asm\x01\0\0\0",
        "link of Windows": b"L\0\0\0\x01\x14\x02\0" + b"\0" * 80,
        "flash": b"FWS\x0a" + b"\0" * 80,
        "archive": archive(a=b"x"),
        "archive in a photo's place": archive(a=image()),
        "gzip": gzip.compress(image()),
        "rar": b"Rar!\x1a\x07\x01\0" + b"\0" * 80,
        "7z": b"7z\xbc\xaf\x27\x1c" + b"\0" * 80,
        "gif": image("GIF"),
        "gif that is a script": b"GIF89a/*" + b"\0" * 20 + b"*/=1;alert(1)",
        "gif that is a page": b"GIF89a" + HTML,
        "bmp": image("BMP"),
        "tiff": image("TIFF"),
        "icon": image("ICO"),
        "photoshop": b"8BPS\0\x01" + b"\0" * 80,
        "jpeg 2000": b"\0\0\0\x0cjP  \r\n\x87\n" + b"\0" * 40,
        "jpeg xl": b"\xff\x0a" + b"\0" * 80,
        "video": boxed(b"isom"),
        "heic": boxed(b"heic"),
        "heif": boxed(b"mif1"),
        "avif": boxed(b"avif"),
        "sound": b"ID3\x04" + b"\0" * 80,
        "wav in a webp's coat": b"RIFF\x40\0\0\0WAVEfmt " + b"\0" * 60,
        "avi": b"RIFF\x40\0\0\0AVI LIST" + b"\0" * 60,
        "jpeg: the mark alone": b"\xff\xd8\xff",
        "jpeg: a page behind the mark": b"\xff\xd8\xff\xe0" + HTML,
        "jpeg: a script behind the mark": b"\xff\xd8\xff<?php system('id'); ?>",
        "jpeg: cut in its header": image()[:120],
        "jpeg: ends at once": b"\xff\xd8\xff\xd9" + b"\0" * 80,
        "jpeg: 65,000 by 65,000": jpeg_claiming(65000, 65000),
        "jpeg: no size": jpeg_claiming(0, 0),
        "png: the mark alone": b"\x89PNG\r\n\x1a\n",
        "png: a page behind the mark": b"\x89PNG\r\n\x1a\n" + HTML,
        "png: 2,147,483,647 wide": png(2**31 - 1, 1),
        "png: 60,000 by 60,000": png(60000, 60000, chunk(b"IDAT", zlib.compress(b"\0" * 9)), chunk(b"IEND", b"")),
        "png: 9,000 by 9,000 of one colour": image_of_one_colour(),
        "png: no width": png(0, 10, chunk(b"IEND", b"")),
        "png: wrong sum": png(10, 10, chunk(b"IDAT", b"\0"), crc=1),
        "png: words that swell": png(
            10, 10, chunk(b"zTXt", b"k\0\0" + zlib.compress(b"x" * 20_000_000)), chunk(b"IDAT", b"\0")
        ),
        "png: a chunk longer than the file": b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 2**31 - 1) + b"IHDR",
        "webp: the mark alone": b"RIFF\x04\0\0\0WEBP",
        "webp: a page behind the mark": b"RIFF\x80\0\0\0WEBP" + HTML,
        "webp: 16,384 by 16,384": webp_claiming(16384, 16384),
        "26 megabytes": b"\xff\xd8\xff" + b"\0" * (25 * 1024**2),
    }


def image_of_one_colour() -> bytes:
    out = io.BytesIO()
    Image.new("1", (9000, 9000)).save(out, "PNG")
    return out.getvalue()


MARK = b"<script>alert('" + b"here" + b"')</script>"


def photos_with_more() -> dict[str, bytes]:
    """Photos that are photos and something else as well: kept as evidence, shown as a clean copy or not at all."""
    good, dotted = image(), image("PNG")
    exif = Image.Exif()
    exif[0x010E] = MARK.decode()
    return {
        "a page behind the photo": good + MARK,
        "a page in the comment": image(comment=MARK),
        "a page in the EXIF": image(exif=exif),
        "EXIF that is none": good[:2] + b"\xff\xe1\x00\x20Exif\0\0" + MARK[:24] + good[2:],
        "EXIF that points into itself": good[:2]
        + b"\xff\xe1\x00\x22Exif\0\0II*\0\x08\0\0\0\x01\0\x69\x87\x04\0\x01\0\0\0"
        b"\x08\0\0\0\0\0\0\0" + good[2:],
        "an archive behind the photo": good + archive(a=MARK),
        "a paper behind the photo": good + b"%PDF-1.7\n" + MARK,
        "a profile that is none": good[:2] + b"\xff\xe2\x00\x30ICC_PROFILE\0\x01\x01" + MARK[:32] + good[2:],
        "words in a png": dotted[:33] + chunk(b"tEXt", b"Comment\0" + MARK) + dotted[33:],
        "a page behind a png": dotted + MARK,
        "half a photo": good[: len(good) // 2],
        "half a png": dotted[: len(dotted) // 2],
        "a png of noise": png(64, 48, chunk(b"IDAT", b"\x01" * 400), chunk(b"IEND", b"")),
        "a png without pixels": png(64, 48, chunk(b"IEND", b"")),
        "a jpeg that tells more than it has": jpeg_claiming(4000, 3000),
        "a webp that tells more than it has": webp_claiming(4000, 3000),
        "one row, a million wide": png(1_000_000, 1, chunk(b"IDAT", zlib.compress(b"\0" * 10)), chunk(b"IEND", b"")),
    }


LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9))
    + b"]><worksheet><sheetData><row><c><v>&j;</v></c></row></sheetData></worksheet>"
)


def workbook(**changed: bytes | None) -> bytes:
    """A good workbook with parts exchanged or (None) left out; ``__`` is ``/``."""
    book, plain = Workbook(), io.BytesIO()
    sheet = book.active
    assert sheet is not None
    sheet.append(["工单编号", "诉求内容"])
    sheet.append(["1", "演示"])
    book.save(plain)
    parts = {name.replace("__", "/"): data for name, data in changed.items()}
    out = io.BytesIO()
    with zipfile.ZipFile(plain) as given, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name in given.namelist():
            data = parts.get(name, given.read(name))
            if data is not None:
                made.writestr(name, data)
    return out.getvalue()


SHEET = "xl__worksheets__sheet1.xml"


@cache
def no_tables() -> dict[str, bytes]:
    """What the doors for hotline's and parties' files refuse at once."""
    whole = workbook()
    locked = bytearray(whole)
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):  # the bit that says: encrypted
        start = 0
        while (start := locked.find(mark, start)) >= 0:
            locked[start + at] |= 1
            start += 4
    return {
        "nothing": b"",
        "line ends": b"\r\n\r\n",
        "old workbook": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
        "half a workbook": whole[: len(whole) // 2],
        "a workbook's beginning": whole[:60],
        "archive of anything": archive(a=b"x"),
        "letter": archive(word__document=b"<w:document/>", x=b"1"),
        "app of a phone": archive(AndroidManifest=b"\x03\0\x08\0", classes=b"dex\n035"),
        "workbook that swells": workbook(**{SHEET: b"<a>" + b" " * (230 * 1024**2)}),
        "workbook that laughs": workbook(**{SHEET: LAUGHS}),
        "workbook that laughs in its words": workbook(xl__workbook=b"x", **{"xl__workbook.xml": LAUGHS}),
        "workbook that reads files": workbook(
            **{
                "xl__workbook.xml": b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>'
                b'<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">&b;</workbook>'
            }
        ),
        "workbook with a key": bytes(locked),
        "workbook without sheets": workbook(**{SHEET: None}),
        "workbook without a list": workbook(**{"xl__workbook.xml": None}),
        "workbook of broken sheets": workbook(**{SHEET: b"<worksheet><sheetData><row"}),
        "workbook of nonsense": workbook(**{SHEET: b"\xff\xfe\0nonsense"}),
        "page called table": b"<html><table><tr><td>1</table>" + HTML,
        "table of a page in XML": b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office"/>',
        "drawing": SVG,
        "paper": b"%PDF-1.7\n1 0 obj",
        "photo": image(),
        "png": image("PNG"),
        "gif": image("GIF"),
        "webp": image("WEBP"),
        "program": b"MZ\x90\0" + b"\0" * 200,
        "program of Linux": b"\x7fELF\x02\x01\x01" + b"\0" * 200,
        "script": b"#!/bin/sh\nrm -rf /\n",
        "gzip": gzip.compress(b"a,b\n1,2\n"),
        "rar": b"Rar!\x1a\x07\x01\0" + b"\0" * 80,
        "7z": b"7z\xbc\xaf\x27\x1c" + b"\0" * 80,
        "database": b"SQLite format 3\0" + b"\0" * 200,
        "rich text": b"{\\rtf1 a,b}",
        "UTF-16": "工单编号,诉求内容\n1,演示\n".encode("utf-16"),
        "UTF-16, the other way": b"\xfe\xff" + "a,b\n".encode("utf-16-be"),
        "table with nothing signs": b"a,b\n1,\x002\n",
    }


def square(west: float = 112.5, south: float = 37.8, side: float = 0.01) -> str:
    corners = [(west, south), (west + side, south), (west + side, south + side), (west, south + side), (west, south)]
    return f'{{"type":"Polygon","coordinates":[[{",".join(f"[{x},{y}]" for x, y in corners)}]]}}'


def areas(geometry: str = "null", properties: str = '{"code":"149901009","name":"演示·新"}', n: int = 1) -> str:
    one = f'{{"type":"Feature","properties":{properties},"geometry":{geometry}}}'
    return f'{{"type":"FeatureCollection","features":[{",".join([one] * n)}]}}'


def _outline(coordinates: str, kind: str = "Polygon") -> str:
    return areas(f'{{"type":"{kind}","coordinates":{coordinates}}}')


def no_areas() -> dict[str, str]:
    """What the door for areas refuses, whole or feature by feature."""
    named = '{"code":"149901009","name":%s}'
    return {
        "nothing": "",
        "page": HTML.decode(),
        "table": "code,name\n1,a\n",
        "half": areas(square())[:60],
        "number": "1",
        "list": "[]",
        "deep": "[" * 100_000,
        "deep inside": areas('{"type":"Polygon","coordinates":' + "[" * 5_000 + "]" * 5_000 + "}"),
        "no features": '{"type":"FeatureCollection","features":[]}',
        "features that are none": '{"type":"FeatureCollection","features":[1,null,"x",[],{}]}',
        "features in an object": '{"type":"FeatureCollection","features":{"a":1}}',
        "too many": areas("null", n=5_001),
        "properties in a list": areas(square(), "[1,2]"),
        "properties in a word": areas(square(), '"code"'),
        "code that is a list": areas(square(), '{"code":[1],"name":"x"}'),
        "code in other digits": areas(square(), '{"code":"١٤٩٩٠١٠٠٩","name":"x"}'),
        "code of another district": areas(square(), '{"code":"999999009","name":"x"}'),
        "code that is a command": areas(square(), '{"code":"\'; DROP--","name":"x"}'),
        "half a character": areas(square(), named % '"\\ud800"'),
        "no name": areas(square(), '{"code":"149901009"}'),
        "endless name": areas(square(), named % ('"' + "长" * 5_000 + '"')),
        "point": _outline("[112.5,37.8]", "Point"),
        "line": _outline("[[112.5,37.8],[112.6,37.9]]", "LineString"),
        "unknown kind": _outline("[]", "Circle"),
        "two corners": _outline("[[[112.5,37.8],[112.6,37.8]]]"),
        "not closed": _outline("[[[112.5,37.8],[112.6,37.8],[112.6,37.9]]]"),
        "crossing itself": _outline("[[[112.5,37.8],[112.6,37.9],[112.6,37.8],[112.5,37.9],[112.5,37.8]]]"),
        "words for numbers": _outline('[[["a","b"],["c","d"],["e","f"],["a","b"]]]'),
        "nothing for numbers": _outline("[[[null,null],[null,null],[null,null],[null,null]]]"),
        "no numbers": _outline("[[[NaN,NaN],[NaN,1],[1,1],[NaN,NaN]]]"),
        "endless numbers": _outline("[[[1e999,1],[1,1],[1,2],[1e999,1]]]"),
        "metres": _outline("[[[500000,4190000],[500100,4190000],[500100,4190100],[500000,4190000]]]"),
        "no corners": _outline("[]"),
        "objects for corners": _outline('[[{"x":1},{"x":2},{"x":3},{"x":1}]]'),
        "too many corners": _outline("[[" + ",".join(f"[{112 + n / 1e6},37.8]" for n in range(60_000)) + "]]"),
    }
