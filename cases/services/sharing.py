"""A resident's photo for the squads: a copy in which the office made faces and plates unrecognizable."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from functools import partial

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from PIL import Image

from cases import flow, policies
from cases.models import AttachmentRole, Case, File, FileState
from cases.refusals import Refused
from cases.services import files, journal
from cases.services.casefile import case_lock
from cases.services.stores import store
from teams.policies import Actor

LONG, SHORT = 16, 12
"""A photo is veiled by fields: so many along its longer and its shorter side, numbered row by row from 0."""
GRAIN = 2
"""What stays of a veiled field: so many mean colours a side. More would let a number plate be guessed."""


def fields_of(file: File) -> tuple[int, int]:
    """Columns and rows of the photo's fields."""
    return (LONG, SHORT) if (file.width or 0) >= (file.height or 0) else (SHORT, LONG)


def photos_of(case: Case) -> QuerySet[File]:
    """The photos that came with the case or its reports and may be shared."""
    told = Q(attachments__complaint__cases=case) | Q(attachments__case=case)
    return File.objects.filter(told, attachments__role=AttachmentRole.PHOTO).exclude(state=FileState.BROKEN).distinct()


def photo_share(*, actor: Actor, case_id: int, file_id: int, veiled: Sequence[int]) -> File:
    """Let the squads of the case see a photo, with the named fields veiled. [case.photo_shared]

    The copy is made first, under a name of its own, so that no lock waits for it and no browser keeps an older one.
    Refuses: ``not_found``, ``not_allowed``, ``ended``, ``photo_waits`` (no copy of it is made yet), ``veil_outside``,
    ``no_room``, ``store_away``.
    Shared in the same way already: nothing is written.
    """
    case = _case_of(case_id)
    policies.require(actor, "photo.share", street_id=case.street_id)
    fields = sorted(set(veiled))
    photo = _photo_of(case, file_id)
    stem = _copies_make(photo, fields)
    taken = False
    try:
        with transaction.atomic():
            case = case_lock(case_id)
            policies.require(actor, "photo.share", street_id=case.street_id)
            if case.stage in flow.ENDED:
                raise Refused("ended", _("This case has ended: no squad needs its photos any more."))
            file = File.objects.select_for_update(no_key=True).get(pk=_photo_of(case, file_id).pk)
            if file.shared_with_squads and file.veiled == fields:
                return file
            transaction.on_commit(partial(_copies_remove, file.key, file.shared_copy))
            file.shared_with_squads, file.shared_copy, file.veiled = True, stem, fields
            file.save(update_fields=["shared_with_squads", "shared_copy", "veiled"])
            body = {"file": file.pk, "veiled": len(fields)}
            journal.record(subject=case, kind="case.photo_shared", actor=actor, body=body)
        taken = True
    finally:
        if not taken:
            _copies_remove(photo.key, stem)
    return file


def photo_withhold(*, actor: Actor, case_id: int, file_id: int) -> File:
    """Take a photo away from the squads again; what was veiled is remembered for another time. [case.photo_withheld]

    Refuses: ``not_found``, ``not_allowed``. Not shared: nothing is written.
    """
    with transaction.atomic():
        case = case_lock(case_id)
        policies.require(actor, "photo.share", street_id=case.street_id)
        file = File.objects.select_for_update(no_key=True).get(pk=_photo_of(case, file_id).pk)
        if not file.shared_with_squads:
            return file
        transaction.on_commit(partial(_copies_remove, file.key, file.shared_copy))
        file.shared_with_squads = False
        file.save(update_fields=["shared_with_squads"])
        journal.record(subject=case, kind="case.photo_withheld", actor=actor, body={"file": file.pk})
    return file


def _case_of(case_id: int) -> Case:
    case = Case.objects.filter(pk=case_id).first()
    if case is None:
        raise Refused("not_found", _("This case does not exist."), status=404)
    return case


def _photo_of(case: Case, file_id: int) -> File:
    found = photos_of(case).filter(pk=file_id).first()
    if found is None:
        raise Refused("not_found", _("This photo does not belong to the case."), status=404)
    return found


def _copies_make(file: File, fields: Sequence[int]) -> str:
    """Write the copies under a new name; its stem."""
    if file.state != FileState.READY:
        raise Refused("photo_waits", _("This photo is still being prepared. Try again in a moment."), status=409)
    columns, rows = fields_of(file)
    if any(not 0 <= field < columns * rows for field in fields):
        raise Refused("veil_outside", _("A marked place lies outside of the photo. Mark it again."), status=422)
    stem = f"shared-{secrets.token_hex(8)}"
    folder = files.folder_of(file.key)
    with files.reachable(), store().opened(f"{folder}/{files.SHOWN}").file as opened, Image.open(opened) as shown:
        copy = veil(shown.convert("RGB"), columns, rows, fields)
    with files.reachable():
        for side, small in ((files.SHOWN_SIDE, False), (files.SMALL_SIDE, True)):
            files.copy_save(copy, side, f"{folder}/{files.shared_copy(stem, small=small)}")
    return stem


def veil(image: Image.Image, columns: int, rows: int, fields: Sequence[int]) -> Image.Image:
    """The picture with the given fields of its grid reduced to ``GRAIN`` by ``GRAIN`` mean colours, smoothed."""
    coarse = image.resize((columns * GRAIN, rows * GRAIN), Image.Resampling.BOX)
    coarse = coarse.resize(image.size, Image.Resampling.BICUBIC)
    mask = Image.new("L", (columns, rows))
    for field in fields:
        mask.putpixel((field % columns, field // columns), 255)
    image.paste(coarse, mask=mask.resize(image.size, Image.Resampling.NEAREST))
    return image


def _copies_remove(key: str, stem: str) -> None:
    for small in (False, True):
        if stem:
            files.remove(f"{files.folder_of(key)}/{files.shared_copy(stem, small=small)}")
