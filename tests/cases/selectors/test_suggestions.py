"""What a dispatcher is offered at triage: with reasons, within the street, over few candidates, in few queries."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from cases.clock.moment import now, pretend
from cases.models import Case, CategoryWord, HotlineOrder, QuotedNumber, Source, Target, TargetKind
from cases.selectors import candidates, suggestions
from cases.services import intake, triage
from teams.models import Function
from teams.policies import RESIDENT
from tests.cast import LAT, LNG, Cast


def sent(cast: Cast, text: str, **facts: object) -> Case:
    given: dict[str, Any] = {"street_id": cast.street.pk, "source": Source.PORTAL, "text": text, **facts}
    return intake.complaint_create(actor=RESIDENT, **given).case


def offered(cast: Cast, case: Case) -> suggestions.Suggestions:
    return suggestions.suggest(Case.objects.get(pk=case.pk), actor=cast.act(cast.dispatcher))


def test_categories_come_with_the_words_that_speak_for_them(cast: Cast) -> None:
    with override("en"):
        found = offered(cast, sent(cast, "夜里烧烤，油烟很大")).categories
    assert {row.subject.code for row in found} == {"05-10", "01-16"}
    by_code = {row.subject.code: row.reasons for row in found}
    assert "烧烤" in by_code["05-10"][0]
    assert "油烟" in by_code["01-16"][0]


def test_a_text_without_the_catalogues_words_gets_no_category_and_no_agency(cast: Cast) -> None:
    found = offered(cast, sent(cast, "想问社保卡怎么办"))
    assert found.categories == ()
    assert found.agencies == ()


def test_new_words_of_the_catalogue_count_at_once(cast: Cast) -> None:
    case = sent(cast, "门口总有人甩卖")
    assert offered(cast, case).categories == ()
    CategoryWord.objects.create(category=cast.categories["05-07"], word="甩卖", weight=5)
    assert offered(cast, case).categories[0].subject.code == "05-07"


def test_agencies_follow_the_powers_and_the_streets_team_leads(cast: Cast) -> None:
    rows = offered(cast, sent(cast, "夜里烧烤很吵")).agencies
    assert rows[0].agency == cast.agencies["street"]
    assert rows[0].leads
    proposed = {row.agency.function for row in rows if row.proposed}
    assert proposed == {Function.STREET, Function.MARKET, Function.URBAN}
    fire = next(row for row in rows if row.agency.function == Function.FIRE)
    assert not fire.proposed
    assert all(row.reasons for row in rows)


def test_an_optional_agency_is_ticked_when_the_text_speaks_of_what_it_checks(cast: Cast) -> None:
    rows = offered(cast, sent(cast, "夜里烧烤，安全出口也被堵了")).agencies
    fire = next(row for row in rows if row.agency.function == Function.FIRE)
    assert fire.proposed
    assert any("安全出口" in reason for reason in fire.reasons)


def test_an_agency_without_a_squad_here_is_not_ticked(cast: Cast) -> None:
    cast.squads["market"].streets.remove(cast.street)
    rows = offered(cast, sent(cast, "夜里烧烤很吵")).agencies
    market = next(row for row in rows if row.agency.function == Function.MARKET)
    assert not market.proposed


@pytest.mark.parametrize(
    "facts",
    [
        {"text": "演示·夜市烧烤店门口很吵"},
        {"text": "很吵", "party_name": "夜市烧烤店"},
        {"text": "很吵", "address": "演示路1号"},
        {"text": "很吵", "lat": LAT + 0.0002, "lng": LNG},
    ],
    ids=["named in the text", "named apart", "address", "near"],
)
def test_a_party_is_found_by_name_address_or_distance(cast: Cast, facts: dict[str, object]) -> None:
    text = str(facts.pop("text"))
    found = offered(cast, sent(cast, text, **facts)).parties
    assert found[0].subject == cast.target
    assert found[0].reasons
    assert cast.foreign_target not in {row.subject for row in found}


def test_a_party_chosen_by_the_resident_stands_first(cast: Cast) -> None:
    found = offered(cast, sent(cast, "演示·夜市烧烤店旁边很吵", target_id=cast.supermarket.pk)).parties
    assert found[0].subject == cast.supermarket
    assert found[0].score == 1.0


def test_a_position_far_from_the_chosen_party_is_told(cast: Cast) -> None:
    """The office decides which of the two is meant; squads never see where somebody stood."""

    def told(**where: float) -> str:
        found = offered(cast, sent(cast, "很吵", target_id=cast.target.pk, **where)).parties
        return " ".join(str(reason) for row in found if row.subject == cast.target for reason in row.reasons)

    with override("en"):
        assert "position sent with it is 1.1 km away" in told(lat=LAT + 0.01, lng=LNG)
        assert "position sent" not in told(lat=LAT + 0.0002, lng=LNG)
        assert "position sent" not in told()


def test_a_name_heard_a_little_wrong_still_leads_to_the_party(cast: Cast) -> None:
    party = Target.objects.create(street=cast.street, kind=TargetKind.BUSINESS, name="演示御品香火锅店")
    found = offered(cast, sent(cast, "演示义品香火锅店门口堆放杂物")).parties
    assert found[0].subject == party


def test_repeats_are_found_by_party_place_words_and_number(cast: Cast) -> None:
    first = sent(cast, "演示路1号烧烤店夜里油烟大，吵得睡不着", lat=LAT, lng=LNG)
    unlike = sent(cast, "楼道里堆放杂物没人管", lat=LAT + 0.02, lng=LNG + 0.01)
    again = sent(cast, "演示路1号烧烤店夜里还是油烟大，吵得睡不着", lat=LAT, lng=LNG)
    rows = offered(cast, again).repeats
    assert rows[0].case == first
    assert unlike not in {row.case for row in rows}
    assert rows[0].joinable
    assert rows[0].reasons
    HotlineOrder.objects.create(complaint=unlike.complaints.get(), number="20260701000001")
    QuotedNumber.objects.create(complaint=again.complaints.get(), number="20260701000001")
    assert offered(cast, again).repeats[0].case == unlike


def test_an_ended_or_another_partys_case_is_shown_but_not_joinable(cast: Cast) -> None:
    text = "演示路1号烧烤店夜里油烟大，吵得睡不着"
    ended, case = sent(cast, text), sent(cast, text)
    triage.case_accept(actor=cast.act(cast.dispatcher), case_id=ended.pk)
    triage.case_triage(actor=cast.act(cast.dispatcher), case_id=ended.pk, disposition="answered", reply="已答复")
    row = next(row for row in offered(cast, case).repeats if row.case == ended)
    assert not row.joinable


def test_repeats_stay_within_the_street_and_the_last_weeks(cast: Cast) -> None:
    text = "演示路1号烧烤店夜里油烟大，吵得睡不着"
    sent(cast, text, street_id=cast.other_street.pk)
    with pretend(now() - timedelta(days=120)):
        sent(cast, text)
    assert offered(cast, sent(cast, text)).repeats == ()


def test_the_proposed_brief_masks_who_complained(cast: Cast) -> None:
    case = sent(cast, "我住3号楼2单元502室，电话13900000000，楼下烧烤太吵")
    brief = offered(cast, case).brief
    assert "13900000000" not in brief.masked
    assert "502" not in brief.masked
    assert "烧烤太吵" in brief.masked
    assert {span.text for span in brief.spans} >= {"13900000000"}


def test_reasons_are_words_in_the_readers_language(cast: Cast) -> None:
    case = sent(cast, "演示·夜市烧烤店门口很吵")
    with override("en"):
        reasons = offered(cast, case).parties[0].reasons
    assert reasons[0] == "The text names 演示·夜市烧烤店."


def test_a_flood_and_a_large_register_cost_few_queries_and_few_comparisons(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    Target.objects.bulk_create(
        Target(street=cast.street, name=f"演示·烧烤{n}号店", address=f"演示路{n}号", lat=LAT, lng=LNG)
        for n in range(400)
    )
    for _turn in range(3):
        sent(cast, "演示路1号烧烤店夜里油烟大", lat=LAT, lng=LNG)
    case = sent(cast, "演示路1号烧烤店夜里油烟大", lat=LAT, lng=LNG, address="演示路1号")
    compared: list[int] = []
    for name in ("score_parties", "score_repeats"):
        plain = getattr(suggestions, name)

        def counting(*args: Any, plain: Any = plain) -> Any:
            compared.extend(len(arg) for arg in args if isinstance(arg, list))
            return plain(*args)

        monkeypatch.setattr(suggestions, name, counting)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        offered(cast, case)
    assert len(queries) <= 28
    assert max(compared) <= candidates.CANDIDATES
