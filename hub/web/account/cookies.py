"""The cookie of a sign-in, and where one goes after it."""

from __future__ import annotations

from flask import request, url_for
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from hub.actions.sessions import SignedIn, Stage
from hub.web.current import SESSION, drop_cookie, keep_cookie, the_hub
from hub.web.pages import local_path


def let_in(signed_in: SignedIn, following: str = "") -> Response:
    """Keep the token in the browser and lead on: to the second factor, or to where one wanted to go."""
    answer = redirect(next_step(signed_in, following), 303)
    keep_session(answer, signed_in)
    return answer


def next_step(signed_in: SignedIn, following: str = "") -> str:
    """Return the address of what comes after this step of signing in."""
    following = local_path(following or request.values.get("next", "") or "/")
    if signed_in.stage is Stage.HALF:
        return url_for("account.second", next=following)
    return following if following != "/" else url_for("console.home")


def keep_session(answer: Response, signed_in: SignedIn) -> None:
    """Keep the token of a session in the browser, until the session ends at the latest."""
    keep_cookie(answer, SESSION, signed_in.token, max(signed_in.until - the_hub().clock(), 1))


def forget_session(answer: Response) -> Response:
    """Let the browser forget the token."""
    drop_cookie(answer, SESSION)
    return answer
