"""The notice that consent is given to, its version, and the links that lead to it."""

import hashlib

from itsdangerous import BadSignature, URLSafeSerializer

from foundation.crypto import secret_key

# F1 of reference/domain.md: aims, content, data, who sees what, exceptions, rights. Not gettext:
# what a person agreed to is data, and its hash is kept with the decision.
NOTICE: dict[str, tuple[str, ...]] = {
    "zh": (
        "这次测评想了解同学们最近的心理状态，好让需要帮助的同学及时得到帮助。",
        "测评是筛查，不是诊断，不用于成绩、评优、入团入党或任何处分。",
        "问卷里可能有关于情绪、睡眠和是否想过伤害自己的题目；每一题都可以不回答。",
        "答案加密保存，只有本校心理老师能看到；班主任只看到“完成 / 未完成 / 今天不需要”。",
        "如果答案显示可能有生命危险，或涉及侵害，老师会依法采取行动并告知必要的人。",
        "参加是自愿的，可以随时停止或撤回，不参加不会有任何不利影响。",
        "资料保存到毕业后删除或匿名；可以向心理老师询问、更正或要求删除。",
    ),
    "en": (
        "This screening asks how students have been lately, so that those who need help get it.",
        "It is a screening, not a diagnosis, and is never used for marks, awards or discipline.",
        "Some questions may be about mood, sleep and thoughts of self-harm; any can be skipped.",
        (
            "Answers are encrypted; only the school's counselor sees them. The homeroom teacher sees "
            "only done, not yet, or not needed today."
        ),
        (
            "If answers point to a danger to life or to abuse, staff act as the law requires and tell "
            "those who must know."
        ),
        "Taking part is voluntary; one can stop or withdraw at any time without any disadvantage.",
        (
            "Data are deleted or made anonymous after graduation; the counselor answers questions, "
            "corrects and deletes."
        ),
    ),
}


def version() -> str:
    """The hash of the notice in both languages."""
    whole = "\n".join(line for language in sorted(NOTICE) for line in NOTICE[language])
    return hashlib.sha256(whole.encode()).hexdigest()


def _serializer(purpose: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret_key(), salt=f"consent-{purpose}")


def student_link(campaign_id: int, student_id: int) -> str:
    """The opaque part of one student's consent address."""
    return str(_serializer("student").dumps([campaign_id, student_id]))


def class_link(campaign_id: int, klass_id: int) -> str:
    """The opaque part of one class's consent address."""
    return str(_serializer("class").dumps([campaign_id, klass_id]))


def read_link(purpose: str, token: str) -> tuple[int, int] | None:
    """The two ids of a link, None when it is not one of ours."""
    try:
        campaign_id, other_id = _serializer(purpose).loads(token)
    except (BadSignature, ValueError, TypeError):
        return None
    return int(campaign_id), int(other_id)
