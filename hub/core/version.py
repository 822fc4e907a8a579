"""The order of versions of Python packages (PEP 440)."""

from __future__ import annotations

import re

Order = tuple[tuple[int, ...], ...]
_VERSION = re.compile(
    r"\s*v?(?:(?P<epoch>\d+)!)?(?P<release>\d+(?:\.\d+)*)"
    r"(?:[-_.]?(?P<pre>alpha|a|beta|b|preview|pre|rc|c)[-_.]?(?P<pre_n>\d*))?"
    r"(?:-(?P<post_short>\d+)|[-_.]?(?P<post>post|rev|r)[-_.]?(?P<post_n>\d*))?"
    r"(?:[-_.]?(?P<dev>dev)[-_.]?(?P<dev_n>\d*))?(?:\+[a-z0-9]+(?:[-_.][a-z0-9]+)*)?\s*",
    re.ASCII | re.IGNORECASE,
)
_PRE = {"a": 0, "alpha": 0, "b": 1, "beta": 1, "c": 2, "rc": 2, "pre": 2, "preview": 2}


def order(version: str) -> Order | None:
    """Return what sorts as the version does, without its local part; None for what is no version."""
    found = _VERSION.fullmatch(version[:200])
    if found is None:
        return None
    release = [int(part) for part in found["release"].split(".")]
    while release and not release[-1]:
        release.pop()
    has_post = found["post"] is not None or found["post_short"] is not None
    if found["pre"]:
        pre: tuple[int, ...] = (0, _PRE[found["pre"].lower()], int(found["pre_n"] or 0))
    else:  # a development release alone comes before every other, a final one after its candidates
        pre = (-1,) if found["dev"] and not has_post else (1,)
    post = (int(found["post_short"] or found["post_n"] or 0),) if has_post else (-1,)
    dev = (0, int(found["dev_n"] or 0)) if found["dev"] else (1,)
    return (int(found["epoch"] or 0),), tuple(release), pre, post, dev
