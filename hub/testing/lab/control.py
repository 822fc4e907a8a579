"""Runs the stand-ins of the lab together, at addresses that stay from start to start, and the page beside them."""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from hub.core.errors import InputError, Unavailable
from hub.testing.lab.keeping import kept
from hub.testing.lab.page.app import Page, page_application
from hub.testing.lab.serve import serve
from hub.testing.lab.side import OpenSide, Side, Site
from hub.testing.servers import free_port

SIDES: Mapping[str, str] = {
    "caldav": "hub.testing.lab.caldav.side",
    "google": "hub.testing.lab.google.side",
    "microsoft": "hub.testing.lab.microsoft.side",
}
"""Where each stand-in is; one that is not there is left out."""


@dataclass(frozen=True, slots=True, repr=False)
class Plan:
    """What stays from start to start: ports, and the application that is registered at the stand-ins."""

    page: int
    ports: Mapping[str, tuple[int, int]]
    client_id: str
    client_secret: str


@dataclass(frozen=True, slots=True)
class Lab:
    """What runs. ``origins`` and ``authority`` are what a hub must be allowed to reach, and trust, to use it."""

    page: str
    sides: Mapping[str, Side]
    origins: tuple[str, ...]
    authority: Path | None
    hints: Mapping[str, tuple[str, ...]]


def known_sides() -> tuple[str, ...]:
    """Return the names of the stand-ins that are there."""
    return tuple(name for name, module in SIDES.items() if find_spec(module) is not None)


def find_plan(folder: Path) -> Plan | None:
    """Return the plan that a folder holds, or None."""
    file = folder / "lab.json"
    if not file.is_file():
        return None
    kept = json.loads(file.read_text("utf-8"))
    ports = {name: (int(one[0]), int(one[1])) for name, one in kept["ports"].items()}
    return Plan(int(kept["page"]), ports, kept["client_id"], kept["client_secret"])


def make_plan(folder: Path, names: Sequence[str]) -> Plan:
    """Return the folder's plan with places for these stand-ins; what was there stays. Raises InputError for a name."""
    for name in names:
        if name not in known_sides():
            raise InputError("name", f"{name!r} is no stand-in; there are {', '.join(known_sides())}.")
    plan = find_plan(folder)
    taken: set[int] = set()
    if plan is None:
        secret = secrets.token_urlsafe(12)
        plan = Plan(_port(taken), {}, f"lab-{secrets.token_hex(8)}", secret)
    ports = dict(plan.ports)
    for name in names:
        ports.setdefault(name, (_port(taken), _port(taken)))
    plan = Plan(plan.page, ports, plan.client_id, plan.client_secret)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    _write(folder / "lab.json", json.dumps(asdict(plan)))
    return plan


@contextmanager
def running_lab(
    folder: Path,
    names: Sequence[str] = (),
    *,
    redirect_urls: Sequence[str] = (),
    beside: Mapping[str, Side] | None = None,
    clock: Callable[[], float] = time.time,
) -> Iterator[Lab]:
    """Run these stand-ins (all that are there, without a name) and the page until the block ends.

    ``beside`` are sides that run already and are to be on the page. Raises InputError for a name that is none, and
    Unavailable where a port is taken.
    """
    names = tuple(names) or tuple(name for name in known_sides() if name not in (beside or {}))
    plan = make_plan(folder, names)
    certificate, authority = _certificate(folder)
    with ExitStack() as stack:
        sides = dict(beside or {})
        for name in names:
            site = Site(
                folder=folder / name,
                redirect_urls=tuple(redirect_urls),
                certificate=certificate,
                authority=authority,
                ports=plan.ports[name],
                client_id=plan.client_id,
                client_secret=plan.client_secret,
            )
            site.folder.mkdir(exist_ok=True, mode=0o700)
            try:
                sides[name] = stack.enter_context(_opener(name)(site))
            except OSError as error:
                raise Unavailable(_taken(folder, name)) from error
        origins = tuple(dict.fromkeys(origin for side in sides.values() for origin in side.origins))
        trusted = authority if any(side.tls for side in sides.values()) else None
        hints = {name: tuple(_hints(side, origins, trusted)) for name, side in sides.items() if side.settings}
        try:
            pages = kept(page_application(Page(sides, clock, hints)), lambda: _keep(sides))
            page = stack.enter_context(serve(pages, port=plan.page))
        except OSError as error:
            raise Unavailable(_taken(folder, "the page")) from error
        yield Lab(f"{page}/", sides, origins, trusted, hints)


def _opener(name: str) -> OpenSide:
    opener: OpenSide = import_module(SIDES[name]).open_side
    return opener


def _keep(sides: Mapping[str, Side]) -> None:
    for side in sides.values():
        side.keep()


def _hints(side: Side, origins: Sequence[str], authority: Path | None) -> Iterator[str]:
    """Give the lines that set up a hub for a stand-in, with all of the lab within reach."""
    plain = " ".join(f"{name}={value}" for name, value in side.settings.items() if name != "client_secret")
    yield f"export HUB_EGRESS_ALLOW={','.join(origins)}"
    if authority is not None:
        yield f"export HUB_EGRESS_CA_FILE={authority}"
    if "client_secret" in side.settings:
        secret = side.settings["client_secret"]
        yield f"echo {secret} | hub provider set {side.plugin} {plain} --secret-stdin client_secret"
    else:
        yield f"hub provider set {side.plugin} {plain}"


def _certificate(folder: Path) -> tuple[Path, Path]:
    """Return a certificate for localhost with its key, and who issued it; made once and kept."""
    certificate, authority = folder / "localhost.pem", folder / "authority.pem"
    if not (certificate.is_file() and authority.is_file()):
        if find_spec("trustme") is None:
            raise Unavailable("trustme is not installed; it comes with config/requirements-demo.lock.")
        import trustme

        issuer = trustme.CA()
        issued = issuer.issue_cert("localhost", "127.0.0.1")
        _write(authority, issuer.cert_pem.bytes().decode())
        _write(certificate, issued.private_key_and_cert_chain_pem.bytes().decode())
    return certificate, authority


def _write(file: Path, text: str) -> None:
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as open_file:
        open_file.write(text)


def _port(taken: set[int]) -> int:
    port = free_port()
    while port in taken:
        port = free_port()
    taken.add(port)
    return port


def _taken(folder: Path, what: str) -> str:
    return f"A port of {what} is taken by another program. Stop that, or remove {folder / 'lab.json'} for new ones."
