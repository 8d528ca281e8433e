"""Scenes on the way and on scene: whistles, silent squads, returned parts, tasks, visits, laboratory, rulings."""

from __future__ import annotations

from cases.management.demo.ground import OTHER_STREET
from cases.management.demo.visiting import Storyteller
from cases.models import Source, Urgency
from cases.services import orders

NIGHT = ("21:00", "23:30")


def tell(t: Storyteller) -> None:
    on_the_way(t)
    tasks(t)
    on_scene(t)
    to_rule(t)


def on_the_way(t: Storyteller) -> None:
    """Issued orders: answered, partly silent, returned, urgent before approval, joined by a later need."""
    told = t.accept(
        t.ago(minutes=52),
        t.complain(
            t.ago(minutes=55),
            "夜风烤串在南街路边架炉子，烟雾很大，喝酒的人大声喧哗，还用煤气罐。",
            target="bbq3",
            urgency=Urgency.URGENT,
            photo="barbecue",
        ),
    )
    t.inspect(
        t.ago(minutes=45),
        told,
        "05-10",
        "bbq3",
        "street market urban fire",
        "路边露天烧烤，烟大、人声大，使用瓶装燃气。",
    )
    t.send(t.ago(minutes=40), told)
    t.acknowledge(t.ago(minutes=33), told, "street urban market")  # fire stays silent: its 30 minutes have passed
    t.approve(t.ago(minutes=20), told)

    told = t.accept(
        t.ago(minutes=33),
        t.complain(t.ago(minutes=35), "歌厅楼道堵了，出口上锁，人很多。", target="ktv", urgency=Urgency.URGENT),
    )
    t.inspect(t.ago(minutes=31), told, "06-06", "ktv", "street fire police", "歌厅安全出口上锁，人员密集。")
    t.acknowledge(t.ago(minutes=20), t.send(t.ago(minutes=29), told), "street fire")  # police: nearly due

    told = t.accept(
        t.ago(hours=24), t.complain(t.ago(hours=24.2), "快餐店油烟管道漏油，滴到楼下窗台。", target="fastfood")
    )
    t.inspect(t.ago(hours=23), told, "01-16", "fastfood", "street urban ecology", "快餐店烟道漏油，油烟扰民。")
    t.send(t.ago(hours=22), told, planned_day=t.today())
    t.acknowledge(t.ago(hours=20), told, "street urban")
    with t.at(t.ago(hours=19)):
        orders.part_return(
            actor=t.of("ecology"), part_id=t.part(told, "ecology").pk, reason="餐饮油烟由城管部门负责，请核定管辖"
        )

    told = t.accept(t.ago(hours=6), t.complain(t.ago(hours=6.2), "好梦宾馆毛巾发黄，床单有污渍。", target="hotel"))
    t.inspect(t.ago(hours=5.5), told, "06-13", "hotel", "street health fire", "宾馆布草消毒和消防设施待查。")
    t.send(t.ago(hours=5), told, planned_day=t.today())
    t.acknowledge(t.ago(hours=4), told, "street health")
    with t.at(t.ago(hours=3.5)):
        orders.part_release(
            actor=t.office, part_id=t.part(told, "fire").pk, reason="消防事项上月已查合格，结果互认，本次不再到场"
        )

    told = t.accept(t.ago(hours=30), t.complain(t.ago(hours=30.2), "老楼加装电梯的工地中午也在敲墙。", target="site3"))
    t.inspect(t.ago(hours=29), told, "03-01", "site3", "street urban ecology", "加装电梯工地午间施工，噪声扰民。")
    t.send(t.ago(hours=28), told)
    t.acknowledge(t.ago(hours=27.5), told, "urban")  # the lead and ecology stay silent
    with t.at(t.ago(hours=3)):
        orders.part_urge(actor=t.office, part_id=t.part(told, "street").pk)
    later = t.accept(t.ago(hours=2.5), t.complain(t.ago(hours=2.7), "加装电梯工地尘土飞扬，没有覆盖。", target="site3"))
    t.inspect(
        t.ago(hours=2), later, "03-02", "site3", "street urban housing", "工地扬尘，裸土未覆盖。"
    )  # joins the live order

    with t.on(OTHER_STREET):
        told = t.accept(t.ago(hours=8), t.complain(t.ago(hours=8.1), "城北烧烤占了半条人行道。", target="xbbq"))
        t.inspect(t.ago(hours=7.5), told, "05-04", "xbbq", "street urban", "烧烤店外摆占用人行道。")
        t.acknowledge(t.ago(hours=6), t.send(t.ago(hours=7), told), "street")


def tasks(t: Storyteller) -> None:
    """Handling tasks: called, acknowledged, done and waiting to be checked."""
    told = t.accept(
        t.ago(minutes=88),
        t.complain(
            t.ago(minutes=90), "水果摊占着路口，车都拐不过去。", target="fruit", source=Source.GRID, photo="boxes"
        ),
    )
    t.task(t.ago(minutes=80), told, "05-01", "fruit", "urban", "路口水果摊占道，先引导到疏导点。")
    told = t.accept(t.ago(hours=4), t.complain(t.ago(hours=4.1), "回收站把废纸堆到路边。", target="scrap"))
    t.task(t.ago(hours=3.8), told, "05-03", "scrap", "street", "废品占道堆放，督促当场收回。")
    t.acknowledge(t.ago(hours=3.2), told, "street")
    told = t.accept(
        t.ago(hours=27),
        t.complain(t.ago(hours=27.1), "小区北门垃圾堆成山，臭气熏天。", target="yard", photo="rubbish"),
    )
    t.task(t.ago(hours=26.5), told, "01-02", "yard", "street", "垃圾点满溢，通知清运并冲洗地面。")
    t.handle(t.ago(hours=25), t.acknowledge(t.ago(hours=26), told, "street"), "street", "已清运、冲洗，现场干净。")
    with t.on(OTHER_STREET):
        told = t.accept(t.ago(hours=3), t.complain(t.ago(hours=3.1), "五金店门口堆满钢管。", target="xshop"))
        t.task(t.ago(hours=2.5), told, "05-07", "xshop", "urban", "门前钢管占道。")


def on_scene(t: Storyteller) -> None:
    """Two visits under way: one where the street's team has finished, one that has just begun."""
    told = t.accept(t.ago(hours=5), t.complain(t.ago(hours=5.2), "团圆饭庄后厨有老鼠，吃完拉肚子。", target="banquet"))
    t.inspect(t.ago(hours=4.5), told, "06-01", "banquet", "street market housing", "后厨卫生、食材来源和燃气使用待查。")
    t.send(t.ago(hours=4), told)
    t.acknowledge(t.ago(hours=3.5), told, "street market housing")
    t.arrive(t.ago(minutes=50), told, "street market housing")
    t.answer(t.ago(minutes=25), told, "street")
    told = t.accept(
        t.ago(minutes=48),
        t.complain(
            t.ago(minutes=50), "早餐店把桌子摆到马路上了，车辆擦着人过。", target="breakfast", urgency=Urgency.URGENT
        ),
    )
    t.inspect(t.ago(minutes=42), told, "05-04", "breakfast", "street urban", "早餐店桌椅占用车行道，有安全隐患。")
    t.send(t.ago(minutes=38), told)
    t.approve(t.ago(minutes=30), told)
    t.acknowledge(t.ago(minutes=34), told, "street urban")
    t.arrive(t.ago(minutes=15), told, "street")


def to_rule(t: Storyteller) -> None:
    """After the visit: a test that waits, a report over the limit, findings to rule on, one of them late."""
    told = t.accept(t.day(2, "20:30"), t.complain(t.day(2, "20:20"), "桥头那家面馆的油烟晚上特别大。", target="noodle"))
    t.inspect(t.day(2, "20:40"), told, "01-16", "noodle", "street urban", "面馆晚间油烟扰民。")
    t.visit(t.day(1, "19:00"), t.send(t.day(1, "09:00"), told), "street urban", lab=True)

    told = t.accept(
        t.day(7, "20:00"),
        t.complain(t.day(7, "19:40"), "炭火一号的烟把晾的衣服都熏黑了。", target="bbq", photo="barbecue"),
    )
    t.inspect(t.day(7, "20:20"), told, "01-16", "bbq", "street urban", "烧烤店油烟扰民，净化设施效果待测。")
    t.visit(t.day(6, "20:00"), t.send(t.day(6, "10:00"), told), "street urban", lab=True)
    t.lab_result(t.day(0, "06:00"), told, "3.4")

    told = t.accept(
        t.day(2, "09:00"), t.complain(t.day(2, "08:50"), "天天生鲜超市门口堆了很多筐，秤也不准。", target="market2")
    )
    t.inspect(t.day(2, "09:40"), told, "06-03", "market2", "street market", "超市计量、标价待查。")
    t.visit(
        t.day(1, "10:00"),
        t.send(t.day(2, "14:00"), told),
        "street market",
        {"MKT-22": (None, "一台电子秤检定标志过期"), "STR-01": (None, "门前堆放塑料筐")},
    )

    told = t.accept(
        t.day(6, "09:00"), t.complain(t.day(6, "08:40"), "道路改造工地尘土大，洒水车没来过。", target="site2")
    )
    t.inspect(t.day(6, "09:30"), told, "03-02", "site2", "street urban", "道路工地扬尘。")
    t.visit(
        t.day(5, "10:00"),
        t.send(t.day(6, "14:00"), told),
        "street urban",
        {"URB-22": (None, "约三百平方米裸土未覆盖"), "URB-23": (None, "出口冲洗设备未开")},
    )
