"""What is wrong with a connection or a calendar, in a sentence for the people who can mend it."""

from __future__ import annotations

CONNECT_AGAIN = "Connect the account again."

SAID_BY_PROVIDER = frozenset({"revoked", "expired", "scopes", "admin_blocked", "claims"})
"""Why a permission is of no use any more, as a plugin may say it with NeedsReconnect."""

DANGER = "danger"
"""The provider warned that somebody else may have an account: nothing is asked with it until it is connected again."""

LOST = SAID_BY_PROVIDER | {
    DANGER,
    "closed",
    "needs_reconnect",
    "rejected",
    "reconnect",
    "refresh_refused",
    "refresh_lost",
    "other_account",
    "account_wanted",
    "tampered",
    "consent",
}
"""The reasons that only the owner of an account can mend."""

MENDS_ITSELF = frozenset({"needs_reconnect", "account_wanted"})
"""Those of them that an answer disproves: a server did not take the password, and takes it again."""

_SENTENCES = {
    "": "",
    "owner": "It was disconnected.",
    "disconnected": "It was disconnected.",
    "needs_reconnect": f"The provider does not accept the password or permission any more. {CONNECT_AGAIN}",
    "rejected": f"The provider does not accept the password or permission any more. {CONNECT_AGAIN}",
    "reconnect": f"The permission cannot be used any more. {CONNECT_AGAIN}",
    "revoked": f"The permission was taken back at the provider. {CONNECT_AGAIN}",
    "expired": f"The permission ran out. {CONNECT_AGAIN}",
    "scopes": f"The permission was cut down at the provider, and what is left is too little. {CONNECT_AGAIN}",
    "admin_blocked": (
        "An administrator of the owner's organisation does not allow the hub. Ask them to allow it, then connect the "
        "account again."
    ),
    "claims": f"The provider wants its owner to sign in once more. {CONNECT_AGAIN}",
    DANGER: (
        "The provider warns that somebody else may have got hold of the account, so the hub does not use it. Make the "
        f"account safe there first. {CONNECT_AGAIN}"
    ),
    "closed": f"The account is switched off at the provider. Have it switched on there. {CONNECT_AGAIN}",
    "quota": "The hub has asked the provider as often as it may for now. It goes on in a while.",
    "refresh_refused": f"The provider does not renew the permission any more. {CONNECT_AGAIN}",
    "refresh_lost": (
        "The provider gave a new permission that never arrived here, and does not take the old one any more. "
        f"{CONNECT_AGAIN}"
    ),
    "other_account": f"The provider answered with the permission of another account; it was not taken. {CONNECT_AGAIN}",
    "account_wanted": "The server wants a user name and password. Connect the account again, with them.",
    "tampered": f"The stored password or permission was changed or put back from an older time. {CONNECT_AGAIN}",
    "purpose": f"The owner did not agree to this use of the account. {CONNECT_AGAIN}",
    "consent": "There is no consent to this use of the account, or it ended. Connect the account again to give one.",
    "refused": "The provider refuses what the hub asks for. See the rights of the account there.",
    "not_found": "The calendar is not there any more. Look at the account and choose another one.",
    "unreachable": "The provider's server cannot be reached. The hub goes on trying.",
    "redirect": "The provider's server sends the hub to another address. See whether that of the account is right.",
    "timeout": "The provider's server answers too slowly. The hub goes on trying.",
    "tls": "The provider's server cannot prove its name. See its certificate.",
    "broken": "The provider's answer broke off. The hub goes on trying.",
    "unknown": "Nobody can tell whether the provider did what was asked. The hub looks again.",
    "busy": "The provider asks the hub to wait. The hub goes on trying.",
    "retry": "The provider could not answer just now. The hub goes on trying.",
    "too_large": "The calendar is larger than the hub may read. Choose another one, or tidy it up.",
    "too_many_calendars": "The account has more calendars than the hub takes. Connect one that has fewer.",
    "unreadable": "The calendar holds something that cannot be read.",
    "plugin_error": "The provider's answer makes no sense to the hub.",
    "plugin_broken": "The plugin for this provider is switched off or broken. See the list of plugins.",
    "unavailable": "A part of the hub itself cannot be reached. The hub goes on trying.",
    "undeclared": "The plugin asked for something that it did not declare. See the list of plugins.",
}


def known_reason(word: str, otherwise: str) -> str:
    """Return a machine word if it is on the list of reasons, else the other one: plugins may say anything."""
    return word if word in _SENTENCES else otherwise


def sentence(word: str) -> str:
    """Return what a machine word of a connection's health or a calendar's problem means, and what helps.

    Empty for no word; an unknown one is named, so that it can be looked for.
    """
    return _SENTENCES.get(word, f"The hub could not use the account ({word}).")
