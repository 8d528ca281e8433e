"""What a hotline text names: other orders' numbers, addresses, names of businesses.

Recall before precision: what is found is shown to a dispatcher or matched against the register, never acted on.
"""

import re
import unicodedata

# Fourteen digits that begin with a day of this century: yyyymmdd and a running number of six.
_NUMBER = re.compile(r"(?<!\d)(?:20\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{6})(?!\d)")

_HAN = "[\u4e00-\u9fff]"
_COUNT = "[0-9０-９一二三四五六七八九十百零〇]"
_ROAD = "(?:大道|大街|路|街|巷|胡同|弄)"
_ADDRESS = re.compile(
    f"(?:{_HAN}{{1,4}}(?:区|县|镇|街道))?{_HAN}{{1,8}}?{_ROAD}"
    f"(?:(?:{_COUNT}{{1,3}}(?:巷|弄|段))?{_COUNT}{{1,5}}号|{_COUNT}{{1,3}}(?:巷|弄))"
    f"(?:院|附{_COUNT}+号)?|{_HAN}{{2,8}}(?:路|街|大道)(?:与|和){_HAN}{{2,8}}?(?:路|街|大道)(?:交叉口|路口|交口|口)"
)
# What stands before an address and is not part of it.
_LEADING = re.compile(r"^.*?(?:位于|地址|住在|就在|反映|在|于|到|从|往|的|是|至)")
_KINDS = (
    "烧烤店|烧烤摊|火锅店|餐饮店|餐馆|饭店|饭馆|酒楼|酒店|酒吧|茶楼|茶馆|奶茶店|咖啡馆|咖啡店|小吃店|面馆|早餐店|烤肉店|烤鱼店|"
    "排档|超市|便利店|商店|商行|商场|市场|药店|药房|大药房|理发店|美发店|美容院|洗车店|修理厂|修车厂|维修店|网吧|KTV|歌厅|宾馆|"
    "旅馆|健身房|培训中心|幼儿园|工地|加油站|废品站|水果店|手机店|服装店|五金店|建材店|快餐店|烘焙店|蛋糕店|有限公司|烧烤|火锅|广场"
)
_PARTY = re.compile(f"((?:{_HAN}|[A-Za-z0-9·&]){{2,14}}?(?:{_KINDS}))")
_QUOTED_NAME = re.compile(r"[“\"「『《【]([^”\"」』》】，。；]{2,16})[”\"」』》】]")
_CUT_BEFORE = re.compile(
    r".*(?:位于|名为|名叫|叫做|叫|在|的|是|有(?!限公司)|家|个|间|于|到|从|去|旁边|对面|附近|楼下|隔壁|楼上|门口|号|路口|反映|投诉|举报|（|\(|，|。|：|:|、)"
)
_ROAD_BEFORE = re.compile(rf".*{_ROAD}(?={_HAN}{{2,}}(?:{_KINDS}))")
_KIND_AFTER = re.compile(f"(?:{_KINDS})$")
_VAGUE = frozenset({"一家", "这家", "那家", "某", "该", "一个", "其", "本", "此", "多家", "很多", "各", "每家", "大型"})


def quoted_numbers(text: str, own: str = "") -> tuple[str, ...]:
    """Order numbers that the text quotes, each once, in their order, without the order's own."""
    plain = unicodedata.normalize("NFKC", text)
    return tuple(dict.fromkeys(number for number in _NUMBER.findall(plain) if number != own))


def addresses(text: str) -> tuple[str, ...]:
    """Addresses with a road and a number, and crossings of two roads, each once, in their order."""
    found = (_LEADING.sub("", match[0]) for match in _ADDRESS.finditer(text))
    return tuple(dict.fromkeys(address for address in found if len(address) >= 4))


def party_names(text: str) -> tuple[str, ...]:
    """Names of shops, stalls and sites as the text writes them, each once, in their order."""
    found: dict[str, None] = {}
    for match in _PARTY.finditer(text):
        name = _CUT_BEFORE.sub("", match[1])
        name = _ROAD_BEFORE.sub("", name)
        stem = _KIND_AFTER.sub("", name)
        if len(stem) >= 2 and stem not in _VAGUE:
            found[name] = None
    for match in _QUOTED_NAME.finditer(text):
        if re.search(f"(?:{_KINDS}|店|馆|吧|厅|城|行)$", match[1]):
            found[match[1]] = None
    return tuple(found)
