"""What every answer says to the browser: nothing from elsewhere, no frames, no guessing, no leaking of addresses."""

from __future__ import annotations

from collections.abc import Collection

from flask import Flask, Response, g, request

from hub.web.current import VISIT, Entry, keep_cookie, the_hub, the_limiter


def protect_answers(app: Flask) -> None:
    """Put the headers on every answer of the application."""
    app.after_request(protect)


def protect(answer: Response) -> Response:
    """Put the headers on one answer, where they are not yet."""
    nonce = g.entry.nonce if "entry" in g else ""
    answer.headers.setdefault("Content-Security-Policy", policy(nonce, g.get("frames", ()), g.get("forms", ())))
    answer.headers.setdefault("X-Content-Type-Options", "nosniff")
    answer.headers.setdefault("Referrer-Policy", "same-origin")  # links with a secret in them stay with us
    answer.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    answer.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    answer.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()")
    if not g.get("frames"):
        answer.headers.setdefault("X-Frame-Options", "DENY")
    if the_hub().settings.is_https:
        answer.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if "entry" in g and g.entry.key is not None:
        _tell_room(answer, g.entry)
    if "new_visit" in g:
        keep_cookie(answer, VISIT, g.new_visit, 86_400)
    if request.endpoint != "assets.file":
        answer.headers.setdefault("Cache-Control", "no-store")
    return answer


def _tell_room(answer: Response, entry: Entry) -> None:
    """Tell a program how often it may come (draft-ietf-httpapi-ratelimit-headers-10)."""
    rate = entry.door.rate
    if not rate:
        return
    name, found = rate.name.lower(), the_limiter().room(rate, rate.name, entry.door.who, entry.visit.actor_id)
    answer.headers["RateLimit-Policy"] = f'"{name}";q={found.most};w={found.window}'
    answer.headers["RateLimit"] = f'"{name}";r={found.left};t={found.seconds}'


def allow_frames(origins: Collection[str]) -> None:
    """Let these origins show the answer to this request in a frame."""
    g.frames = tuple(origins)


def policy(nonce: str, frames: Collection[str] = (), forms: Collection[str] = ()) -> str:
    """Return the content security policy (CSP Level 3) of a page whose scripts carry the nonce.

    ``frames`` may show it in a frame, and what answers a form of it may lead to ``forms``.
    """
    ancestors = " ".join(["'self'", *frames]) if frames else "'none'"
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'nonce-{nonce}'",
            "style-src 'self'",
            "img-src 'self' data:",
            "font-src 'self'",
            "connect-src 'self'",
            "manifest-src 'self'",
            " ".join(["form-action 'self'", *forms]),
            "base-uri 'none'",
            f"frame-ancestors {ancestors}",
        )
    )
