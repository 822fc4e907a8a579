"""What a business puts into its own web site to be booked there: a frame, or a plain link."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from markupsafe import escape

from hub.parts import Hub


class Named(Protocol):
    """A business or a service: a row, or what pages know of it."""

    @property
    def name(self) -> str:
        """How people call it."""

    @property
    def slug(self) -> str | None:
        """Its part of the address; none or empty without a page."""


@dataclass(frozen=True, slots=True)
class Snippet:
    """HTML to copy: the page in a ``frame``, and a ``link`` to it at ``address``."""

    address: str
    frame: str
    link: str


def embed_snippet(hub: Hub, business: Named, service: Named | None = None) -> Snippet | None:
    """Return what to copy into a web site; None where there is no page.

    The frame shows only on the business's ``embed_origins``. It needs no script and no cookie.
    """
    slugs = [business.slug, *([service.slug] if service else [])]
    if not all(slugs):
        return None
    address = "/".join((hub.settings.base_url, "b", *(slug for slug in slugs if slug)))
    title = escape(f"Book an appointment: {service.name if service else business.name}")
    look = "width:100%;height:56rem;border:0"
    frame = f'<iframe src="{escape(address)}?embed=1" title="{title}" style="{look}" loading="lazy"></iframe>'
    return Snippet(address, frame, f'<a href="{escape(address)}">{title}</a>')
