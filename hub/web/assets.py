"""The files that pages need: our style and script, and those of libraries, from their wheels."""

from __future__ import annotations

import re
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable

from flask import Blueprint, Response, url_for
from markupsafe import Markup
from werkzeug.exceptions import NotFound

from hub.web.door import Rate, Who, door

DOORS = (door("assets.file", "GET", Who.ANYONE, rate=Rate.NONE),)

_BOOTSTRAP = ("flask_bootstrap", "static/bootstrap5")
_SWAGGER = ("flask_swagger_ui", "dist")
_FILES: dict[str, tuple[str, str, str]] = {
    "hub.css": ("hub.web", "static/hub.css", "text/css"),
    "pages.css": ("hub.web", "static/pages.css", "text/css"),
    "hub.js": ("hub.web", "static/hub.js", "text/javascript"),
    "passkey.js": ("hub.web", "static/passkey.js", "text/javascript"),
    "icon.svg": ("hub.web", "static/icon.svg", "image/svg+xml"),
    "bootstrap.css": (_BOOTSTRAP[0], f"{_BOOTSTRAP[1]}/css/bootstrap.min.css", "text/css"),
    "swagger-ui.css": (_SWAGGER[0], f"{_SWAGGER[1]}/swagger-ui.css", "text/css"),
    "swagger-ui.js": (_SWAGGER[0], f"{_SWAGGER[1]}/swagger-ui-bundle.js", "text/javascript"),
}
"""Every file there is: its name in addresses, the package and path in which it lies, and its type."""

_SYMBOL = re.compile(r'<symbol[^>]*?viewBox="([^"]+)"[^>]*?id="([^"]+)"[^>]*>(.*?)</symbol>', re.DOTALL)


def assets() -> Blueprint:
    """Return the door to the files."""
    pages = Blueprint("assets", __name__, url_prefix="/assets")

    @pages.get("/<version>/<name>")
    def file(version: str, name: str) -> Response:
        """Send a file; an address holds what it contains, so it may be kept for a year."""
        if name not in _FILES:
            raise NotFound
        package, path, kind = _FILES[name]
        with files(package).joinpath(path).open("rb") as handle:
            content = handle.read()
        answer = Response(content, mimetype=kind)
        answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        answer.set_etag(_version(name))
        return answer

    return pages


def asset(name: str) -> str:
    """Return the address of a file, with what tells this content from an older one."""
    return url_for("assets.file", version=_version(name), name=name)


def icon(name: str, title: str = "") -> Markup:
    """Return a Bootstrap icon as inline SVG, hidden from readers of the screen unless it has a title."""
    view, shape = _icons()[name]
    label = Markup('role="img" aria-label="{}"').format(title) if title else Markup('aria-hidden="true"')
    return Markup('<svg class="icon" viewBox="{}" fill="currentColor" {}>{}</svg>').format(view, label, shape)


@lru_cache(maxsize=64)
def _version(name: str) -> str:
    package, path, _ = _FILES[name]
    return sha256(files(package).joinpath(path).read_bytes()).hexdigest()[:12]


@lru_cache(maxsize=1)
def _icons() -> dict[str, tuple[str, Markup]]:
    sprite: Traversable = files(_BOOTSTRAP[0]).joinpath(f"{_BOOTSTRAP[1]}/icons/bootstrap-icons.svg")
    return {
        name: (view, Markup(shape))  # noqa: S704 - the shapes of the library's own file
        for view, name, shape in _SYMBOL.findall(sprite.read_text("utf-8"))
    }
