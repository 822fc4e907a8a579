"""What the plugin declares: one request, and for what."""

from __future__ import annotations

from hub.plugin import (
    CONNECTION_HOST,
    ConnectLevel,
    DataCategory,
    Operation,
    Provider,
    Purpose,
    Revocation,
)

_PURPOSES = frozenset({Purpose.CONNECT, Purpose.SEND_MESSAGE})

PROVIDER = Provider(
    name="smtp",
    title="E-mail (SMTP)",
    operations=(Operation("send_mail", "MAIL", CONNECTION_HOST, "/", _PURPOSES, DataCategory.MESSAGES),),
    levels=(ConnectLevel("send", "Send mails about appointments and accounts", _PURPOSES),),
    revocation=Revocation.NONE,
    keeps="The mails that were sent stay with who got them, and the password stays valid until its owner changes it.",
    icon="envelope",
)
