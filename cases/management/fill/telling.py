"""What happens to the cases of a made-up history: told by the rules of the flow, with every row and event it leaves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from random import Random
from typing import Any

from django.utils import timezone

from cases.management.fill import words as search
from cases.management.fill.copying import Book
from cases.management.fill.life import Chained, Clocks, Life
from cases.management.fill.visiting import close_order, file_order, issue_order, open_order, plan_rests, visit
from cases.management.fill.world import TAILS, WORDS, Who, World
from cases.models import CaseStage
from cases.planner.lexemes import endings, lexemes
from teams.models import Role

RESIDENT: Who = (None, "resident")
SOURCES = ("portal", "hotline", "hotline", "office", "grid")
OPEN_STAGES = (
    CaseStage.RECEIVED,
    CaseStage.ACCEPTED,
    CaseStage.PLANNING,
    CaseStage.PLANNING,
    CaseStage.DISPATCHED,
    CaseStage.VISITING,
    CaseStage.RULING,
    CaseStage.RECTIFYING,
    CaseStage.CHECKING,
)
ENDINGS = (("inspection", 34), ("handling", 20), ("answered", 28), ("transfer", 10), ("rejected", 8))
"""In hundred cases. Much of what a hotline hears is a question, or somebody else's."""
_ENDINGS = tuple(name for name, _often in ENDINGS)
_HOW_OFTEN = tuple(accumulate(often for _name, often in ENDINGS))
JOINING = 0.06
"""How many of the inspected cases took in another that was opened beside them."""
SAYING_AGAIN = 0.25
"""How often one more person says what a case already says."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of the history: the days on which its cases were opened (moments, of those not ``over``), in order.

    Of days more are opened each year, and most in the evening. ``seed``: equal seed, equal story.
    """

    seed: str
    days: list[datetime]
    over: bool


class Teller:
    """Writes lives into a book, everything up to ``now``."""

    def __init__(self, world: World, book: Book, now: datetime) -> None:
        self._world, self._book, self._now, self._dice = world, book, now, Random()  # noqa: S311 - a story, no secret
        self._clocks = {office.street.pk: Clocks(book, office.street.pk, now) for office in world.offices}
        self._often = list(accumulate(1 / (rank + 2) for rank in range(len(world.categories))))
        self._busy: set[int] = set()
        """Parties with a live order: there may be one of each."""
        self._still: list[int] = []

    def stretch(self, stretch: Stretch) -> tuple[list[tuple[str, bytes]], int, list[int]]:
        """COPY statements with their rows, how many cases they are, and which of them are still open."""
        self._dice, self._still, told, wanted = Random(stretch.seed), [], 0, len(stretch.days)  # noqa: S311
        for day in stretch.days:
            if told < wanted:
                told += self._ended(self._hour(day), last=told + 1 == wanted) if stretch.over else self._open(day)
        return self._book.drain(), told, self._still

    def _hour(self, day: datetime) -> datetime:
        hour = self._dice.choices((8, 10, 13, 16, 19, 21, 22), (2, 3, 2, 3, 5, 5, 2))[0]
        minute, second = self._dice.randrange(60), self._dice.randrange(60)
        return timezone.localtime(day).replace(hour=hour, minute=minute, second=second).astimezone(UTC)

    def _ended(self, opened_at: datetime, *, last: bool) -> int:
        """A case that is over, with those that were joined to it; how many cases that are (one, if the ``last``)."""
        kind = self._dice.choices(_ENDINGS, cum_weights=_HOW_OFTEN)[0]
        life = self._opened(opened_at)
        more = int(kind == "inspection" and not last and self._dice.random() < JOINING)
        {
            "inspection": self._inspected,
            "handling": self._inspected,
            "answered": self._answered,
            "transfer": self._elsewhere,
            "rejected": self._elsewhere,
        }[kind](life, kind, CaseStage.CLOSED, more)
        self._write(life)
        return 1 + more

    def _open(self, opened_at: datetime) -> int:
        """A case that still goes on, wherever it has come to since."""
        stage = OPEN_STAGES[len(self._still) % len(OPEN_STAGES)]
        life = self._opened(opened_at)
        life.pace = min(1.0, (self._now - opened_at) / timedelta(days=4))
        live = stage in (CaseStage.PLANNING, CaseStage.DISPATCHED)
        if live and life.party.target_id in self._busy:
            stage = CaseStage.ACCEPTED
        elif live:
            self._busy.add(life.party.target_id)
        if stage in (CaseStage.RECEIVED, CaseStage.ACCEPTED):
            self._waiting(life, stage)
        else:
            self._inspected(life, "inspection", stage, 0)
        self._write(life)
        self._still.append(life.case_id)
        return 1

    def _opened(self, opened_at: datetime, like: Life | None = None) -> Life:
        dice = self._dice
        office = like.office if like else dice.choice(self._world.offices)
        party = like.party if like else dice.choices(office.parties, cum_weights=office.weights)[0]
        category = like.category if like else dice.choices(self._world.categories, cum_weights=self._often)[0]
        case_id = self._book.case.take()
        source = dice.choice(SOURCES)
        desk = dice.choice(office.staff[Role.DISPATCHER])
        grid = office.staff.get(Role.GRID_WORKER)
        if source == "grid" and not grid:
            source = "office"
        sender = RESIDENT if source == "portal" else grid[0] if source == "grid" and grid else desk
        chain = Chained(self._book, "case", case_id, office.street.pk, opened_at)
        words = dice.choice(WORDS)
        row = {
            "reference": f"{timezone.localtime(opened_at):%y%m%d}-{self._book.references.take():04}",
            "street_id": office.street.pk,
            "grid_id": party.grid_id,
            "stage": CaseStage.RECEIVED.value,
            "source": source,
            "title": f"{party.name}：{words}"[:160],
            "address": party.address,
            "lat": party.lat,
            "lng": party.lng,
            "spot_lat": party.lat,
            "spot_lng": party.lng,
            "opened_at": opened_at,
            "stage_at": opened_at,
        }
        clocks = self._clocks[office.street.pk]
        life = Life(self._book, clocks, office, party, category, case_id, chain, opened_at, self._now, dice, row, desk)
        life.joins = like.case_id if like else None
        said = self._complaint(life, source, opened_at, sender, words)
        chain.tell("case.received", opened_at, sender, {"source": source, "urgency": "general", "complaint": said})
        return life

    def _complaint(self, life: Life, source: str, at: datetime, sender: Who, words: str) -> int:
        dice, book, party = self._dice, self._book, life.party
        more = "，".join((*dice.sample(WORDS, dice.randint(1, 3)), dice.choice(TAILS)))
        identity_id = None
        if source != "grid":
            person = dice.choice(self._world.people)
            identity_id = book.identity.add(
                cipher=bytes(person.cipher),
                key_id=person.key_id,
                phone_index=person.phone_index,
                masked_name=person.masked_name,
                masked_phone=person.masked_phone,
                created_at=at,
            )
        reference = life.row["reference"] if not life.complaints else None
        reference = reference or f"{timezone.localtime(at):%y%m%d}-{book.references.take():04}"
        text = f"反映{party.address}{party.name}{words}，{more}。"
        complaint_id = book.complaint.add(
            reference=reference,
            street_id=life.office.street.pk,
            source=source,
            text=text,
            party_name=party.name,
            address=party.address,
            lat=party.lat,
            lng=party.lng,
            target_id=party.target_id,
            received_at=at,
            identity_id=identity_id,
            taken_by_id=sender[0],
            contacted_at=at if source == "office" else None,
        )
        number = ""
        if source == "hotline":
            number = f"YS{timezone.localtime(at):%Y%m%d}{complaint_id:08}"
            book.hotline.add(complaint_id=complaint_id, number=number, channel="电话", unit=life.office.street.name)
        if book.words:
            life.shown |= lexemes(reference) | endings(number)
            life.told |= search.told(party.name, party.address, text)
        book.link.add(
            case_id=life.joins or life.case_id,
            complaint_id=complaint_id,
            joined_at=at,
            original_case_id=life.case_id if life.joins else None,
        )
        life.complaints.append(complaint_id)
        return complaint_id

    def _repeats(self, life: Life) -> None:
        while self._dice.random() < SAYING_AGAIN and len(life.complaints) < 12:
            at = life.wait(1)
            said = self._complaint(life, "hotline", at, life.desk, self._dice.choice(WORDS))
            life.chain.tell("case.complaint_joined", at, life.desk, {"complaint": said, "by": "hotline"})

    def _waiting(self, life: Life, stage: CaseStage) -> None:
        """Not triaged yet: what the office has to look at now."""
        self._repeats(life)
        begun = life.row["opened_at"]
        if stage == CaseStage.RECEIVED:
            life.clocks.add("register", life.chain, begun, None)
        else:
            self._accepted(life)
            life.clocks.add("triage", life.chain, life.at, None)
        if life.row["source"] != "grid":
            life.clocks.add("contact", life.chain, begun, None)
        life.clocks.add("whole_case", life.chain, begun, None)

    def _accepted(self, life: Life) -> None:
        at = life.wait(0.06)
        used = life.clocks.add("register", life.chain, life.row["opened_at"], at)
        life.row["owner_id"] = life.desk[0]
        life.move("case.accepted", CaseStage.ACCEPTED, life.desk, None, used)

    def _triaged(self, life: Life, disposition: str, to: CaseStage) -> None:
        """Accepted, talked about, called back, decided."""
        self._repeats(life)
        self._accepted(life)
        begun = life.at
        at = life.wait(0.5)
        note = self._book.note.add(
            case_id=life.case_id, text="已电话核实，情况属实。", written_by_id=life.desk[0], at=at
        )
        life.chain.tell("case.noted", at, life.desk, {"note": note})
        if life.row["source"] != "grid":
            used = life.clocks.add("contact", life.chain, life.row["opened_at"], at)
            self._line(life, "notice", "您反映的问题已受理。", at, used)
        at = life.wait(1)
        used = life.clocks.add("triage", life.chain, begun, at)
        party, visited = life.party, disposition in ("inspection", "handling")
        life.row |= {"disposition": disposition, "category_id": life.category.pk, "severity": life.category.severity}
        if visited:
            life.row |= {
                "target_id": party.target_id,
                "title": f"{life.category.name} · {party.name}"[:160],
                "brief": f"请检查{party.name}（{party.address}）：{life.category.name}。",
                "brief_confirmed_by_id": life.desk[0],
            }
        body = {
            "disposition": disposition,
            "category": life.category.code,
            "target": party.target_id if visited else None,
        }
        life.move("case.triaged", to, life.desk, body, used)

    def _line(self, life: Life, kind: str, words: str, at: datetime, used: tuple[int, bool] | None = None) -> None:
        for complaint_id in life.complaints:
            line = self._book.line.add(
                complaint_id=complaint_id, kind=kind, text=words, written_by_id=life.desk[0], at=at, read_at=at
            )
            body = {"complaint": complaint_id, "line": line, "as": kind}
            life.chain.tell("case.line_written", at, life.desk, body, used)
            used = None

    def _inspected(self, life: Life, disposition: str, until: CaseStage, joined: int) -> None:
        """The long way: triage, order, visit, ruling, check-after, closing; as far as ``until``."""
        begun = life.row["opened_at"]
        self._triaged(life, disposition, CaseStage.PLANNING)
        for _one in range(joined):
            self._joined(life)
        drafted = until != CaseStage.PLANNING or self._dice.random() < 0.5
        ordered = open_order(life, handling=disposition == "handling", drafted=drafted)
        running = until not in (CaseStage.CLOSED, CaseStage.CHECKING)
        if ordered and until == CaseStage.PLANNING:
            plan_rests(life, ordered)
        elif ordered:
            issue_order(life, ordered, arrived=until != CaseStage.DISPATCHED)
        if ordered and until not in (CaseStage.PLANNING, CaseStage.DISPATCHED):
            waits = until in (CaseStage.RULING, CaseStage.RECTIFYING)
            over, rule = until != CaseStage.VISITING, until != CaseStage.RULING
            findings = visit(life, ordered, over=over, fails=waits, rule=rule)
            if until not in (CaseStage.VISITING, CaseStage.RULING):
                close_order(life, ordered, findings, later=until == CaseStage.RECTIFYING)
        if ordered:
            file_order(life, ordered)
        if running:
            life.clocks.add("whole_case", life.chain, begun, None)
            return
        self._checked(life, begun, over=until == CaseStage.CLOSED)

    def _checked(self, life: Life, begun: datetime, *, over: bool) -> None:
        started = life.at
        life.move("case.checking", CaseStage.CHECKING, (None, "system"))
        if not over:
            life.clocks.add("check_after", life.chain, started, None)
            life.clocks.add("whole_case", life.chain, begun, None)
            return
        at = life.wait(12)
        checker = self._dice.choice(life.office.staff[Role.CHECKER])
        used = life.clocks.add("check_after", life.chain, started, at)
        check = self._book.check.add(case_id=life.case_id, passed=True, words="现场已恢复。", by_id=checker[0], at=at)
        body = {"check": check, "passed": True, "category": life.category.code}
        life.chain.tell("case.checked_after", at, checker, body, used)
        answered = life.wait(4)
        life.clocks.add("answer", life.chain, at, answered)
        self._line(life, "result", "您反映的问题已处理，感谢监督。", answered)
        life.row["result_text"] = "您反映的问题已处理，感谢监督。"
        self._over(life, "case.closed", CaseStage.CLOSED, checker, {"check": check, "complaints": life.complaints})
        self._rated(life)

    def _over(self, life: Life, kind: str, to: CaseStage, who: Who, body: dict[str, object]) -> None:
        cancelled = to == CaseStage.JOINED
        used = life.clocks.add("whole_case", life.chain, life.row["opened_at"], life.at, cancelled=cancelled)
        life.move(kind, to, who, body, None if cancelled else used)
        life.row["closed_at"] = life.at

    def _rated(self, life: Life) -> None:
        for complaint_id in life.complaints:
            if self._dice.random() > 0.35 or life.row["source"] == "grid":
                continue
            at = life.wait(10)
            solved, satisfied = self._dice.random() < 0.88, self._dice.choice((1, 3, 4, 4, 5, 5, 5))
            facts: dict[str, Any] = {"contacted": True, "solved": solved, "satisfied": satisfied, "rework": "none"}
            feedback = self._book.feedback.add(complaint_id=complaint_id, case_id=life.case_id, at=at, **facts)
            life.chain.tell("case.rated", at, RESIDENT, {"feedback": feedback, **facts})

    def _answered(self, life: Life, disposition: str, _until: CaseStage, _joined: int) -> None:
        begun = life.row["opened_at"]
        self._triaged(life, disposition, CaseStage.CLOSED)
        life.row["closed_at"], life.row["result_text"] = life.at, "您咨询的事项已答复。"
        life.clocks.add("whole_case", life.chain, begun, life.at)
        self._line(life, "result", "您咨询的事项已答复。", life.at)
        self._rated(life)

    def _elsewhere(self, life: Life, disposition: str, _until: CaseStage, _joined: int) -> None:
        begun = life.row["opened_at"]
        if disposition == "transfer":
            self._triaged(life, disposition, CaseStage.TRANSFERRED)
            life.row["transferred_to"] = "演示·供水公司"
            self._line(life, "result", "您反映的问题已转有关单位。", life.at)
        else:
            self._repeats(life)
            self._accepted(life)
            for words in ("核实中。", "现场无此情况。"):
                at = life.wait(1)
                note = self._book.note.add(case_id=life.case_id, text=words, written_by_id=life.desk[0], at=at)
                life.chain.tell("case.noted", at, life.desk, {"note": note})
            life.row["disposition"] = disposition
            life.move("case.rejected", CaseStage.REJECTED, life.desk, {"reason": "经核实不属实"})
            self._line(life, "result", "经核实，未发现您反映的情况。", life.at)
        life.row["closed_at"] = life.at
        life.clocks.add("whole_case", life.chain, begun, life.at)

    def _joined(self, survivor: Life) -> None:
        """Another case of the same party, opened meanwhile, becomes part of this one with all who complained."""
        twin = self._opened(survivor.at, like=survivor)
        self._repeats(twin)
        self._accepted(twin)
        at = twin.wait(0.5)
        note = self._book.note.add(case_id=twin.case_id, text="与已有案件相同。", written_by_id=twin.desk[0], at=at)
        twin.chain.tell("case.noted", at, twin.desk, {"note": note})
        self._line(twin, "notice", "您反映的问题已并案处理。", at)
        body = {"into": survivor.case_id, "head": survivor.chain.head, "complaints": twin.complaints}
        self._over(twin, "case.merged_into", CaseStage.JOINED, twin.desk, body)
        twin.row |= {"disposition": "joined", "merged_into_id": survivor.case_id, "target_id": twin.party.target_id}
        body = {"case": twin.case_id, "head": twin.chain.head, "complaints": twin.complaints}
        survivor.at = twin.at
        survivor.chain.tell("case.absorbed", twin.at, twin.desk, body)
        survivor.complaints += twin.complaints
        survivor.shown |= twin.shown
        survivor.told |= twin.told
        twin.complaints, twin.shown, twin.told = [], set(), set()
        self._write(twin)

    def _write(self, life: Life) -> None:
        life.row["complaint_count"] = len(life.complaints)
        self._book.case.add(pk=life.case_id, **life.row)
        if self._book.words:
            shown = life.shown | search.own(life.row, life.category, life.party.name)
            written = {"shown": search.vector(shown), "everything": search.vector(shown | life.told)}
            self._book.words.put({"case_id": life.case_id, **written})
        life.chain.close()
