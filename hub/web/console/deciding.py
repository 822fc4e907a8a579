"""Deciding on a look, wherever it is done: the answer of a form, and the words for what is asked."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from werkzeug.exceptions import UnprocessableEntity
from wtforms import HiddenField

from hub.actions.access_decide import approve_access, end_access, refuse_access
from hub.core.access import AccessReason, Delay, ObjectKind
from hub.web.console.texts import MAILS
from hub.web.current import the_hub, visit
from hub.web.forms import Form, typed

WORDS: Mapping[str, Any] = MappingProxyType(
    {
        "reasons": {
            AccessReason.SUPPORT: "Support: something does not work, and somebody wants to help",
            AccessReason.SECURITY: "Security: an incident or abuse is looked into",
            AccessReason.LEGAL: "Law: a legal duty",
        },
        "short": {
            AccessReason.SUPPORT: "Support",
            AccessReason.SECURITY: "Security",
            AccessReason.LEGAL: "Law",
        },
        "delays": {
            Delay.INVESTIGATION: "telling now would harm an investigation",
            Delay.ORDER: "a court or an authority forbids telling for now",
            Delay.OTHERS: "telling now would endanger others",
        },
        "states": {
            "asked": "waits for an answer",
            "approved": "open",
            "refused": "refused",
            "ended": "ended",
            "expired": "over",
        },
        "objects": {
            ObjectKind.CONNECTION: "Names of an account and its calendars",
            ObjectKind.MAIL: "Text of a mail",
        },
        "mails": MAILS,
    }
)
"""What the machine words of grants mean."""

_DEEDS = {"approve": approve_access, "refuse": refuse_access}


class AnswerForm(Form):
    """The answer is in the button that was pressed."""

    answer = HiddenField()


def read_answer() -> str:
    """Return the button that was pressed. Raises UnprocessableEntity for another one."""
    answer = typed(AnswerForm).answer.data or ""
    if answer not in (*_DEEDS, "end"):
        raise UnprocessableEntity("Agree or refuse; nothing was changed.")
    return answer


def decide(business_id: str, grant_id: str, answer: str, *, link_id: str = "") -> None:
    """Do what the button says, as who came in. Raises as `approve_access` and `end_access`."""
    if answer == "end":
        end_access(the_hub(), visit(), business_id, grant_id)
    else:
        _DEEDS[answer](the_hub(), visit(), business_id, grant_id, link_id=link_id)
