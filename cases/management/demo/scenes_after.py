"""Scenes after the ruling: put right, rechecked, checked after, closed, rated; and the two stories from end to end."""

from __future__ import annotations

from datetime import timedelta

from cases.management.demo.ground import OTHER_STREET
from cases.management.demo.visiting import Storyteller
from cases.models import CaseStage, RulingOutcome, Urgency
from cases.services import patrols

ORDERED = RulingOutcome.RECTIFICATION
CARD = RulingOutcome.CAUTION_CARD
NIGHT = ("21:00", "23:00")


def tell(t: Storyteller) -> None:
    barbecue(t)
    supermarket(t)
    put_right(t)
    to_check(t)
    closed(t)
    patrol_findings(t)


def barbecue(t: Storyteller) -> None:
    """Story 1: night, fumes and voices; one joint visit of four; the purifier is fine; fewer tables; a good rating."""
    told = t.accept(
        t.day(9, "21:32"),
        t.complain(
            t.day(9, "21:30"),
            "老地方烧烤油烟大，客人划拳喧哗到半夜，家里孩子没法睡。",
            target="bbq2",
            urgency=Urgency.URGENT,
            photo="barbecue",
        ),
    )
    again = t.accept(t.day(9, "21:41"), t.complain(t.day(9, "21:38"), "演示路15号烧烤太吵了。", target="bbq2"))
    t.inspect(
        t.day(9, "21:45"), told, "05-10", "bbq2", "street market urban fire", "夜间烧烤油烟、人声扰民。", hours=NIGHT
    )
    with t.at(t.day(9, "21:47")):
        t.join(again, told, "同一对象、同一时段")
    t.send(t.day(9, "21:50"), told)
    t.acknowledge(t.day(9, "21:58"), told, "street market urban fire")
    t.visit(
        t.day(9, "22:20"),
        told,
        "street market urban fire",
        {"STR-03": (None, "约二十名客人在外摆区大声喧哗，22 时 30 分仍有划拳声")},
        lab=True,
    )
    t.approve(t.day(8, "09:10"), told)
    t.lab_result(t.day(4, "15:00"), told, "1.3")
    t.rule(
        t.day(4, "16:00"),
        told,
        ORDERED,
        "油烟检测达标；人声扰民情节轻微，责令整改",
        days=2,
        measures="外摆桌椅由 12 张减至 4 张，22 时后不在室外接待",
    )
    t.send(t.day(2, "14:00"), t.refreshed(told))
    t.visit(t.day(2, "22:10"), t.acknowledge(t.day(2, "15:00"), told, "street"), "street")
    t.close(
        t.day(1, "22:20"),
        told,
        "经联合检查，该店证照、食品、消防符合要求，油烟经第三方检测达标；已责令减少室外桌椅，同一时段复查已安静。",
    )
    t.rate(t.day(1, "23:20"), told, 5, words="这几天安静多了，谢谢。")
    t.rate(t.day(1, "23:25"), again, 4)


def supermarket(t: Storyteller) -> None:
    """Story 2: a patrol finds boxes at the fire exit; a caution card; corrected at once, rechecked, closed."""
    with t.at(t.day(5, "10:12")):
        case = patrols.patrol_record(
            actor=t.of("street"),
            squad_id=t.ground.squad("street").pk,
            partner_ids=t.people.ids("street2"),
            target_id=t.targets["market"].pk,
            category_id=t.category("06-06"),
            text="超市后门安全出口内侧堆放纸箱，宽度不足一米。",
            outcome=CARD,
            reason="首次、情节轻微、当场改正",
            measures="当场清走纸箱，保持出口畅通",
            corrected_on_spot=True,
            slight=True,
            lat=t.targets["market"].lat,
            lng=t.targets["market"].lng,
            accuracy_m=9,
            party_person="演示·店长",
            party_role="店长",
            files=[t.photo("boxes", t.of("street"))],
            client_key="demo-patrol-1",
        )
    told = t.told(case)
    told.order = t.latest_order(told)
    t.approve(t.day(5, "11:00"), told)
    if t.refreshed(told).case.stage == CaseStage.RECTIFYING:
        t.send(t.day(4, "09:00"), told)
        t.visit(t.day(4, "10:30"), t.acknowledge(t.day(4, "09:40"), told, "street"), "street")
    t.close(t.day(3, "10:00"), told, "安全出口已清理，复查保持畅通。")


def put_right(t: Storyteller) -> None:
    """Rectification: term running, term over and recheck due, recheck called."""
    told = t.accept(
        t.day(3, "09:30"), t.complain(t.day(3, "09:20"), "一号地块工地出来的车带泥，路面全是土。", target="site")
    )
    t.inspect(t.day(3, "10:00"), told, "03-02", "site", "street urban housing", "工地车辆带泥上路、扬尘。")
    t.visit(
        t.day(2, "15:00"),
        t.send(t.day(3, "14:00"), told),
        "street urban housing",
        {"URB-23": (None, "冲洗平台未使用，路面有泥")},
    )
    t.rule(
        t.day(1, "09:00"),
        told,
        ORDERED,
        "违反车辆冲洗要求，首次",
        days=7,
        measures="启用冲洗平台，专人值守，每日清扫路面",
    )

    told = t.accept(
        t.day(9, "10:00"), t.complain(t.day(9, "09:40"), "快印图文店的机器和喇叭声音太大。", target="printing")
    )
    t.inspect(t.day(9, "10:30"), told, "05-08", "printing", "street urban", "店内喇叭、设备噪声扰民。")
    t.visit(
        t.day(8, "15:00"),
        t.send(t.day(9, "14:00"), told),
        "street urban",
        {"URB-11": (None, "门口喇叭循环播放促销录音"), "URB-07": ("66.5", "设备开启时超过限值")},
    )
    t.rule(
        t.day(8, "17:00"), told, ORDERED, "设备噪声超标、使用高音喇叭", days=3, measures="拆除室外喇叭，设备加装减振垫"
    )

    told = t.accept(
        t.day(6, "08:30"),
        t.complain(t.day(6, "08:20"), "转角便利店把冰柜摆在人行道上。", target="corner", photo="boxes"),
    )
    t.inspect(t.day(6, "09:00"), told, "05-04", "corner", "street urban", "冰柜占用人行道。")
    t.visit(t.day(5, "09:30"), t.send(t.day(6, "11:00"), told), "street urban", {"URB-10": (None, "两台冰柜在店外")})
    t.rule(t.day(5, "11:00"), told, CARD, "首次、轻微，限期收回", days=3, measures="冰柜收回店内")
    t.acknowledge(t.ago(hours=20), t.send(t.ago(hours=22), t.refreshed(told)), "street")

    told = t.accept(
        t.day(4, "20:10"), t.complain(t.day(4, "20:00"), "演示广场晚上抽陀螺，啪啪响到十点多。", target="square")
    )
    t.inspect(t.day(4, "20:30"), told, "06-09", "square", "street police", "广场抽陀螺噪声。", hours=("19:00", "22:00"))
    t.visit(
        t.day(3, "20:00"),
        t.send(t.day(4, "21:00"), told),
        "street police",
        {"POL-02": (None, "三人抽陀螺，劝阻后停止")},
    )
    t.rule(t.day(3, "21:20"), told, CARD, "首次，已劝阻", days=1, measures="21 时后不再抽陀螺")


def to_check(t: Storyteller) -> None:
    """Waiting to be checked after handling, in time and late; one failed and is back as rework."""
    told = t.accept(t.ago(hours=28), t.complain(t.ago(hours=28.2), "煎饼车在小学门口占道。", target="pancake"))
    t.task(t.ago(hours=27.5), told, "05-01", "pancake", "urban", "校门口摊贩，引导到疏导点。")
    t.handle(t.ago(hours=26), told, "urban", "已引导至疏导点经营。")

    told = t.accept(t.day(8, "09:00"), t.complain(t.day(8, "08:40"), "面面俱到面馆的碗没洗干净。", target="noodle"))
    t.inspect(t.day(8, "09:30"), told, "06-01", "noodle", "street market", "餐具消毒情况待查。")
    t.visit(t.day(7, "10:00"), t.send(t.day(8, "11:00"), told), "street market")  # all in order: late to be checked

    told = t.accept(t.day(6, "10:00"), t.complain(t.day(6, "09:40"), "回收站门口又堆满了废品。", target="scrap"))
    t.task(t.day(6, "10:30"), told, "05-03", "scrap", "urban", "废品占道。")
    t.handle(t.day(6, "15:00"), told, "urban", "已督促收回。")
    t.check(t.day(5, "10:00"), told, "现场仍有废品堆放，约三平方米", passed=False)


def closed(t: Storyteller) -> None:
    """Closed: rated well, rework asked, refused and accepted; one closed by the other street's office."""
    told = t.accept(
        t.day(12, "09:00"), t.complain(t.day(12, "08:50"), "奶茶店门口排队占了整条人行道。", target="milktea")
    )
    t.task(t.day(12, "09:30"), told, "05-04", "milktea", "street", "排队占道，请店家设置引导线。")
    t.handle(t.day(12, "11:00"), told, "street", "店家已设引导线。")
    t.close(t.day(11, "10:00"), told, "店家已设置排队引导线，人行道畅通。")
    t.rate(t.day(11, "12:00"), told, 5)

    told = t.accept(
        t.day(10, "09:00"), t.complain(t.day(10, "08:50"), "夜里总有人在楼下收废品，很吵。", address="演示西巷33号")
    )
    t.task(t.day(10, "09:30"), told, "05-03", "scrap", "street", "夜间收废品噪声。")
    t.handle(t.day(10, "16:00"), told, "street", "已告知夜间不得作业。")
    t.close(t.day(9, "10:00"), told, "已告知经营者 22 时后不得作业。")
    t.rate(t.day(1, "08:00"), told, 2, solved=False, words="昨晚又来了。")

    told = t.accept(
        t.day(11, "15:00"), t.complain(t.day(11, "14:40"), "团圆饭庄的招牌灯太亮，照得睡不着。", target="banquet")
    )
    t.inspect(t.day(11, "15:30"), told, "02-02", "banquet", "street urban", "招牌灯光扰民。", hours=("20:00", "22:00"))
    t.visit(t.day(10, "20:00"), t.send(t.day(11, "16:00"), told), "street urban")
    t.close(t.day(9, "20:30"), told, "招牌手续齐全，店家已同意 22 时后关灯。")
    rating = t.rate(t.day(9, "22:10"), told, 3, solved=False, words="还是亮。")
    t.rework(t.day(8, "10:00"), rating, accept=False, reason="22 时后已关灯，两次夜查均符合")

    told = t.accept(t.day(7, "09:00"), t.complain(t.day(7, "08:40"), "天天生鲜超市卸货把路堵了。", target="market2"))
    t.task(t.day(7, "09:20"), told, "05-07", "market2", "urban", "卸货占道。")
    t.handle(t.day(7, "11:00"), told, "urban", "已要求错峰卸货。")
    t.close(t.day(6, "10:00"), told, "超市已调整卸货时间。")
    rating = t.rate(t.day(1, "09:00"), told, 2, solved=False, words="今天早上又堵了。")
    t.rework(t.ago(hours=3), rating, accept=True, reason="现场属实，重新处理")

    with t.on(OTHER_STREET):
        told = t.accept(t.day(8, "09:00"), t.complain(t.day(8, "08:50"), "城北百货超市有过期面包。", target="xmarket"))
        t.inspect(
            t.day(8, "09:30"), told, "06-19", "xmarket", "street market fire", "超市食品保质期、标价、安全出口待查。"
        )
        t.visit(
            t.day(7, "10:00"),
            t.send(t.day(8, "11:00"), told),
            "street market fire",
            {"MKT-20": (None, "三袋面包超过保质期")},
        )
        t.rule(
            t.day(7, "11:30"),
            told,
            ORDERED,
            "经营超过保质期食品，当场下架",
            corrected_on_spot=True,
            days=1,
            measures="立即下架销毁，建立每日检查表",
        )
        t.visit(t.day(5, "10:00"), t.send(t.day(6, "09:00"), t.refreshed(told)), "street market")
        t.close(t.day(4, "15:00"), told, "过期面包已下架，复查未再发现。")
        t.rate(t.day(4, "18:00"), told, 5)


def patrol_findings(t: Storyteller) -> None:
    """Patrols of the last days: guidance on the spot, a card with a term, a hand-over."""
    for at, key, category, outcome, text, more in (
        (t.ago(hours=5), "milktea", "05-07", RulingOutcome.GUIDANCE, "店外两箱原料，已当场收回。", {}),
        (
            t.day(1, "16:20"),
            "fruit",
            "05-01",
            CARD,
            "路口水果摊超出划线区域约两平方米。",
            {"measures": "收回划线区域内", "due_day": (t.day(1, "16:20") + timedelta(days=2)).date()},
        ),
        (
            t.day(2, "11:00"),
            "hotel",
            "06-06",
            RulingOutcome.HAND_OVER,
            "消防通道防火门被锁。",
            {"handed_to": "迎泽区消防救援大队"},
        ),
    ):
        with t.at(at):
            patrols.patrol_record(
                actor=t.of("street"),
                squad_id=t.ground.squad("street").pk,
                partner_ids=t.people.ids("street2"),
                target_id=t.targets[key].pk,
                category_id=t.category(category),
                text=text,
                outcome=outcome,
                reason="日常巡查发现",
                lat=t.targets[key].lat,
                lng=t.targets[key].lng,
                accuracy_m=10,
                **more,
            )
