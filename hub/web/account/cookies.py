"""The cookie of a sign-in, and where one goes after it."""

from __future__ import annotations

from flask import request, url_for
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from hub.actions.account import as_user
from hub.actions.sessions import SignedIn, Stage, find_session, sign_out
from hub.web.current import SESSION, cookie, drop_cookie, keep_cookie, the_hub, visit
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
    """Keep the token of a session in the browser, until the session ends at the latest.

    A session that the browser had before ends: nobody would see any more that it is there. (After a step of the same
    session that one's old token opens nothing already.)
    """
    earlier = find_session(the_hub(), cookie(SESSION))
    if earlier is not None:
        sign_out(the_hub(), as_user(visit(), earlier.user.id), earlier)
    keep_cookie(answer, SESSION, signed_in.token, max(signed_in.until - the_hub().clock(), 1))


def forget_session(answer: Response) -> Response:
    """Let the browser forget the token."""
    drop_cookie(answer, SESSION)
    return answer
