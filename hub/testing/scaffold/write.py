"""Writes a new plugin: a distribution of its own, with everything in place but what only its author knows."""

from __future__ import annotations

import keyword
import re
import shutil
from collections.abc import Iterable, Mapping
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path

from hub.core.errors import InputError

MARK = "FILL IN"
"""Begins the sentence at each place that is left to the author."""

_NAME = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*\Z")
_LONGEST = 30
_RESERVED = frozenset({"hub", "plugin", "test", "tests", "testing", "fake", "example"})
_FILES: Mapping[str, str] = {
    "setup.cfg": "setup.cfg",
    "pyproject.toml": "pyproject.toml",
    "README.md": "README.md",
    "__init__.py": "{package}/__init__.py",
    "provider.py": "{package}/provider.py",
    "keys.py": "{package}/keys.py",
    "plugin.py": "{package}/plugin.py",
    "trial.py": "{package}/trial.py",
    "fake.py": "tests/fake.py",
    "contract.py": "tests/test_contract.py",
}


def new_plugin(name: str, below: Path, *, title: str = "") -> Path:
    """Write a plugin for the provider ``name`` into a new folder ``hub-<name>`` there, and return it.

    ``title`` is how people call the provider. Raises InputError for a name that cannot be, or is taken, and for a
    folder that exists already; nothing is ever overwritten, and what could not be written whole is removed again.
    """
    _check_name(name)
    title = _check_title(title or name.replace("_", " ").capitalize())
    distribution = f"hub-{name.replace('_', '-')}"
    words = {"name": name, "package": f"hub_{name}", "distribution": distribution, "title": title}
    folder = below / distribution
    problem = ""
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        problem = f"{folder} exists already, and nothing is overwritten. Choose another name or another --folder."
    except OSError as error:
        problem = f"{folder} cannot be made: {error.strerror}."
    if problem:
        raise InputError("folder", problem)
    try:
        _write(folder, words)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return folder


def left_to_fill_in(folder: Path) -> list[str]:
    """Return the places of a plugin that are not filled in, each as ``file:line``."""
    return [
        f"{file.relative_to(folder)}:{number}"
        for file in sorted(folder.rglob("*.py"))
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1)
        if f'"{MARK}: ' in line
    ]


def _check_name(name: str) -> None:
    package = f"hub_{name}"
    if not _NAME.match(name) or len(name) > _LONGEST:
        raise InputError("name", f"{name!r} must be lower-case words joined by '_', {_LONGEST} characters at most.")
    if name in _RESERVED or keyword.iskeyword(name):
        raise InputError("name", f"{name!r} means something else already; choose the provider's own name.")
    if name in {one.name for one in entry_points(group="hub.plugins")} or find_spec(package) is not None:
        raise InputError("name", f"A plugin {name!r} is installed already; choose another name.")


def _check_title(title: str) -> str:
    if not title.isprintable() or set(title) & set('"\\@{}') or not 0 < len(title.strip()) <= 60:
        raise InputError("title", 'Give how people call the provider: 60 characters at most, without " \\ @ { }.')
    return title.strip()


def _write(folder: Path, words: Mapping[str, str]) -> None:
    templates = Path(__file__).with_name("template")
    for name, place in _FILES.items():
        file = folder / place.format_map(words)
        file.parent.mkdir(exist_ok=True)
        file.write_text(_filled(templates.joinpath(f"{name}.txt").read_text("utf-8"), words.items()), "utf-8")


def _filled(text: str, words: Iterable[tuple[str, str]]) -> str:
    for word, value in words:
        text = text.replace(f"@{word}@", value)
    return text
