"""The plugins of the installation: which take part, what each can do, and why one does not."""

from __future__ import annotations

from werkzeug.wrappers import Response

from hub.actions.plugins import list_plugins
from hub.core.role import Right
from hub.web.console.frame import console_page
from hub.web.current import session, the_hub
from hub.web.door import Who
from hub.web.route import route


def plugins() -> Response:
    """Show the plugins that were found. How many accounts there are is for those who may enter every business."""
    return console_page(
        "console/plugins.html",
        plugins=list_plugins(the_hub()),
        counted=session().user.everywhere,
        settings=the_hub().settings,
    )


ROUTES = (route("console", "/console/plugins", plugins, "GET", Who.USER, Right.OPERATE),)
