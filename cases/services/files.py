"""Photos: checked by their first bytes at once, kept as they came, shown only as a re-encoded copy."""

from __future__ import annotations

import errno
import hashlib
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import structlog
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError, QuerySet
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps
from pillow_heif import register_heif_opener

from cases.clock.moment import now
from cases.models import Attachment, AttachmentRole, File, FileState
from cases.refusals import Refused
from cases.services.stores import StoreAway, store
from teams.policies import Actor

if TYPE_CHECKING:
    from collections.abc import Iterable

log = structlog.get_logger(__name__)
register_heif_opener()

MAX_BYTES = 25 * 1024**2
MAX_PIXELS = 60_000_000
SHOWN_SIDE, SMALL_SIDE = 2048, 480
ORIGINAL, SHOWN, SMALL = "original", "shown.jpg", "small.jpg"
FOLDER = "private"
ABANDONED = timedelta(hours=24)
"""So long a report that was begun keeps its photos; a draft lives no longer."""

_KINDS = {
    "image/jpeg": ("JPEG", ".jpg"),
    "image/png": ("PNG", ".png"),
    "image/webp": ("WEBP", ".webp"),
    "image/heic": ("HEIF", ".heic"),
    "image/avif": ("AVIF", ".avif"),
}
_BRANDS = dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"mif1"), "image/heic") | {b"avif": "image/avif"}
"""Still pictures only: sequences (``hevc``, ``msf1``, ``avis``) are films."""
_DATE_TAKEN, _EXIF_FOLDER = 36867, 34665
_NO_ROOM = _("There is no room for photos at the moment. Send the photo again later; the rest can be sent without it.")
_AWAY = _("Photos can't be reached at the moment. Try again later; everything else goes on without them.")


def file_store(*, actor: Actor, upload: UploadedFile[Any], client_key: str | None = None) -> File:
    """Keep an upload as evidence; the copy that people see is made later by ``file_reencode``.

    Accepts JPEG, PNG, WebP, HEIC and AVIF up to 25 MB and 60 megapixels, judged by content, never by name. The bytes
    are kept before the row exists. The same client key answers the first file.
    ``Refused`` (422): ``file_empty``, ``file_too_large``, ``file_kind``, ``file_unreadable``; (507) ``no_room``;
    (503) ``store_away``.
    """
    if client_key and (found := File.objects.filter(client_key=client_key).first()):
        return _same_sender(found, actor)
    content_type, width, height = _inspect(upload)
    digest = hashlib.sha256()
    for chunk in upload.chunks():
        digest.update(chunk)
    file = File(
        key=uuid.uuid4().hex,
        sha256=digest.hexdigest(),
        size=upload.size or 0,
        content_type=content_type,
        width=width,
        height=height,
        uploaded_by_id=actor.user_id,
        client_key=client_key or None,
    )
    try:
        with reachable():
            store().save(_original(file), upload)
        with transaction.atomic():
            file.save(force_insert=True)
    except IntegrityError:
        _take_back(file)
        first = File.objects.filter(client_key=client_key).first() if client_key else None
        if first is None:
            raise
        return _same_sender(first, actor)
    except BaseException:
        _take_back(file)
        raise
    return file


def _take_back(file: File) -> None:
    try:
        store().clear(folder_of(file.key))
    except OSError as error:
        log.warning("photo_not_removed", name=folder_of(file.key), why=str(error))


@contextmanager
def reachable() -> Iterator[None]:
    """``Refused`` where the store has no room (507) or does not answer (503): the sender keeps the photo and goes on
    without it; who runs the place reads of it in the log."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            log.error("no_room_for_photos")
            raise Refused("no_room", _NO_ROOM, field="files", status=507) from error
        if isinstance(error, StoreAway):
            log.error("store_away", why=str(error))
            raise Refused("store_away", _AWAY, field="files", status=503) from error
        raise


def _same_sender(file: File, actor: Actor) -> File:
    """A key brings back one's own photo only."""
    if file.uploaded_by_id != actor.user_id:
        raise Refused("already_sent", _("This was already sent."), field="files", status=422)
    return file


def file_reencode(file_id: int) -> bool:
    """Make the copies that are shown: turned upright, without metadata, at most 2,048 and 480 pixels a side.

    Safe twice. True when the file is ready, False when it is unreadable (then it says so and is never tried again).
    OSError when the original can't be fetched or the copies can't be written: the photo waits and is tried again.
    """
    file = File.objects.get(pk=file_id)
    if file.state != FileState.STORED:
        return file.state == FileState.READY
    try:
        with store().opened(_original(file)).file as original, warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(original) as image:
                taken = _taken_at(image)
                upright = ImageOps.exif_transpose(image).convert("RGB")
        upright.info = {}  # a comment goes along otherwise
        width, height = upright.size
    except StoreAway:
        raise
    except Exception:  # a broken photo fails anywhere in the decoder; left as it is, it would stop every sweep
        log.info("photo_broken", file=file_id, exc_info=True)
        File.objects.filter(pk=file_id, state=FileState.STORED).update(state=FileState.BROKEN)
        return False
    for side, name in ((SHOWN_SIDE, SHOWN), (SMALL_SIDE, SMALL)):
        copy_save(upright, side, f"{folder_of(file.key)}/{name}")
    File.objects.filter(pk=file_id, state=FileState.STORED).update(
        state=FileState.READY, width=width, height=height, taken_at=taken
    )
    return True


def copy_save(image: Image.Image, side: int, name: str) -> None:
    """A copy of at most ``side`` pixels a side, as it is shown."""
    copy, out = image.copy(), BytesIO()
    copy.thumbnail((side, side))
    copy.save(out, "JPEG", quality=82, optimize=True, progressive=True)
    store().save(name, ContentFile(out.getvalue()))


def files_reencode_due(*, limit: int = 20) -> int:
    """The sweep behind ``file_reencode``: every file that still waits, oldest first. Returns how many became ready."""
    waiting = File.objects.filter(state=FileState.STORED).order_by("pk").values_list("pk", flat=True)[:limit]
    return sum(file_reencode(pk) for pk in list(waiting))


def files_waiting(*, prefix: str) -> list[File]:
    """Residents' uploads under client keys with this prefix that nothing was made of yet, in the order they came."""
    rows = File.objects.filter(client_key__startswith=prefix, uploaded_by__isnull=True, attachments__isnull=True)
    return list(rows.exclude(state=FileState.BROKEN).order_by("pk"))


def file_drop(*, file_id: int) -> bool:
    """Take a resident's upload that belongs to nothing away, row and bytes. False when something needs it by now, or
    the store does not answer: then both stay, for the next sweep."""
    try:
        with transaction.atomic():
            file = (
                File.objects.select_for_update(of=("self",))
                .filter(pk=file_id, uploaded_by__isnull=True, attachments__isnull=True)
                .first()
            )
            if file is None:
                return False
            file.delete()
            store().clear(folder_of(file.key))
    except (ProtectedError, IntegrityError):  # sent in this very moment
        return False
    except OSError as error:
        log.warning("photo_not_removed", file=file_id, why=str(error))
        return False
    return True


def files_drop_abandoned(*, limit: int = 200) -> int:
    """The sweep of reports begun and never sent: residents' uploads older than ``ABANDONED`` that belong to nothing."""
    old = files_abandoned().order_by("pk")
    return sum(file_drop(file_id=pk) for pk in list(old.values_list("pk", flat=True)[:limit]))


def files_abandoned() -> QuerySet[File]:
    """Those whose report was never sent."""
    return File.objects.filter(uploaded_by__isnull=True, attachments__isnull=True, uploaded_at__lt=now() - ABANDONED)


def originals_forget(*, files: QuerySet[File]) -> int:
    """Take the originals of these photos away once their copies are made; after the commit. Returns how many.

    The digest stays: it still tells whether somebody's own copy is the one that was sent.
    """
    with transaction.atomic():
        rows = list(
            File.objects.select_for_update(no_key=True, of=("self",))
            .filter(pk__in=list(files.values_list("pk", flat=True)), original_gone_at__isnull=True)
            .exclude(state=FileState.STORED)
            .order_by("pk")
        )
        File.objects.filter(pk__in=[row.pk for row in rows]).update(original_gone_at=now())
        transaction.on_commit(lambda: _originals_remove(rows))
    return len(rows)


def originals_remove_left() -> None:
    """The net under ``originals_forget``: a process that died after its commit left them lying."""
    _originals_remove(File.objects.filter(original_gone_at__gte=now() - timedelta(days=7)))


def _originals_remove(rows: Iterable[File]) -> None:
    for row in rows:
        remove(_original(row))


def remove(name: str) -> None:
    """After a commit, so nothing fails any more where the store does not answer; the log tells of it."""
    try:
        store().delete(name)
    except OSError as error:
        log.warning("photo_not_removed", name=name, why=str(error))


def attach(*, file: File, role: str = AttachmentRole.PHOTO, **subject: Any) -> Attachment:
    """Tie a file to exactly one subject: ``complaint= case= visit= answer= finding= ruling= lab_test=``. Safe twice."""
    if len(subject) != 1:
        raise TypeError("attach() takes exactly one subject")
    row, _made = Attachment.objects.get_or_create(file=file, role=role, **subject)
    return row


def files_of(**subject: Any) -> list[File]:
    """Files of one subject in the order they came; broken ones and signatures are left out."""
    if len(subject) != 1:
        raise TypeError("files_of() takes exactly one subject")
    rows: Iterable[Attachment] = (
        Attachment.objects.filter(**subject)
        .exclude(file__state=FileState.BROKEN)
        .exclude(role=AttachmentRole.SIGNATURE)
        .select_related("file")
        .order_by("pk")
    )
    return [row.file for row in rows]


def folder_of(key: str) -> str:
    """The folder of a stored file, as all names relative to the store."""
    return f"{FOLDER}/{key}"


def _original(file: File) -> str:
    return f"{folder_of(file.key)}/{ORIGINAL}{_KINDS[file.content_type][1]}"


def name_of(file: File, *, small: bool = False) -> str | None:
    """The shown copy's name in the store for ``media_url``, None until it is ready."""
    if file.state != FileState.READY:
        return None
    return f"{folder_of(file.key)}/{SMALL if small else SHOWN}"


def name_of_shared(file: File, *, small: bool = False) -> str | None:
    """As ``name_of``, of the copy that the office made for the squads (``cases.services.sharing``)."""
    if not (file.shared_with_squads and file.shared_copy):
        return None
    return f"{folder_of(file.key)}/{shared_copy(file.shared_copy, small=small)}"


def shared_copy(stem: str, *, small: bool = False) -> str:
    return f"{stem}-small.jpg" if small else f"{stem}.jpg"


def _inspect(upload: UploadedFile[Any]) -> tuple[str, int, int]:
    """Content type by the first bytes, width and height by the header; nothing is decoded here."""
    if not upload.size:
        raise Refused("file_empty", _("The file is empty."), field="files", status=422)
    if upload.size > MAX_BYTES:
        raise Refused("file_too_large", _("A photo may have at most 25 MB."), field="files", status=422)
    upload.seek(0)
    head = upload.read(16)
    upload.seek(0)
    if head.startswith(b"\xff\xd8\xff"):
        content_type = "image/jpeg"
    elif head.startswith(b"\x89PNG\r\n\x1a\n"):
        content_type = "image/png"
    elif head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        content_type = "image/webp"
    elif head[4:8] == b"ftyp" and (brand := _BRANDS.get(head[8:12])):
        content_type = brand
    else:
        raise Refused("file_kind", _("Only photos can be sent: JPEG, PNG, WebP, HEIC."), field="files", status=422)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(upload, formats=[_KINDS[content_type][0]]) as image:
                width, height = image.size
    except Exception:  # whatever its decoder stumbles over
        raise Refused(
            "file_unreadable", _("This photo can't be read. Please take it again."), field="files", status=422
        ) from None
    finally:
        if not upload.closed:
            upload.seek(0)
    if width * height > MAX_PIXELS:
        raise Refused("file_too_large", _("This photo has too many pixels."), field="files", status=422)
    return content_type, width, height


def _taken_at(image: Image.Image) -> datetime | None:
    """When the camera says it was taken, by its clock in the place's time."""
    text = str(image.getexif().get_ifd(_EXIF_FOLDER).get(_DATE_TAKEN, ""))
    try:
        return datetime.strptime(text.strip("\0 "), "%Y:%m:%d %H:%M:%S").replace(tzinfo=ZoneInfo(settings.TIME_ZONE))
    except ValueError:
        return None
