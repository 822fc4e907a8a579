"""The outbox: what waits to be done outside, what could not be done and why, and another try."""

from __future__ import annotations

from flask import request
from werkzeug.wrappers import Response

from hub.actions.dead_letters import ENDED_BADLY, list_effects, outbox_health, replay_dead, replay_effect
from hub.core.errors import InputError
from hub.core.role import Right
from hub.store.outbox import DEAD, DONE, RUNNING, WAITING
from hub.web.console.frame import console_page
from hub.web.console.home import visible
from hub.web.console.reach import some_names
from hub.web.current import the_hub
from hub.web.door import Who
from hub.web.pages import see_other
from hub.web.route import route

PAGE = 50
VIEWS = {
    "": ("Needs somebody", ENDED_BADLY),
    "waiting": ("Waiting", (WAITING,)),
    "running": ("Running", (RUNNING,)),
    "done": ("Done", (DONE,)),
}
"""What can be looked at: the word in the address, its name, and the states."""


def outbox() -> Response:
    """Show the effects of one view, the newest first, and how many there are in each."""
    chosen = request.args.get("view", "")
    view = chosen if chosen in VIEWS else ""
    after = request.args.get("after", "")
    try:
        page = list_effects(the_hub(), visible(), VIEWS[view][1], after=after, limit=PAGE)
    except InputError:
        return see_other("console.outbox", view=view or None)
    health = outbox_health(the_hub(), visible())
    return console_page(
        "console/outbox.html",
        effects=page,
        after=after,
        view=view,
        views=[(name, label, sum(health.counts[one] for one in states)) for name, (label, states) in VIEWS.items()],
        health=health,
        dead=health.counts[DEAD],
        names=some_names({one.business_id for one in page.items}),
    )


def effect_replay(effect_id: str) -> Response:
    """Let one wait again."""
    replay_effect(the_hub(), visible(), effect_id)
    return see_other("console.outbox", "replayed")


def effect_replay_dead() -> Response:
    """Let all that was given up wait again."""
    replay_dead(the_hub(), visible())
    return see_other("console.outbox", "replayed")


ROUTES = (
    route("console", "/console/outbox", outbox, "GET", Who.USER, Right.OPERATE),
    route("console", "/console/outbox/replay", effect_replay_dead, "POST", Who.USER, Right.OPERATE),
    route("console", "/console/outbox/<effect_id>/replay", effect_replay, "POST", Who.USER, Right.OPERATE),
)
