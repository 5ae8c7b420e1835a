"""Invented names: characters put together by a seeded generator; nobody real is meant."""

import random

SURNAMES = [
    "云",
    "江",
    "溪",
    "岳",
    "林",
    "沈",
    "贺",
    "柳",
    "程",
    "乔",
    "顾",
    "秦",
    "温",
    "叶",
    "苏",
    "夏",
    "罗",
    "方",
    "田",
    "石",
    "欧阳",
    "司徒",
    "尉迟",
    "单",
    "曾",
    "解",
]
FIRST = [
    "知",
    "予",
    "亦",
    "沐",
    "清",
    "书",
    "景",
    "若",
    "思",
    "以",
    "星",
    "屿",
    "川",
    "禾",
    "砚",
    "岚",
    "楠",
    "榆",
    "桐",
    "棠",
    "澄",
    "漪",
    "焕",
    "珩",
    "琛",
    "瑜",
]
SECOND = [
    "远",
    "宁",
    "安",
    "行",
    "言",
    "和",
    "然",
    "晴",
    "舟",
    "野",
    "朗",
    "月",
    "白",
    "青",
    "微",
    "初",
    "辰",
    "遥",
    "之",
    "一",
    "帆",
    "杉",
    "澜",
    "昀",
    "龘",
    "䶮",
    "㛃",
    "𬭸",
]
RARE = 4  # the last few are rare characters: they must survive every page, file and letter


def generator(seed: str) -> random.Random:
    """A generator of its own for each part, so that one part does not disturb another."""
    return random.Random(f"xinqiao-{seed}")  # noqa: S311 - invented names, no secret


def person(source: random.Random) -> str:
    """A name of two to four characters; one in a hundred holds a rare one."""
    second = SECOND[-RARE:] if source.random() < 0.01 else SECOND[:-RARE]
    return source.choice(SURNAMES) + source.choice(FIRST) + source.choice(second)
