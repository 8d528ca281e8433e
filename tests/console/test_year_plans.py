"""A yearly plan in the browser's words: upload, columns, rehearsal, publish, what was refused, withdraw."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from cases.clock.moment import now
from cases.models import Need, YearPlan
from cases.services import planfiles
from tests.cast import Cast, unchanged
from tests.console.conftest import Login

LIST = "/console/plans/"


def test_a_plan_from_upload_to_withdrawal(cast: Cast, login: Login, django_assert_max_num_queries: Any) -> None:
    desk = login(cast.dispatcher)
    month = f"{timezone.localtime(now()):%Y-%m}"
    rows = f"演示·夜市烧烤店,{month},MK-01\n演示·便民超市,2098年3月,\n演示·没有这家,3月,\n"
    file = SimpleUploadedFile("计划.csv", f"店名,什么时候,检查事项\n{rows}".encode("gb18030"), "text/csv")
    asked = {"street": cast.street.pk, "agency": cast.agencies["market"].pk, "year": "2098", "file": file}
    agencies = {agency.function for agency in desk.get(LIST).context["form"].fields["agency"].queryset}
    assert agencies == {"street", "market", "urban", "fire", "ecology"}
    with unchanged():
        assert desk.post(LIST, {**asked, "file": ""}).status_code == 422
    assert desk.post(LIST, asked).status_code == 302
    plan = YearPlan.objects.get()
    url = f"{LIST}{plan.pk}/"
    page = desk.get(url)
    assert page.context["form"]["name"].initial == ""
    with unchanged():
        answer = desk.post(url, {"name": "店名", "items": "检查事项"})
    assert answer.status_code == 422
    assert "month" in answer.context["form"].errors
    assert desk.post(url, {"name": "店名", "month": "什么时候", "items": "检查事项"}).status_code == 302
    assert "every 2s" in desk.get(url).content.decode()
    planfiles.plan_execute(plan_id=plan.pk)
    assert desk.get(f"{url}progress/").headers["HX-Refresh"] == "true"
    with django_assert_max_num_queries(24):
        html = desk.get(url).content.decode()
    assert "2 checks can be published" in html
    assert "营业执照" in html
    assert "the whole checklist" in html
    assert "No party of this street" in desk.get(url, {"fate": "refused"}).content.decode()
    table = desk.get(f"{url}refused/", {"format": "csv"})
    told = b"".join(table.streaming_content).decode("utf-8-sig").splitlines()  # type: ignore[attr-defined]
    assert (len(told), "演示·没有这家" in told[1]) == (2, True)
    assert desk.get(f"{url}refused/", {"format": "pdf"}).status_code == 404

    assert desk.post(f"{url}publish/").status_code == 302
    planfiles.plan_execute(plan_id=plan.pk)
    assert Need.objects.count() == 2
    html = desk.get(url).content.decode()
    assert "Withdraw what is open" in html
    work = desk.get("/console/plan/").content.decode()
    assert cast.target.name in work
    assert cast.supermarket.name not in work, "its days are far ahead"
    assert "Yearly plans" in work
    with django_assert_max_num_queries(22):
        assert "计划.csv" in desk.get(LIST).content.decode()

    with unchanged():
        assert desk.post(f"{url}withdraw/", {"reason": ""}).status_code == 422
    assert "2 planned checks are open" in desk.get(f"{url}withdraw/").content.decode()
    assert desk.post(f"{url}withdraw/", {"reason": "演示·计划调整"}).status_code == 302
    assert "演示·计划调整" in desk.get(url).content.decode()
    assert desk.post(f"{url}withdraw/", {"reason": "演示"}).status_code == 409


def test_others_see_no_plan(cast: Cast, login: Login) -> None:
    plan = YearPlan.objects.create(
        street=cast.street, agency=cast.agencies["market"], year=2098, file_name="p.csv", path="/nowhere"
    )
    assert login(cast.outsider).get(f"{LIST}{plan.pk}/").status_code == 404
    assert login(cast.checker).get(f"{LIST}{plan.pk}/").status_code == 403
    gone = login(cast.dispatcher).get(f"{LIST}{plan.pk}/").content.decode()
    assert "Upload it again" in gone
