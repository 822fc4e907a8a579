"""The texts that customers agree to, over the API: whoever shows them names their hashes when booking."""

from __future__ import annotations

from hub.actions.texts import current_texts
from hub.core.consent import TextPurpose
from hub.core.role import Right
from hub.web.api.call import call
from hub.web.api.fields import Instant, Shown
from hub.web.current import the_hub

TAG = "Texts"


class AgreementText(Shown):
    """A text to show to a customer. `required`: nobody can book without agreeing to it."""

    hash: str
    purpose: TextPurpose
    language: str
    text: str
    required: bool
    since: Instant


class AgreementTexts(Shown):
    """The texts in use, the one that is required first."""

    items: list[AgreementText]


def list_texts(business_id: str) -> AgreementTexts:
    """List the texts that a customer is shown when booking."""
    items = [
        AgreementText(
            hash=one.hash,
            purpose=one.purpose,
            language=one.language,
            text=one.text,
            required=one.is_required,
            since=one.made_at,
        )
        for one in current_texts(the_hub(), business_id)
    ]
    return AgreementTexts(items=items)


ROUTES = (call("GET", "/businesses/<business_id>/texts", list_texts, Right.VIEW, TAG, gives=AgreementTexts),)
