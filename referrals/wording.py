"""The words for states, events, reasons and letter parts; rules themselves speak in codes."""

from collections.abc import Mapping
from typing import Any

from foundation.i18n import _, _l
from referrals import hotline_workflow as hotline
from referrals import workflow as hospital
from referrals.clocks import Kind
from referrals.consent import Ground, Policy, Reason, Step

REFERRAL_STATES: Mapping[str, Any] = {
    hospital.State.DRAFT: _l("草稿"),
    hospital.State.AWAITING_CONSENT: _l("等待同意"),
    hospital.State.READY: _l("可以发出"),
    hospital.State.SENT: _l("已发出，等待签收"),
    hospital.State.RECEIVED: _l("医院已签收"),
    hospital.State.NEED_INFO: _l("医院需要补充信息"),
    hospital.State.ACCEPTED: _l("医院已接诊，等待预约"),
    hospital.State.DECLINED: _l("医院不能接诊"),
    hospital.State.REDIRECTED: _l("已改转其他医院"),
    hospital.State.SCHEDULED: _l("已预约"),
    hospital.State.NO_SHOW: _l("没有按约就诊"),
    hospital.State.ARRIVED: _l("已到医院"),
    hospital.State.SEEN: _l("已就诊"),
    hospital.State.RETURNING: _l("回执已到，等待学校确认"),
    hospital.State.COMPLETED: _l("已完成"),
    hospital.State.CANCEL_REQUESTED: _l("学校申请取消"),
    hospital.State.CANCELLED: _l("已取消"),
    hospital.State.ERROR: _l("误发，已撤回"),
}
REFERRAL_EVENTS: Mapping[str, Any] = {
    hospital.Event.ASK: _l("征求同意"),
    hospital.Event.PERMIT: _l("可以发出"),
    hospital.Event.SEND: _l("发出"),
    hospital.Event.RECEIVE: _l("签收"),
    hospital.Event.ASK_INFO: _l("请学校补充信息"),
    hospital.Event.ANSWER_INFO: _l("回答医院"),
    hospital.Event.ACCEPT: _l("接诊"),
    hospital.Event.DECLINE: _l("不能接诊"),
    hospital.Event.REDIRECT: _l("改转另一家医院"),
    hospital.Event.SCHEDULE: _l("预约时间"),
    hospital.Event.NO_SHOW: _l("没有来"),
    hospital.Event.ARRIVE: _l("已到院"),
    hospital.Event.SEE: _l("已就诊"),
    hospital.Event.REPLY: _l("填写回执"),
    hospital.Event.CONFIRM: _l("确认回执，安排回到课堂"),
    hospital.Event.CANCEL: _l("取消转介"),
    hospital.Event.CONFIRM_CANCEL: _l("同意取消"),
    hospital.Event.RECALL: _l("误发撤回"),
    hospital.Event.OVERDUE: _l("超过时限"),
}
TICKET_STATES: Mapping[str, Any] = {
    hotline.State.NEW: _l("新来电"),
    hotline.State.TRIAGED: _l("已分类"),
    hotline.State.DISPATCHED: _l("已派单，等待签收"),
    hotline.State.RETURNED: _l("被退回，等待改派"),
    hotline.State.ARBITRATION: _l("等待上级裁定"),
    hotline.State.ACCEPTED: _l("已接单"),
    hotline.State.IN_CONTACT: _l("已联系上"),
    hotline.State.WAITING: _l("等待中"),
    hotline.State.HANDLING: _l("办理中"),
    hotline.State.REPLIED: _l("已答复，等待回访"),
    hotline.State.RATED: _l("已评价"),
    hotline.State.TRANSFER_OFFERED: _l("转交中，等待回执"),
    hotline.State.TRANSFERRED: _l("已转交"),
    hotline.State.STOOD_DOWN: _l("危机已解除，等待随访"),
    hotline.State.CLOSED: _l("已办结"),
}
TICKET_EVENTS: Mapping[str, Any] = {
    hotline.Event.TRIAGE: _l("分类"),
    hotline.Event.DISPATCH: _l("派单"),
    hotline.Event.ACCEPT: _l("接单"),
    hotline.Event.RETURN: _l("退单"),
    hotline.Event.RETURN_AGAIN: _l("再次退单，交上级裁定"),
    hotline.Event.ASSIGN: _l("裁定由谁办理"),
    hotline.Event.CONTACT: _l("记录联系"),
    hotline.Event.WAIT: _l("暂停等待"),
    hotline.Event.RESUME: _l("继续办理"),
    hotline.Event.HANDLE: _l("开始办理"),
    hotline.Event.REPLY: _l("答复当事人"),
    hotline.Event.RATE: _l("记录评价"),
    hotline.Event.REDO: _l("重办"),
    hotline.Event.CLOSE: _l("办结"),
    hotline.Event.CLOSE_UNRATED: _l("未评价办结"),
    hotline.Event.OFFER_TRANSFER: _l("提出转交"),
    hotline.Event.TRANSFER_RECEIPT: _l("记录接收回执"),
    hotline.Event.TAKE_BACK: _l("收回"),
    hotline.Event.ASK_STAND_DOWN: _l("提出解除危机"),
    hotline.Event.STAND_DOWN: _l("确认解除危机"),
    hotline.Event.ESCALATE: _l("升级为危机"),
    hotline.Event.REOPEN: _l("重新打开"),
    "open": _l("登记来电"),
    "page": _l("通知值班"),
    "acknowledge": _l("值班人员响应"),
    "invite": _l("回访未接通"),
    "follow_up": _l("解除后随访"),
    "emergency_report": _l("已拨打紧急电话"),
}
REASONS: Mapping[str, Any] = {
    Reason.GUARDIANS_AGREE: _l("监护人已同意。"),
    Reason.STUDENT_AGREES: _l("学生本人已同意。"),
    Reason.ADULT_DECIDES: _l("学生已成年，由本人决定。"),
    Reason.DANGER_TO_LIFE: _l("学生有生命危险，可以先送诊、后补手续。"),
    Reason.GUARDIAN_REFUSES: _l("监护人不同意转介，任何材料都不能离开学校。"),
    Reason.GUARDIANS_DISAGREE: _l("监护人意见不一致，先做沟通。"),
    Reason.GUARDIAN_UNREACHABLE: _l("联系不上监护人；联系不上不等于同意。"),
    Reason.GUARDIAN_SUSPECTED: _l("监护人可能是伤害学生的人：不征求他的同意，也不通知他。"),
    Reason.NOT_ASKED: _l("还没有征求监护人的同意。"),
    Reason.NO_ANSWER_YET: _l("监护人还没有答复。"),
    Reason.STUDENT_OBJECTS: _l("学生本人不愿意。"),
    Reason.STUDENT_NOT_ASKED: _l("还没有征求学生本人的意见。"),
    Reason.BASIS_MISSING: _l("请先写明危险的事实依据。"),
    Reason.SECOND_PERSON_DUE: _l("第二人签字可以事后补上，不耽误送诊。"),
}
LAWS: Mapping[str, Any] = {
    Ground.CONSENT: _l("《个人信息保护法》第十三条第一款第（一）项、第二十九条、第三十一条"),
    Ground.OWN_CONSENT: _l("《个人信息保护法》第十三条第一款第（一）项、第二十九条"),
    Ground.EMERGENCY: _l("《精神卫生法》第二十八条；《个人信息保护法》第十三条第一款第（四）项"),
}
URGENCIES: Mapping[str, Any] = {
    "red": _l("有生命危险，立即"),
    "urgent": _l("紧急，24 小时内"),
    "routine": _l("一般，两周内"),
}
REFERRAL_REASONS: Mapping[str, Any] = {
    "critical_item": _l("测评中有涉及安全的回答"),
    "cut_off": _l("测评总分达到建议进一步了解的范围"),
    "behaviour": _l("行为变化"),
    "interview": _l("访谈中了解到的情况"),
    "concern": _l("老师、家长或同学的担心"),
    "prior_history": _l("学生或家长说明曾经就诊"),
}
RISK_ANSWERS: Mapping[str, Any] = {"yes": _l("有"), "no": _l("没有"), "unknown": _l("不清楚")}
FEEDBACK: Mapping[str, Any] = {
    "advice": _l("只要在校建议"),
    "advice_next": _l("在校建议和复诊时间"),
}
DECLINE_REASONS: Mapping[str, Any] = {
    "no_bed": _l("没有床位或号源"),
    "no_child_psychiatry": _l("没有儿童青少年精神科"),
    "out_of_area": _l("不在服务区域"),
    "needs_emergency_dept": _l("需要急诊"),
    "incomplete_letter": _l("转介函不完整"),
    "duplicate": _l("重复转介"),
}
CAPACITIES: Mapping[str, Any] = {
    "capacity": _l("可以接诊"),
    "waitlist": _l("需要等候"),
    "no_capacity": _l("暂时接不了"),
    "ask": _l("请电话询问"),
}
OUTCOMES: Mapping[str, Any] = {
    "outpatient": _l("门诊随诊"),
    "admission_advised": _l("建议住院"),
    "admitted": _l("已住院"),
    "other_department": _l("转其他科室"),
    "no_disorder": _l("未发现需要治疗的问题"),
    "not_attended": _l("没有就诊"),
}
ADVICE: Mapping[str, Any] = {
    "normal": _l("正常上学"),
    "adjusted": _l("减轻学习负担"),
    "rest": _l("在家休息"),
    "supervision": _l("需要有人陪伴"),
}
CHANNELS: Mapping[str, Any] = {
    "phone": _l("电话"),
    "web": _l("网络"),
    "walk_in": _l("来访"),
    "school": _l("学校"),
    "12345": _l("12345 转来"),
    "12356": _l("12356 转来"),
    "110": _l("110 转来"),
    "hospital": _l("医院"),
}
KINDS: Mapping[str, Any] = {"consult": _l("咨询"), "case": _l("个案工作"), "crisis": _l("危机")}
CATEGORIES: Mapping[str, Any] = {
    "psych": _l("心理"),
    "legal_rights": _l("权益法律"),
    "hardship": _l("困难帮扶"),
    "schooling": _l("上学"),
    "career": _l("就业"),
    "safety_abuse": _l("安全与侵害"),
    "bullying": _l("欺凌"),
    "league_affairs": _l("团务"),
    "other": _l("其他"),
}
CALLERS: Mapping[str, Any] = {
    "self": _l("本人"),
    "guardian": _l("监护人"),
    "teacher": _l("老师"),
    "friend": _l("同学朋友"),
    "agency": _l("其他单位"),
}
RISKS: Mapping[str, Any] = {"0": _l("未见风险"), "1": _l("一般"), "2": _l("优先"), "3": _l("紧急")}
CONTACTS: Mapping[str, Any] = {
    "child": _l("学生本人"),
    "guardian": _l("监护人"),
    "adult_present": _l("学生身边的成年人"),
    "police_receipt": _l("110 已出警（有回执）"),
}
PAUSES: Mapping[str, Any] = {
    "awaiting_caller": _l("等来电人提供信息"),
    "awaiting_agency": _l("等其他单位答复"),
    "guardian_unreachable": _l("联系不上监护人"),
}
RESULTS: Mapping[str, Any] = {
    "solved": _l("已解决"),
    "partly": _l("部分解决"),
    "referred": _l("已转介"),
    "not_reached": _l("没有联系上"),
    "not_solved": _l("没有解决"),
}
RECEIVERS: Mapping[str, Any] = {
    "12345": "12345",
    "110": "110",
    "hospital": _l("医院"),
    "other_province": _l("外省服务台"),
}
ANSWERS: Mapping[str, Any] = {
    "not_asked": _l("还没有问"),
    "asked": _l("已问，未答复"),
    "granted": _l("同意"),
    "refused": _l("不同意"),
    "unreachable": _l("联系不上"),
    "withdrawn": _l("撤回同意"),
}
CLOCKS: Mapping[str, Any] = {
    Kind.CRISIS_CONTACT: _l("联系上学生或身边的人"),
    Kind.CASE_REPLY: _l("个案答复"),
    Kind.CONSULT_REPLY: _l("咨询答复"),
    Kind.SIGN_FOR: _l("接单"),
    Kind.TRIAGE: _l("分类"),
    Kind.FOLLOW_UP: _l("解除后随访"),
    Kind.HOSPITAL_RECEIPT: _l("医院签收"),
    Kind.HOSPITAL_DECISION: _l("医院决定是否接诊"),
    Kind.HOSPITAL_OFFER: _l("医院给出就诊时间"),
    Kind.HOSPITAL_FEEDBACK: _l("医院回执"),
    Kind.SCHOOL_ANSWER: _l("学校补充信息"),
    Kind.HIGH_RISK_REPLY: _l("医院提示高风险，学校确认安全"),
}
SEXES: Mapping[str, Any] = {"f": _l("女"), "m": _l("男")}


def letter_facts(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The head of a letter: label and value, in the order of the paper form."""
    student, school = content["student"], content["school"]
    guardians = "\n".join(
        f"{g['relation']} {g['name']} {g['phone']}".strip() for g in content["guardians"]
    )
    return [
        (_("学校"), f"{school['name']}（{school['code']}）"),
        (_("心理老师"), f"{school['counselor']} {school['phone']}".strip()),
        (_("学生姓名"), student["name"]),
        (_("性别"), str(SEXES.get(student["sex"], "–"))),
        (_("出生日期"), student["birth_date"] or "–"),
        (_("班级"), student["klass"]),
        (_("监护人"), guardians or "–"),
        (_("同意依据"), str(LAWS.get(content["consent"].get("ground") or "", "–"))),
        (_("紧急程度"), str(URGENCIES[content["urgency"]])),
        (_("陪同人"), content.get("escort") or "–"),
    ]


def letter_paragraphs(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The body of a letter; parts that were left empty do not appear."""
    reasons = "；".join(str(REFERRAL_REASONS[r]) for r in content.get("reasons") or [])
    risk = "；".join(
        f"{label}：{RISK_ANSWERS[content.get(key) or 'unknown']}"
        for key, label in (
            ("risk_plan", _("计划")),
            ("risk_means", _("工具或途径")),
            ("risk_attempt", _("既往尝试")),
        )
    )
    parts = [
        (_("转介原因"), reasons),
        (_("观察到的事实"), content.get("facts")),
        (_("目前风险"), risk),
        (_("已采取的措施"), content.get("measures")),
        (_("支持与保护因素"), content.get("protective")),
        (_("已知用药或过敏"), content.get("medication")),
        (_("强制报告"), content.get("abuse_report")),
        (_("希望医院协助"), content.get("help")),
        (_("希望的反馈范围"), str(FEEDBACK.get(content.get("feedback") or "", ""))),
    ]
    return [(title, str(text)) for title, text in parts if text]


def next_step(step: Step, policy: Policy) -> str:
    """What the school does next, with the times and tries that hold for it."""
    words = {
        Step.ASK_GUARDIAN: _("向监护人说明情况并征求同意"),
        Step.ASK_STUDENT: _("征求学生本人的意见"),
        Step.NOTIFY_GUARDIAN: _("立即告知监护人（是告知，不是征求同意）"),
        Step.DO_NOT_NOTIFY_GUARDIAN: _("不要通知被怀疑的监护人"),
        Step.MANDATORY_REPORT: _("按强制报告制度立即向公安机关报告"),
        Step.SECOND_TALK: _("%(n)s 小时内请分管校领导一起再谈一次", n=policy.refusal_review_h),
        Step.REFUSAL_NOTE: _("请监护人签告知书；拒签时由两位见证人签名"),
        Step.MEDIATE: _("分别沟通，协助监护人取得一致"),
        Step.TRY_ALL_CONTACTS: _("用所有联系方式至少联系 %(n)s 次，每次留记录", n=policy.attempts),
        Step.HEAD_DECIDES: _("由校领导决定是否先做不具名的咨询"),
        Step.KEEP_SAFETY_PLAN: _("学校的安全计划和陪伴照常进行"),
        Step.OFFER_CHOICE: _("让学生选择医院和时间，再谈一次"),
        Step.WRITE_BASIS: _("写明危险的事实依据"),
        Step.SECOND_SIGNATURE: _("请分管校领导在 %(n)s 小时内补签", n=policy.second_person_h),
        Step.CALL_EMERGENCY: _("正在发生危险时先拨打 110 或 120"),
    }
    return words[step]
