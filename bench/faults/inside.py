"""What is done beside the product, with its settings: what the clients need, what is still to do, what came out."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from email import message_from_bytes
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Count, Max, Sum

from cases.clock.moment import now
from cases.models import Case, Category, Chain, Complaint, Deadline, Event, File, FileState, Order, Outbox, ReportIn
from cases.papers.chain import Link, verify_chain
from cases.services import files
from dispatch.notify.audience import notices
from dispatch.notify.models import ChannelName, Message, MessageState
from dispatch.notify.people import People
from dispatch.web import tokens
from teams.models import Agency, Function, Squad, Street, User
from teams.policies import SYSTEM

OFFICES = (("dispatcher", "head", "{}"), ("dispatcher2", "head2", "x{}"), ("dispatcher3", "head", "{}"))
"""A desk, who approves for it, and how the squads' accounts there are called."""
SQUADS = ("street", "market")
DUE_WITHIN = 90
"""Seconds in which the deadlines that are watched come up."""
DUPLICATES = 0.005
EVENTS = {
    "accept": "case.accepted",
    "triage": "case.triaged",
    "submit": "order.submitted",
    "approve": "order.approved",
    "issue": "order.issued",
    "order": "order.drafted",
}
OF_CASES = ("accept", "triage")


def say(facts: Any) -> None:
    """The last line that is printed."""
    print(json.dumps(facts))


def prepare() -> dict[str, Any]:
    """Tokens and ids for the clients; a few hundred deadlines that come up while everything falls."""
    offices = [_office(*names) for names in OFFICES]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE cases_deadline row SET starts_at = now(), warn_at = one.at, next_at = one.at,"
            " due_at = now() + interval '9 days' FROM (SELECT id, now() + random() * %s * interval '1 second' AS at"
            " FROM cases_deadline WHERE state = 'running' AND level = 0) one WHERE row.id = one.id RETURNING row.id",
            [DUE_WITHIN],
        )
        watched = [row[0] for row in cursor.fetchall()]
    return {
        "offices": offices,
        "deadlines": watched,
        "event": Event.objects.aggregate(last=Max("pk"))["last"],
        "message": Message.objects.aggregate(last=Max("pk"))["last"] or 0,
        "bundles": _bundles(),
    }


def _office(desk: str, head: str, squad_name: str) -> dict[str, Any]:
    user = User.objects.get(username=desk)
    street = Street.objects.get(pk=user.assignments.get().street_id)
    west, south, east, north = (*street.outline["coordinates"][0][0], *street.outline["coordinates"][0][2])  # type: ignore[index]
    squads = {}
    for function in SQUADS:
        members = [User.objects.get(username=squad_name.format(f"{function}{nth}")) for nth in (1, 2)]
        squad = Squad.objects.get(assignments__user=members[0])
        squads[squad.pk] = {"token": _token(members[0]), "officers": [one.pk for one in members]}
    return {
        "street": street.pk,
        "desk": _token(user),
        "head": _token(User.objects.get(username=head)),
        "squads": squads,
        "agencies": [Agency.objects.get(function=Function.MARKET, street=None).pk],
        "category": Category.objects.get(code="05-10").pk,
        "lat": (south + north) / 2,
        "lng": (west + east) / 2,
    }


def _token(user: User) -> str:
    from dispatch.web.scopes import SCOPES

    return tokens.token_issue(actor=SYSTEM, user=user, name="faults", scopes=list(SCOPES))[1]


def left() -> dict[str, int]:
    """What waits to be relayed, to be sent, to be chased."""
    return {
        "outbox": Outbox.objects.count(),
        "messages": Message.objects.filter(state__in=(MessageState.WAITING, MessageState.SENDING)).count(),
        "deadlines": Deadline.objects.filter(state="running", next_at__lte=now()).count(),
        "photos": File.objects.filter(state=FileState.STORED).count(),
    }


def check(file: str, mail: str, wanted: int) -> list[dict[str, Any]]:
    """Each promise and what became of it."""
    facts = json.loads(Path(file).read_text())
    acked, start = facts["acked"], facts["start"]
    for one in facts["refused"][:5]:
        print("refused:", one)
    kinds = Counter(one["kind"] for one in acked)
    absent, twice = _writes(acked)
    told, missing, unsent = _notices(start)
    letters, contents, copies = _letters(Path(mail), start["message"])
    photos, unlike, uncopied = _photos([one["sha256"] for one in acked if one["kind"] == "photo"])
    fired, wrong = _deadlines(start["deadlines"], start["event"])
    chains, broken = _chains(start["event"])
    return [
        _line("orders issued", kinds["issue"], f"≥ {wanted}", kinds["issue"] >= wanted),
        _line("parts acknowledged", kinds["acknowledge"], "", True),
        _line("arrivals reported", kinds["report"], "", True),
        _line("writes answered with success", len(acked), "", True),
        _line("… of them not there", absent, "0", absent == 0),
        _line("… of them there twice", twice, "0", twice == 0),
        _line("writes refused or given up", len(facts["refused"]), "0", not facts["refused"]),
        _line("notices of what was written", told, "> 0", told > 0),
        _line("… never made", missing, "0", missing == 0),
        _line("… not sent", unsent, "0", unsent == 0),
        _line("letters delivered", letters, "> 0", letters > 0),
        _line("… with two contents", contents, "0", contents == 0),
        _line(
            "… delivered again, in %", round(100 * copies / max(1, letters), 2), "< 0.5", copies < DUPLICATES * letters
        ),
        _line("photos kept", photos, "> 0", photos > 0),
        _line("… not there or not as they were sent", unlike, "0", unlike == 0),
        _line("… without their copies", uncopied, "0", uncopied == 0),
        _line("deadlines that came up", fired, "> 0", fired > 0),
        _line("… not fired exactly once", wrong, "0", wrong == 0),
        _line("chains verified", chains, "> 0", chains > 0),
        _line("… broken", broken, "0", broken == 0),
    ]


def _line(what: str, found: object, must: str, holds: bool) -> dict[str, Any]:
    return {"what": what, "found": found, "must": must, "holds": holds}


def _writes(acked: Iterable[dict[str, Any]]) -> tuple[int, int]:
    """Answered writes that are not there, and those that are there more than once."""
    found: list[int] = []
    told: dict[str, Counter[int]] = {kind: Counter() for kind in EVENTS}
    for name, kind in EVENTS.items():
        column = "case_id" if name in OF_CASES else "order_id"
        told[name].update(Event.objects.filter(kind=kind).values_list(column, flat=True))
    parts: Counter[int] = Counter(
        json.loads(body)["data"]["part"]
        for body in Event.objects.filter(kind="order.part_acknowledged").values_list("body", flat=True)
    )
    reports = Counter(ReportIn.objects.values_list("part_id", flat=True))
    texts = Counter(Complaint.objects.filter(text__startswith="故障演练第").values_list("text", flat=True))
    photos = Counter(File.objects.values_list("sha256", flat=True))
    for one in acked:
        match one["kind"]:
            case "complaint":
                found.append(texts[one["text"]] if Case.objects.filter(pk=one["id"]).exists() else 0)
            case "acknowledge":
                found.append(parts[one["id"]])
            case "report":
                found.append(reports[one["id"]])
            case "photo":
                found.append(photos[one["sha256"]])
            case kind:
                found.append(told[kind][one["id"]])
    return sum(count == 0 for count in found), sum(count > 1 for count in found)


def _bundles() -> list[list[Any]]:
    rows = Message.objects.exclude(bundle="").filter(channel=ChannelName.IN_APP).values("bundle", "recipient_id")
    return [
        [row["bundle"], row["recipient_id"], row["n"] + row["m"]] for row in rows.annotate(n=Count("pk"), m=Sum("more"))
    ]


def _notices(start: dict[str, Any]) -> tuple[int, int, int]:
    """Notices that the events since then must have made, how many of them are missing, how many messages unsent."""
    people = People()
    there = set(Message.objects.filter(event__gt=start["event"]).values_list("event_id", "channel", "recipient_id"))
    wanted, missing = 0, 0
    bundled: Counter[tuple[str, int]] = Counter()
    for event in (
        Event.objects.filter(pk__gt=start["event"]).select_related("order__target", "case__target").order_by("pk")
    ):
        for notice in notices(event, people):
            for user in notice.to:
                wanted += 1
                if notice.bundle:
                    bundled[notice.bundle, user] += 1
                    continue
                missing += (event.pk, ChannelName.IN_APP, user) not in there
                if notice.email and people.user(user).email:
                    wanted += 1
                    missing += (event.pk, ChannelName.EMAIL, user) not in there
    before = {(bundle, user): count for bundle, user, count in start["bundles"]}
    after = {(bundle, user): count for bundle, user, count in _bundles()}
    missing += sum(abs(after.get(key, 0) - before.get(key, 0) - count) for key, count in bundled.items())
    unsent = Message.objects.filter(pk__gt=start["message"]).exclude(state=MessageState.SENT).count()
    return wanted, missing, unsent


def _letters(folder: Path, first: int) -> tuple[int, int, int]:
    """Messages that arrived in the mail box, those with more than one content, copies beyond the first; one that
    never arrived counts as two contents."""
    bodies: dict[str, list[bytes]] = defaultdict(list)
    for file in folder.iterdir():
        for text in file.read_bytes().split(b"\n" + b"-" * 79 + b"\n"):
            if text.strip():
                letter = message_from_bytes(text.lstrip())
                bodies[letter["Message-ID"]].append(
                    letter["Subject"].encode() + bytes(letter.get_payload(decode=True) or b"")
                )
    sent = Message.objects.filter(pk__gt=first, channel=ChannelName.EMAIL).values_list("pk", flat=True)
    by_pk: dict[int, list[bytes]] = defaultdict(list)
    for key, seen in bodies.items():
        by_pk[int(key.removeprefix("<message-").split("@")[0])] += seen
    of = {pk: by_pk[pk] for pk in sent}
    wrong = sum(len(set(seen)) != 1 for seen in of.values())
    return len(of), wrong, sum(max(0, len(seen) - 1) for seen in of.values())


def _photos(digests: list[str]) -> tuple[int, int, int]:
    """Photos that were answered, those that are not there byte by byte, those of which people would see nothing."""
    rows = {row.sha256: row for row in File.objects.filter(sha256__in=digests)}
    unlike = uncopied = 0
    for digest in digests:
        row = rows.get(digest)
        folder = settings.MEDIA_ROOT / files.folder_of(row.key) if row else None
        originals = list(folder.glob(f"{files.ORIGINAL}.*")) if folder else []
        unlike += [hashlib.sha256(one.read_bytes()).hexdigest() for one in originals] != [digest]
        uncopied += row is None or row.state != FileState.READY
    return len(digests), unlike, uncopied


def _deadlines(watched: list[int], start: int) -> tuple[int, int]:
    told: Counter[int] = Counter()
    for body in Event.objects.filter(pk__gt=start, kind__endswith="deadline_warned").values_list("body", flat=True):
        told[json.loads(body)["data"]["deadline"]] += 1
    states = dict(Deadline.objects.filter(pk__in=watched).values_list("pk", "level"))
    return len(watched), sum(told[pk] != 1 or states[pk] != 1 for pk in watched)


def _chains(start: int) -> tuple[int, int]:
    """Every chain that was written on since then."""
    written = Event.objects.filter(pk__gt=start)
    broken = count = 0
    for name, model in (("case", Case), ("order", Order)):
        ids = set(written.filter(**{f"{name}__isnull": False}).values_list(f"{name}_id", flat=True))
        for pk in ids:
            events = Event.objects.filter(**{name: pk}).order_by("seq").values_list("seq", "body", "hash")
            chain = Chain.objects.get(**{name: pk})
            links = [Link(seq, "", body, hashed) for seq, body, hashed in events]
            broken += verify_chain(links, head=chain.head, seq=chain.seq) is not None
            count += 1
        assert model.objects.filter(pk__in=ids).count() == len(ids)
    return count, broken
