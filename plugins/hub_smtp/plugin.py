"""The hooks of the SMTP plugin: what it declares, and a mail handed over."""

from __future__ import annotations

from hub.plugin import Account, Message, Provider, Refused, Sent, hookimpl
from hub_smtp.provider import PROVIDER

_REFUSED = 422


@hookimpl
def hub_provider() -> Provider:
    """Describe SMTP: one connect level, no grant to revoke."""
    return PROVIDER


@hookimpl
def hub_send_message(account: Account, message: Message) -> Sent:
    """Hand the mail to the server that was confirmed when the account was connected."""
    headers = {
        "Mail-From": message.sender,
        "Mail-To": ",".join(message.recipients),
        "Mail-Tls": account.settings["tls"],
    }
    response = account.http.request("MAIL", account.settings["server"], data=message.raw, headers=headers)
    if response.status_code == _REFUSED:
        code = response.headers.get("Smtp-Code", "")
        raise Refused(f"smtp_{code}", f"The mail server refused the mail ({code}).")
    response.raise_for_status()
    return Sent(response.text)
