"""How the vault is: roots, keys, rotations, backups, and whether a token got out. For owners, admins and auditors."""

from __future__ import annotations

from werkzeug.wrappers import Response

from hub.actions.vault_state import vault_state
from hub.core.role import Right
from hub.web.console.frame import console_page
from hub.web.console.reach import whole_installation
from hub.web.current import the_hub
from hub.web.door import Who
from hub.web.leaks import looked_at
from hub.web.route import route

ROOT_DAYS, KEY_DAYS = 365, 180
"""Ages at which a rotation is due, as `hub doctor` says."""

KINDS = {
    "business": "Keys of businesses, for customers and texts",
    "connection": "Keys of connected accounts, for passwords and tokens",
    "data_root": "The data root",
    "credential_root": "The credential root",
    "index": "Keys of hashes, by which people are found",
    "doors": "Keys that sign links, forms and tickets",
}


def vault() -> Response:
    """Show it. No key, and nothing that a key opens, is on this page."""
    whole_installation()
    return console_page(
        "console/vault.html",
        vault=vault_state(the_hub()),
        kinds=KINDS,
        root_age=ROOT_DAYS * 86_400,
        key_age=KEY_DAYS * 86_400,
        looked=looked_at(),
    )


ROUTES = (route("console", "/console/vault", vault, "GET", Who.USER, Right.AUDIT),)
