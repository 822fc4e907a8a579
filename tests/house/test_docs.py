"""The documentation says what the code says: hooks, settings, errors, commands, providers, rooms, links, excerpts."""

from __future__ import annotations

import ast
import configparser
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from hub import hookspecs
from hub.cli.main import cli
from hub.core import errors
from hub.settings import PREFIX, Settings

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]
LEADS = DOCS / "benchmarks.md"
"""Written by `scripts/bench --write`; it may be linked to before it is there."""

INCLUDED = re.compile(r"<!-- file: (\S+)(?: (\w+))? -->\n```\w*\n(.*?)```\n", re.DOTALL)


def page(name: str) -> str:
    return (DOCS / name).read_text()


def section(text: str, heading: str) -> str:
    """Return what stands under a heading, up to the next one of its level or above."""
    level = len(heading) - len(heading.lstrip("#"))
    found = re.search(rf"^{re.escape(heading)}\n(.*?)(?=^#{{1,{level}}} |\Z)", text, re.DOTALL | re.MULTILINE)
    assert found, f"there is no heading {heading!r}"
    return found[1]


def short(path: Path) -> str:
    return str(path.relative_to(ROOT))


# Hooks


def signatures() -> list[str]:
    found = [(name, value) for name, value in vars(hookspecs).items() if name.startswith("hub_")]
    return [f"{name}({', '.join(inspect.signature(value).parameters)})" for name, value in found]


def test_every_hook_has_a_heading_that_is_its_signature_and_no_other_hook_has_one() -> None:
    headings = re.findall(r"^### `(hub_.*)`$", page("hooks.md"), re.MULTILINE)
    assert headings == signatures()


@pytest.mark.parametrize("signature", signatures())
def test_a_hooks_page_says_where_it_is_called_and_what_happens_if_it_raises(signature: str) -> None:
    text = section(page("hooks.md"), f"### `{signature}`")
    assert "**Called**" in text
    assert "**If it raises**" in text
    name = signature.partition("(")[0]
    answer = inspect.signature(getattr(hookspecs, name)).return_annotation
    assert answer == "None" or f"`{answer}`" in text, f"{name} answers {answer}"


# Settings

KINDS = {"Path": "path", "SecretStr": "secret", "float": "number", "int": "whole number", "bool": "yes or no"}


def default_of(field: FieldInfo) -> str:
    value = field.default.get_secret_value() if isinstance(field.default, SecretStr) else field.default
    if value in ("", (), Path("")):
        return "empty"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def kind_of(field: FieldInfo) -> str:
    name = getattr(field.annotation, "__name__", "")
    kind = "list" if name == "tuple" else KINDS.get(name, "text")
    bounds: dict[str, Any] = {
        word: getattr(rule, word) for rule in field.metadata for word in ("ge", "gt", "le") if hasattr(rule, word)
    }
    if not bounds:
        return kind
    low = f"{bounds['ge']}" if "ge" in bounds else f"more than {bounds['gt']}"
    return f"{kind}, {low} to {bounds['le']}" if "le" in bounds else f"{kind}, {low} or more"


def setting_row(name: str, field: FieldInfo) -> str:
    return f"| `{PREFIX}{name.upper()}` | {kind_of(field)} | {default_of(field)} | {field.description} |"


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_has_its_row(name: str) -> None:
    assert setting_row(name, Settings.model_fields[name]) in page("settings.md").splitlines()


def test_no_row_is_left_of_a_setting_that_is_gone() -> None:
    rows = re.findall(rf"^\| `{PREFIX}(\w+)` \|", page("settings.md"), re.MULTILINE)
    assert rows == [name.upper() for name in Settings.model_fields]


# Errors


def tree() -> list[type[errors.HubError]]:
    return [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, errors.HubError)]


def test_the_tree_of_errors_is_the_one_of_the_code() -> None:
    drawn = inspect.cleandoc(errors.__doc__ or "").partition("::\n")[2].rpartition("\n\n")[0]
    assert inspect.cleandoc(drawn).strip() in page("errors.md")


def test_every_error_has_its_row_and_no_other() -> None:
    rows = re.findall(r"^\| `(\w+)` \| `(\w+)` \|", page("errors.md"), re.MULTILINE)
    assert rows == [(one.__name__, one.code) for one in tree()]


# Commands


def commands(command: click.Command = cli, path: str = "hub") -> Iterator[tuple[str, click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from commands(below, f"{path} {name}")


def test_every_command_has_its_heading_and_no_other() -> None:
    headings = re.findall(r"^#{2,3} `(hub.*)`$", page("commands.md"), re.MULTILINE)
    assert headings == [path for path, _ in commands() if path != "hub"]


@pytest.mark.parametrize("path", [path for path, _ in commands() if path != "hub"])
def test_every_option_of_a_command_is_in_its_section(path: str) -> None:
    command = dict(commands())[path]
    text = re.split(r"^#{2,3} ", page("commands.md"), flags=re.MULTILINE)
    (mine,) = (part for part in text if part.startswith(f"`{path}`\n"))
    wanted = {
        option.opts[0] if isinstance(option, click.Option) else (option.name or "").upper() for option in command.params
    }
    rows = set(re.findall(r"^\| `([^` ]+)[^|]*\|", mine, re.MULTILINE))
    assert rows == wanted


# Providers, rooms, excerpts


def test_every_bundled_provider_has_its_page() -> None:
    for plugin in sorted((ROOT / "plugins").glob("hub_*/plugin.py")):
        name = f"{plugin.parent.name.removeprefix('hub_')}.md"
        assert (DOCS / name).is_file() or (DOCS / "providers" / name).is_file()


def test_the_rooms_of_the_architecture_are_the_contract() -> None:
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg")
    contract = parser["importlinter:contract:rooms"]["layers"].split("\n")
    wanted = [line.replace("hub.", "") for line in contract if line]
    drawn = section(page("architecture.md"), "## Rooms and arrows")
    rows = [line for line in drawn.splitlines() if line.startswith("| `")]
    assert [row.split("|")[1].replace("`", "").replace(" or ", " | ").strip() for row in rows] == wanted


def excerpts() -> list[tuple[str, str, str]]:
    return [(name, part, text) for each in PAGES for name, part, text in INCLUDED.findall(each.read_text())]


def test_the_plugin_page_shows_the_example() -> None:
    assert len(excerpts()) >= 8
    assert page("writing-a-plugin.md").count("<!-- file:") == len(INCLUDED.findall(page("writing-a-plugin.md")))


@pytest.mark.parametrize(("name", "part", "text"), excerpts(), ids=lambda value: value if len(value) < 60 else "")
def test_an_excerpt_is_the_file_or_the_definition_that_it_names(name: str, part: str, text: str) -> None:
    source = (DOCS / name).read_text()
    assert text == (definition(source, part) if part else source)


def definition(source: str, name: str) -> str:
    """Return a function, class or assignment at the top of a module, with its decorators."""
    lines = source.splitlines(keepends=True)
    for node in ast.parse(source).body:
        named = [target.id for target in getattr(node, "targets", []) if isinstance(target, ast.Name)]
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            named = [node.target.id]
        if name in (*named, getattr(node, "name", "")):
            first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", []))])
            return "".join(lines[first - 1 : node.end_lineno])
    raise AssertionError(f"there is no {name} at the top of the module")


# All pages


@pytest.mark.parametrize("path", PAGES, ids=short)
def test_links_lead_somewhere(path: Path) -> None:
    text = re.sub(r"```.*?```", "", path.read_text(), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in target or target.startswith("mailto:"):
            continue
        file, _, anchor = target.partition("#")
        there = (path.parent / file).resolve() if file else path
        assert there.exists() or there == LEADS, f"{target} leads nowhere"
        assert there.is_relative_to(ROOT)
        assert not anchor or anchor in anchors(there), f"{target} leads to no heading"


def anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", PAGES, ids=short)
def test_a_page_names_no_place_on_a_machine_and_no_package_registry(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"/(?:home|root|Users|work|tmp|private)/\w", text)
    assert not re.search(r"pypi\.org|pythonhosted|npmjs|index-url|ghcr\.io|hub\.docker", text)


@pytest.mark.parametrize("path", PAGES, ids=short)
def test_files_of_the_tree_that_a_page_names_are_there(path: Path) -> None:
    named = re.findall(r"`((?:hub|plugins|tests|scripts|config|migrations|docs)/[\w./-]+)`", path.read_text())
    gone = {name for name in named if not (ROOT / name.rstrip("/")).exists()}
    assert gone - {"docs/benchmarks.md"} == set()


def test_every_page_is_reachable_from_the_readme() -> None:
    seen, waiting = set(), [ROOT / "README.md"]
    while waiting:
        path = waiting.pop()
        if path in seen or path.suffix != ".md" or not path.is_file():
            continue
        seen.add(path)
        links = re.findall(r"\]\(([^)\s#]+)", path.read_text())
        waiting += [(path.parent / link).resolve() for link in links if "://" not in link]
    assert set(PAGES) - seen == set()
