"""Scenes that wait in the office: to accept, to triage, asking, to plan, mediation; and those that ended there."""

from __future__ import annotations

from typing import Any

from cases.management.demo.ground import OTHER_STREET
from cases.management.demo.telling import MEDIATION_NOTICE
from cases.management.demo.visiting import Storyteller
from cases.models import Disposition, RequestKind, Source, Urgency
from cases.services import intake, orders, triage

FAR_STREET = "140106005"
NIGHT = ("22:00", "23:59")


def tell(t: Storyteller) -> None:
    to_accept(t)
    to_triage(t)
    asking(t)
    to_plan(t)
    other_ends(t)


def to_accept(t: Storyteller) -> None:
    """Just received: urgent and general, in time, soon and late."""
    t.complain(
        t.ago(minutes=2),
        "演示路1号烧烤店在门口支起烤炉，油烟直往楼上飘，客人很吵，家里有老人睡不着。",
        target="bbq",
        urgency=Urgency.URGENT,
        photo="barbecue",
    )
    t.complain(t.ago(minutes=6), "面馆门口堆了很多空箱子，婴儿车过不去。", target="noodle", photo="boxes")
    t.complain(
        t.ago(minutes=12),
        "The bar on the south side of the square plays loud music after midnight, several nights in a row.",
        target="bar",
        language="en",
    )
    t.complain(t.ago(minutes=4), "巡查发现演示西巷小区北门垃圾桶满溢，地面有污水。", target="yard", source=Source.GRID)
    t.complain(
        t.ago(minutes=40), "健身房关门了，办的卡还有两千多元没用完，要求退款。", target="gym", source=Source.OFFICE
    )
    t.complain(
        t.ago(minutes=9),
        "北街工地夜里还在浇筑混凝土，机器声很大，请马上处理。",
        target="site",
        urgency=Urgency.URGENT,
    )
    with t.on(OTHER_STREET):
        t.complain(t.ago(minutes=3), "城北音乐酒吧低音炮声音太大，窗户都在震。", target="xbar")
        t.complain(t.ago(minutes=8), "环城街公交站旁的小吃车占了盲道。", target="xvendor", source=Source.GRID)
    with t.on(FAR_STREET):
        t.complain(t.ago(minutes=30), "桥东二街管网工地没有围挡，晚上看不清，差点摔倒。", target="ysite")


def to_triage(t: Storyteller) -> None:
    """Accepted, with repeats about one party."""
    repeats: tuple[tuple[int, str, dict[str, Any]], ...] = (
        (150, "老地方烧烤每天晚上都在人行道上烤，烟大，人多，走路要绕到马路上。", {"target": "bbq2"}),
        (95, "演示路15号那家烧烤店油烟味太大，窗户不敢开。", {"address": "演示路15号"}),
        (34, "演示·老地方烧烤外摆桌椅十几张，半夜还在喝酒喧哗。", {"target": "bbq2", "urgency": Urgency.URGENT}),
        (35, "奶茶店门口电动车停得满满的，盲道都占了。", {"target": "milktea"}),
        (70, "在天天生鲜超市买到过期酸奶，货架上还有好几盒。", {"target": "market2", "photo": "boxes"}),
    )
    for back, text, more in repeats:
        told = t.complain(t.ago(minutes=back), text, **more)
        t.accept(t.ago(minutes=back - 8), told)
    told = t.complain(t.ago(days=1, hours=4), "想咨询开小餐馆要办哪些手续。", kind=RequestKind.ENQUIRY, known=False)
    t.accept(t.ago(days=1, hours=3.9), told)
    with t.on(OTHER_STREET):
        told = t.complain(t.ago(minutes=80), "城北火锅后厨排风口正对着我家窗户。", target="xhotpot")
        t.accept(t.ago(minutes=72), told)


def asking(t: Storyteller) -> None:
    """A question to the resident: one waits, one was answered."""
    told = t.complain(t.ago(days=1, hours=2), "半夜总有打桩声，不知道是哪个工地。")
    t.accept(t.ago(days=1, hours=1.8), told)
    with t.at(t.ago(days=1, hours=1.5)):
        assert told.complaint is not None
        triage.case_ask(
            actor=t.office,
            case_id=told.case.pk,
            complaint_id=told.complaint.pk,
            question="请问声音大约几点开始、从哪个方向传来？这样我们好确定工地。",
        )
    told = t.complain(t.ago(days=1), "楼下有一家店天天放喇叭。", address="演示东街一带")
    t.accept(t.ago(hours=23.7), told)
    with t.at(t.ago(hours=23)):
        assert told.complaint is not None
        triage.case_ask(
            actor=t.office, case_id=told.case.pk, complaint_id=told.complaint.pk, question="请问店名或门牌号是什么？"
        )
    with t.at(t.ago(minutes=55)):
        intake.complaint_supplement(token_hash=told.token_hash, text="是快印图文店，门口的喇叭一直循环播放。")


def to_plan(t: Storyteller) -> None:
    """Needs without an order, an order drafted, one to approve, one approved; a later report that was joined."""
    told = t.accept(
        t.ago(hours=26), t.complain(t.ago(hours=26.2), "火锅店后门排出的油烟熏得人睁不开眼。", target="hotpot")
    )
    t.inspect(
        t.ago(hours=25),
        told,
        "01-16",
        "hotpot",
        "street urban",
        "火锅店后门油烟扰民，请查净化设施和烟道。",
        hours=("17:00", "22:00"),
    )
    again = t.accept(t.ago(hours=5), t.complain(t.ago(hours=5.2), "红汤火锅店油烟问题一直没有解决。", target="hotpot"))
    with t.at(t.ago(hours=4.5)):
        triage.case_join(actor=t.office, case_id=again.case.pk, into_case_id=told.case.pk, reason="同一对象、同一问题")
    told = t.accept(
        t.ago(hours=20), t.complain(t.ago(hours=20.1), "诊所没看到许可证，给孩子拔牙不放心。", target="clinic")
    )
    t.inspect(
        t.ago(hours=19), told, "06-13", "clinic", "street health", "口腔诊所执业许可、消毒情况待查。", inform=False
    )
    told = t.accept(t.ago(hours=9), t.complain(t.ago(hours=9.1), "健身房把器械堆在安全出口。", target="gym"))
    t.inspect(t.ago(hours=8), told, "06-06", "gym", "street fire", "健身房安全出口堆放器械。")
    t.draft(t.ago(hours=7.5), told)
    told = t.accept(t.ago(hours=10), t.complain(t.ago(hours=10.1), "培训班没有办学许可，楼道很窄。", target="school"))
    t.inspect(
        t.ago(hours=9),
        told,
        "06-21",
        "school",
        "street culture fire",
        "培训机构办学许可、消防条件待查。",
    )
    t.submit(t.ago(hours=3), t.draft(t.ago(hours=8.6), told))
    told = t.accept(
        t.ago(hours=28), t.complain(t.ago(hours=28.1), "饺子馆的碗筷有油渍，怀疑没有消毒。", target="dumpling")
    )
    t.inspect(t.ago(hours=27), told, "06-01", "dumpling", "street market", "餐饮具清洗消毒情况待查。")
    t.approve(t.ago(hours=2), t.submit(t.ago(hours=5), t.draft(t.ago(hours=26), told)))
    found_shut(t)


def found_shut(t: Storyteller) -> None:
    """Visits that did not take place or were called off: shut, a squad absent, an order cancelled."""
    told = t.accept(t.day(4, "22:10"), t.complain(t.day(4, "22:05"), "晚八点酒吧门口音响太响。", target="bar"))
    t.inspect(t.day(4, "22:20"), told, "05-08", "bar", "street urban", "酒吧门口音响噪声。", hours=("21:00", "23:00"))
    t.arrive(t.day(3, "21:10"), t.send(t.day(3, "09:00"), told), "street urban")
    t.close_visit(t.day(3, "21:30"), told, outcome="closed", note="当晚未营业")
    with t.on(OTHER_STREET):
        told = t.accept(t.day(3, "22:40"), t.complain(t.day(3, "22:30"), "二号地块夜里还在打桩。", target="xsite"))
        t.inspect(
            t.day(3, "23:00"), told, "03-01", "xsite", "street urban ecology", "夜间施工。", hours=("22:00", "23:59")
        )
        t.send(t.day(2, "09:00"), told)
        t.arrive(t.day(2, "22:10"), t.acknowledge(t.day(2, "10:00"), told, "street urban"), "street urban")
        t.answer(t.day(2, "22:30"), told, "street")
        t.answer(t.day(2, "22:40"), told, "urban")
        t.close_visit(t.day(2, "22:50"), told, absent="ecology", note="生态环境中队未到场，边界噪声未测")
    told = t.accept(t.day(1, "14:00"), t.complain(t.day(1, "13:50"), "奶茶店原料过期。", target="milktea"))
    t.inspect(t.day(1, "14:20"), told, "06-01", "milktea", "street market", "奶茶店原料保质期待查。")
    t.send(t.day(1, "15:00"), told)
    with t.at(t.day(1, "16:40")):
        orders.order_cancel(actor=t.office, order_id=t.order(told).pk, reason="当事人停业搬迁，改期检查")


def other_ends(t: Storyteller) -> None:
    """Not everything is an inspection: answered, mediation, transferred, rejected, withdrawn, taken back."""
    told = t.accept(
        t.day(4, "09:20"), t.complain(t.day(4, "09:10"), "请问门前能不能放一盆花？", kind=RequestKind.ENQUIRY)
    )
    t.decide(
        t.day(4, "09:50"),
        told,
        Disposition.ANSWERED,
        reply="门线以内可以摆放；占用人行道须经许可。可到街道办事大厅咨询。",
    )
    told = t.accept(
        t.day(3, "15:20"), t.complain(t.day(3, "15:00"), "建议在西巷增设夜市疏导点。", kind=RequestKind.SUGGESTION)
    )
    t.decide(t.day(3, "16:00"), told, Disposition.ANSWERED, reply="建议已收到，将纳入下一次研判，结果在街道公告。")
    told = t.accept(
        t.day(2, "10:00"), t.complain(t.day(2, "09:40"), "培训班不退学费，协商多次没有结果。", target="school")
    )
    t.inform(t.day(2, "11:10"), t.decide(t.day(2, "11:00"), told, Disposition.MEDIATION, "06-04"), MEDIATION_NOTICE)
    told = t.accept(
        t.day(5, "10:00"), t.complain(t.day(5, "09:40"), "楼上装修噪音大，请帮忙协调施工时间。", address="演示西巷小区")
    )
    t.inform(t.day(5, "10:40"), t.decide(t.day(5, "10:30"), told, Disposition.MEDIATION, "06-10"), MEDIATION_NOTICE)
    with t.at(t.day(2, "15:30")):
        triage.case_settle(
            actor=t.office, case_id=told.case.pk, words="双方约定：工作日 8 时至 12 时、14 时至 18 时施工。"
        )
    told = t.accept(t.day(3, "11:00"), t.complain(t.day(3, "10:40"), "快餐店老板拖欠我两个月工资。", target="fastfood"))
    t.decide(t.day(3, "11:40"), told, Disposition.TRANSFER, "06-12", transfer_to="区人力资源和社会保障局")
    told = t.accept(t.day(1, "10:00"), t.complain(t.day(1, "09:40"), "公交车司机态度不好。"))
    t.decide(t.day(1, "10:20"), told, Disposition.TRANSFER, transfer_to="市交通运输局")
    told = t.complain(t.day(2, "13:00"), "随便说两句，没什么事。", known=False)
    with t.at(t.day(2, "13:08")):
        triage.case_reject(actor=t.office, case_id=told.case.pk, reason="没有具体事项")
    told = t.accept(t.day(2, "14:00"), t.complain(t.day(2, "13:50"), "邻居家的猫太胖了。"))
    t.decide(t.day(2, "14:10"), told, Disposition.REJECTED, reason="不属于执法事项")
    told = t.complain(t.day(1, "16:00"), "早餐店占道，后来他们自己收回去了。", target="breakfast")
    with t.at(t.day(1, "16:30")):
        intake.complaint_withdraw(token_hash=told.token_hash)
