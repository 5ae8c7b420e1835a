"""Tables of the screening domain, by topic."""

from screening.models.campaigns import (
    Campaign,
    CampaignApproval,
    CampaignKlass,
    Consent,
    Sitting,
    WordingLicence,
)
from screening.models.care import Case, CaseEvent, FollowUp, Handover, Interview
from screening.models.exports import Export
from screening.models.flags import Alert, AlertChange, AlertReach
from screening.models.league import CareTask, Concern, ContactLog, ContactPairing, Training
from screening.models.responses import AnswerImport, Draft, Response, Score, Ticket, TicketDevice

__all__ = [
    "Alert",
    "AlertChange",
    "AlertReach",
    "AnswerImport",
    "Campaign",
    "CampaignApproval",
    "CampaignKlass",
    "CareTask",
    "Case",
    "CaseEvent",
    "Concern",
    "Consent",
    "ContactLog",
    "ContactPairing",
    "Draft",
    "Export",
    "FollowUp",
    "Handover",
    "Interview",
    "Response",
    "Score",
    "Sitting",
    "Ticket",
    "TicketDevice",
    "Training",
    "WordingLicence",
]
