"""Who complained: encrypted, masked, found again only by a blind index; and the tokens of the private links."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import secrets
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from cases import policies
from cases.models import Case, Identity, IdentityLookup, Reveal, RevealPurpose
from cases.refusals import Refused
from cases.services import journal
from teams.policies import Actor

_NOT_A_NUMBER = re.compile(r"[\s\-()./]+")
PHONE = re.compile(r"1[3-9]\d{9}|0\d{9,11}|[2-9]\d{6,7}")
"""A whole number as ``phone_normal`` leaves it: a mobile, one with its area code, one of the town."""
MOST_FOUND = 50
_COUNTRY = re.compile(r"^(?:\+|00)?86(?=1\d{10}$|0\d{9,11}$)")


def identity_create(*, name: str, phone: str, note: str = "") -> Identity | None:
    """Keep name and contact as ciphertext of canonical JSON; None when neither was given.

    ``note`` is for how to reach the person ("after six"). Masked forms serve lists; nothing else is readable.
    """
    sealed = identity_sealed(name=name, phone=phone, note=note)
    if sealed is not None:
        sealed.save(force_insert=True)
    return sealed


def identity_sealed(*, name: str, phone: str, note: str = "", pk: int | None = None) -> Identity | None:
    """The row that ``identity_create`` keeps, not saved yet; ``pk`` an id drawn for it."""
    name, phone, note = name.strip(), phone_normal(phone), note.strip()
    if not name and not phone:
        return None
    text = json.dumps({"name": name, "note": note, "phone": phone}, ensure_ascii=False, sort_keys=True)
    key_id, cipher = _cipher(tuple(settings.IDENTITY_KEYS))
    return Identity(
        pk=pk,
        cipher=cipher.encrypt(text.encode()),
        key_id=key_id,
        phone_index=phone_index(phone),
        masked_name=name_masked(name),
        masked_phone=phone_masked(phone),
    )


def identity_reveal(*, actor: Actor, complaint_id: int, purpose: str, note: str = "") -> dict[str, str]:
    """Name, phone and note in clear, for a stated purpose; who looked stays written. [case.identity_revealed]

    ``Refused``: ``not_found``, ``purpose_needed``, ``not_allowed``, ``no_identity``, ``identity_unreadable``.
    """
    if purpose not in RevealPurpose.values:
        raise Refused("purpose_needed", _("Say what the contact is needed for."), field="purpose", status=422)
    with transaction.atomic():
        case = (
            Case.objects.select_for_update(no_key=True, of=("self",))
            .filter(complaint_links__complaint=complaint_id)
            .order_by("-complaint_links__joined_at", "-pk")
            .first()
        )
        if case is None:
            raise Refused("not_found", _("This complaint does not exist."), status=404)
        policies.require(actor, "identity.reveal", street_id=case.street_id)
        identity = Identity.objects.filter(complaints=complaint_id, erased_at__isnull=True).first()
        if identity is None:
            raise Refused("no_identity", _("No contact was left with this complaint."))
        facts = identity_opened(identity)
        assert actor.user_id is not None  # the system looks at nobody
        reveal = Reveal.objects.create(identity=identity, user_id=actor.user_id, purpose=purpose, note=note.strip())
        journal.record(
            subject=case,
            kind="case.identity_revealed",
            actor=actor,
            body={"complaint": complaint_id, "reveal": reveal.pk, "purpose": purpose},
        )
    return facts


def identity_opened(identity: Identity) -> dict[str, str]:
    """Name, phone and note in clear. Only for services that write down who asks.

    ``Refused``: ``identity_unreadable``.
    """
    try:
        facts = json.loads(_cipher(tuple(settings.IDENTITY_KEYS))[1].decrypt(bytes(identity.cipher)))
    except InvalidToken:
        raise Refused(
            "identity_unreadable", _("The contact can't be read with the keys in use. Tell the administrator.")
        ) from None
    return {"name": facts["name"], "phone": facts["phone"], "note": facts["note"]}


def identity_search(*, actor: Actor, phone: str) -> list[int]:
    """Cases whose complainant has exactly this phone, newest first, ``MOST_FOUND`` at most. [case.identity_searched]

    Only on streets where the actor may reveal identities. Every search is written down with its purpose, found or not;
    the number itself is kept nowhere. ``Refused``: ``phone_wrong``, ``not_allowed``.
    """
    index = phone_index(phone)
    if not PHONE.fullmatch(phone_normal(phone)):
        raise Refused("phone_wrong", _("Write the whole phone number."), field="q", status=422)
    streets = [street for street in actor.streets() if policies.may(actor, "identity.reveal", street_id=street)]
    if not streets or actor.user_id is None:
        raise Refused("not_allowed", _("Your role does not include this."), {"right": "identity.reveal"}, status=403)
    with transaction.atomic():
        found = Case.objects.filter(
            complaint_links__complaint__identity__phone_index=index,
            complaint_links__complaint__identity__erased_at__isnull=True,
            street_id__in=streets,
        )
        newest = sorted(set(found.order_by("-pk").values_list("pk", flat=True)[: MOST_FOUND * 2]))[-MOST_FOUND:]
        cases = list(Case.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=newest).order_by("pk"))
        lookup = IdentityLookup.objects.create(user_id=actor.user_id, found=len(cases))
        body = {"lookup": lookup.pk, "purpose": lookup.purpose}
        entries = [journal.Entry(case, "case.identity_searched", body) for case in cases]
        if entries:
            journal.record_many(entries=entries, actor=actor)
    return [case.pk for case in reversed(cases)]


@dataclass(frozen=True, slots=True)
class Rekeyed:
    """One batch: identities that stand under the newest key now, those that no key given opens, where to go on."""

    done: int
    unreadable: tuple[int, ...]
    after: int | None


def identities_rekey(*, after: int = 0, limit: int = 500) -> Rekeyed:
    """Encrypt the next identities behind ``after`` anew that lie under an older key; a batch is one transaction.

    Masked forms and the blind index stay: they come from the phone and from ``IDENTITY_INDEX_KEY``. Broken off between
    two batches nothing is lost; a row that a second run holds is waited for. ``after`` is None at the end.
    """
    newest, cipher = _cipher(tuple(settings.IDENTITY_KEYS))
    with transaction.atomic():
        rows = list(
            Identity.objects.select_for_update(no_key=True)
            .filter(pk__gt=after, erased_at__isnull=True)
            .exclude(key_id=newest)
            .order_by("pk")[:limit]
        )
        done: list[Identity] = []
        unreadable: list[int] = []
        for row in rows:
            try:
                row.cipher, row.key_id = cipher.rotate(bytes(row.cipher)), newest
                done.append(row)
            except InvalidToken:
                unreadable.append(row.pk)
        Identity.objects.bulk_update(done, ["cipher", "key_id"])
    return Rekeyed(len(done), tuple(unreadable), rows[-1].pk if len(rows) == limit else None)


def identities_under_older_keys() -> int:
    """How many are not under the newest key."""
    return (
        Identity.objects.filter(erased_at__isnull=True)
        .exclude(key_id=_cipher(tuple(settings.IDENTITY_KEYS))[0])
        .count()
    )


def phone_normal(phone: str) -> str:
    """Digits as dialled inside China: full-width signs, blanks, hyphens and the country code taken away."""
    plain = _NOT_A_NUMBER.sub("", unicodedata.normalize("NFKC", phone))
    return _COUNTRY.sub("", plain)


def phone_index(phone: str) -> str:
    """Blind index of a phone under the second key: equal phones, equal index; nothing can be read from it."""
    plain = phone_normal(phone)
    if not plain:
        return ""
    return hmac.new(settings.IDENTITY_INDEX_KEY.encode(), plain.encode(), hashlib.sha256).hexdigest()


def phone_masked(phone: str) -> str:
    """``138****5678``; shorter numbers keep their last two digits only."""
    plain = phone_normal(phone)
    if len(plain) >= 11:
        return f"{plain[:3]}****{plain[-4:]}"[:24]
    return f"****{plain[-2:]}" if len(plain) > 2 else "****" if plain else ""


def name_masked(name: str) -> str:
    """The first character and stars for the rest, at most three, so that the length tells little."""
    plain = name.strip()
    return plain[:1] + "*" * min(3, max(1, len(plain) - 1)) if plain else ""


def token_new(seed: str = "") -> tuple[str, str]:
    """A token of 192 bits for a private link, and the hash that is stored instead of it.

    Random, unless ``seed`` (a client key) asks for the same token again: the sender whose first answer was lost.
    """
    if seed:
        mac = hmac.new(settings.TOKEN_PEPPER.encode(), f"link:{seed}".encode(), hashlib.sha256).digest()
        token = base64.urlsafe_b64encode(mac[:24]).decode()
    else:
        token = secrets.token_urlsafe(24)
    return token, token_hash(token)


def token_hash(token: str) -> str:
    """HMAC-SHA256 of the token under the pepper, hex."""
    return hmac.new(settings.TOKEN_PEPPER.encode(), token.encode(), hashlib.sha256).hexdigest()


@lru_cache(maxsize=4)
def _cipher(keys: tuple[str, ...]) -> tuple[str, MultiFernet]:
    pairs = [key.split(":", 1) for key in keys]
    return pairs[0][0], MultiFernet([Fernet(key) for _kid, key in pairs])
