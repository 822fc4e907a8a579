"""The page as a WSGI application: which address shows what, and which form changes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from werkzeug import Request, Response
from werkzeug.exceptions import HTTPException
from werkzeug.exceptions import NotFound as NoPage
from werkzeug.routing import Map, Rule

from hub.core.errors import HubError, InputError
from hub.testing.lab.page import changes, views
from hub.testing.lab.serve import Application
from hub.testing.lab.side import Side

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",  # with no-referrer a browser would call the origin of our own forms null
    "X-Content-Type-Options": "nosniff",
}
_URLS = Map(
    [
        Rule("/", endpoint="overview", methods=["GET"]),
        Rule("/<side>/", endpoint="provider", methods=["GET"]),
        Rule("/<side>/calendar", endpoint="calendar", methods=["GET"]),
        Rule(
            "/<side>/<any(put, move, answer, delete, revoke, fault, resend):change>",
            endpoint="change",
            methods=["POST"],
        ),
    ]
)


@dataclass(frozen=True, slots=True)
class Page:
    """What the page shows: the sides by name, what to do with them, and what time it is (UTC seconds)."""

    sides: Mapping[str, Side]
    clock: Callable[[], float]
    hints: Mapping[str, tuple[str, ...]]


def page_application(page: Page) -> Application:
    """Return the application. It answers only to loopback names, and takes forms only from its own pages."""

    @Request.application
    def application(request: Request) -> Response:
        if not _is_own(request):
            return Response("This page is for this machine alone.", 403, mimetype="text/plain")
        try:
            answer = _answer(page, request)
        except HTTPException as error:
            answer = Response(views.problem(error.description or "", "/"), error.code or 500, mimetype="text/html")
        except HubError as error:
            status = 400 if isinstance(error, InputError) else 409
            back = request.form.get("back", "/")
            answer = Response(
                views.problem(error.message, back if _is_path(back) else "/"), status, mimetype="text/html"
            )
        answer.headers.update(_HEADERS)
        return answer

    return application


def _answer(page: Page, request: Request) -> Response:
    endpoint, values = _URLS.bind_to_environ(request.environ).match()
    if endpoint == "overview":
        return Response(views.overview(page.sides, page.hints), mimetype="text/html")
    side = page.sides.get(values["side"])
    if side is None:
        raise NoPage("There is no such provider in this lab.")
    said = request.args.get("said", "")
    if endpoint == "provider":
        shown = views.provider(values["side"], side, page.hints.get(values["side"], ()), said)
        return Response(shown, mimetype="text/html")
    if endpoint == "calendar":
        return Response(views.calendar(values["side"], side, request.args, page.clock(), said), mimetype="text/html")
    done = changes.CHANGES[values["change"]](side, request.form)
    back = request.form.get("back", "/")
    where = back if _is_path(back) else "/"
    joint = "&" if "?" in where else "?"
    return Response(status=303, headers={"Location": f"{where}{joint}{urlencode({'said': done})}"})


def _is_own(request: Request) -> bool:
    """Refuse names that are made to lead here (DNS rebinding), and forms of other pages."""
    host = request.host.rpartition(":")[0] or request.host
    if host not in {"127.0.0.1", "localhost"}:
        return False
    if request.method == "GET":
        return True
    return request.headers.get("Origin", request.host_url.rstrip("/")) == request.host_url.rstrip("/")


def _is_path(text: str) -> bool:
    return text.startswith("/") and not text.startswith("//") and "\\" not in text and "\n" not in text
