"""Settings: from files and environment, the later one wins, and what is wrong is said before anything starts."""

from __future__ import annotations

import pickle
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from redis.connection import parse_url
from sqlalchemy import literal, select

from hub.core.errors import InputError
from hub.settings import Settings, load_settings
from hub.store.database import open_database

ROOT = Path(__file__).parents[1]
SECRET = "postgresql://ada:hunter2@db.example/hub"
SECRETS = ("database_url", "keystore_url", "queue_url")


@pytest.fixture
def config(tmp_path: Path) -> Callable[[str], dict[str, str]]:
    """Write a file of settings, and return the environment that names it."""

    def write(text: str) -> dict[str, str]:
        (tmp_path / "hub.toml").write_text(text, "utf-8")
        return {"HUB_CONFIG": str(tmp_path / "hub.toml")}

    return write


def refused(environ: dict[str, str], **given: Any) -> InputError:
    with pytest.raises(InputError) as caught:
        load_settings(environ, **given)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return caught.value


# Where values come from


def test_without_anything_the_defaults_hold() -> None:
    settings = load_settings({})
    assert (settings.web_host, settings.web_port, settings.workers) == ("127.0.0.1", 8765, 1)
    assert settings.data_dir == Path("data")
    assert settings.queue_is_embedded


def test_the_file_of_defaults_says_what_the_code_says() -> None:
    """A wheel comes without the file: it must behave the same."""
    table = tomllib.loads((ROOT / "config" / "default.toml").read_text("utf-8"))
    assert table
    assert table == {name: Settings.model_fields[name].default for name in table}


def test_a_file_wins_over_the_defaults_and_the_environment_over_the_file(config: Callable[..., dict[str, str]]) -> None:
    environ = config('workers = 3\nweb_port = 1\negress_allow = ["http://127.0.0.1:5232"]\n')
    environ["HUB_WEB_PORT"] = "2"
    settings = load_settings(environ)
    assert (settings.workers, settings.web_port) == (3, 2)
    assert settings.egress_allow == ("http://127.0.0.1:5232",)
    assert load_settings(environ, web_port=4).web_port == 4


def test_an_empty_variable_is_as_good_as_none(config: Callable[..., dict[str, str]]) -> None:
    """docker-compose hands on variables that nobody set as empty ones."""
    environ = config("workers = 3\n") | {"HUB_WORKERS": "", "HUB_DATABASE_URL": "", "HUB_DATABASE_URL_FILE": ""}
    settings = load_settings(environ)
    assert settings.workers == 3
    assert settings.database.startswith("sqlite:///")


def test_the_environment_of_the_process_is_read_only_when_none_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_WORKERS", "5")
    assert load_settings().workers == 5
    assert load_settings({}).workers == 1


def test_only_names_with_the_prefix_count() -> None:
    assert load_settings({"WORKERS": "5", "hub_workers": "5"}).workers == 1


@pytest.mark.parametrize(
    ("given", "expected"),
    [("a", ("a",)), ("a, b ,,c", ("a", "b", "c")), (" , ", ())],
)
def test_a_list_in_the_environment_is_separated_by_commas(given: str, expected: tuple[str, ...]) -> None:
    settings = load_settings({"HUB_PLUGINS_OFF": given, "HUB_TRUSTED_HOSTS": given, "HUB_BROKER_USERS": given})
    assert settings.plugins_off == settings.trusted_hosts == settings.broker_users == expected


def test_the_level_of_the_log_may_be_written_small() -> None:
    assert load_settings({"HUB_LOG_LEVEL": "warning"}).log_level == "WARNING"


# Secrets


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_may_stand_in_a_file_of_its_own(name: str, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    settings = load_settings({f"HUB_{name.upper()}_FILE": str(tmp_path / "secret")})
    assert getattr(settings, name).get_secret_value() == SECRET


def test_a_secret_in_the_environment_wins_over_its_file(tmp_path: Path) -> None:
    environ = {"HUB_DATABASE_URL": SECRET, "HUB_DATABASE_URL_FILE": str(tmp_path / "missing")}
    assert load_settings(environ).database == SECRET


def test_a_secret_in_a_file_wins_over_the_file_of_settings(
    config: Callable[..., dict[str, str]], tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text(SECRET)
    environ = config('database_url = "postgresql://old/hub"\n')
    assert load_settings(environ | {"HUB_DATABASE_URL_FILE": str(tmp_path / "secret")}).database == SECRET


def test_a_file_of_a_secret_that_is_missing_empty_or_no_text_is_named(tmp_path: Path) -> None:
    """Taken for unset, the hub would start on an embedded database, and everything would seem to be gone."""
    name = "HUB_DATABASE_URL_FILE"
    (tmp_path / "empty").write_text(" \n")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    for file, problem in (
        ("missing", "No such file"),
        ("", "Is a directory"),
        ("empty", "is empty"),
        ("binary", "no text in UTF-8"),
    ):
        error = refused({name: str(tmp_path / file)})
        assert error.field == name
        assert problem in error.message


def test_a_secret_is_in_no_representation_and_no_dump() -> None:
    settings = load_settings({}, **dict.fromkeys(SECRETS, SECRET))
    for text in (repr(settings), str(settings), str(settings.model_dump()), settings.model_dump_json()):
        assert "hunter2" not in text


def test_a_secret_is_in_no_error(config: Callable[..., dict[str, str]]) -> None:
    for environ in ({"HUB_DATABASE_URL": SECRET, "HUB_WORKERS": "x"}, config(f'database_url = ["{SECRET}"]\n')):
        assert "hunter2" not in refused(environ).message


# What is refused


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("web_port", "65536", "less than or equal to 65535"),
        ("web_port", "-1", "greater than or equal to 0"),
        ("web_port", "eighty", "valid integer"),
        ("workers", "0", "greater than or equal to 1"),
        ("egress_timeout", "0", "greater than 0"),
        ("egress_timeout", "nan", "less than or equal to 120"),
        ("egress_max_bytes", "9999", "greater than or equal to 10000"),
        ("calendar_max_age", "29", "greater than or equal to 30"),
        ("refresh_budget", "31", "less than or equal to 30"),
        ("hold_seconds", "3601", "less than or equal to 3600"),
        ("trace_hooks", "perhaps", "valid boolean"),
        ("egress_allow", '["smtp://127.0.0.1:1025"]', "must be origins, scheme://host[:port] without a path"),
        ("egress_allow", "https://dav.example.com/ada", "must be origins, scheme://host[:port] without a path"),
        ("log_level", "LOUD", "must be DEBUG, INFO, WARNING or ERROR"),
    ],
)
def test_a_wrong_value_is_refused_with_its_name_its_rule_and_where_to_change_it(
    name: str, value: str, rule: str
) -> None:
    error = refused({f"HUB_{name.upper()}": value})
    assert error.field == f"setting {name}"
    assert rule in error.message
    assert f"set HUB_{name.upper()} or '{name}' in the file named by HUB_CONFIG" in error.message


def test_a_setting_that_does_not_exist_is_refused_and_not_taken_for_another(
    config: Callable[..., dict[str, str]],
) -> None:
    error = refused(config("web_prot = 8080\n"))
    assert error.message == "setting web_prot: there is no such setting; docs/settings.md lists them all."
    assert refused({}, web_prot=1).field == "setting web_prot"


def test_a_file_of_settings_that_is_missing_broken_or_no_text_is_named(
    config: Callable[..., dict[str, str]], tmp_path: Path
) -> None:
    assert "no file" in refused({"HUB_CONFIG": str(tmp_path / "missing.toml")}).message
    assert "no file" in refused({"HUB_CONFIG": str(tmp_path)}).message
    assert "line 2" in refused(config("workers = 1\nworkers 2\n")).message
    (tmp_path / "hub.toml").write_bytes(b"\xff\xfe")
    error = refused({"HUB_CONFIG": str(tmp_path / "hub.toml")})
    assert error.field == "HUB_CONFIG"
    assert "no text in UTF-8" in error.message


def test_settings_do_not_change_after_the_start() -> None:
    settings = load_settings({})
    with pytest.raises(ValidationError, match="frozen"):
        settings.workers = 2  # type: ignore[misc]


# What follows from them


def test_everything_that_is_embedded_lives_in_the_data_folder(tmp_path: Path) -> None:
    settings = load_settings({}, data_dir=tmp_path)
    assert settings.database == f"sqlite:///{tmp_path}/hub.sqlite"
    assert settings.keystore == f"sqlite:///{tmp_path}/keystore.sqlite"
    assert settings.queue == f"unix://{tmp_path}/valkey.sock"
    assert settings.credential_root_file == tmp_path / "keys" / "credential.root"
    assert settings.data_root_file == tmp_path / "keys" / "data.root"


def test_a_relative_data_folder_means_the_same_wherever_a_process_goes_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_settings({}).database == f"sqlite:///{tmp_path}/data/hub.sqlite"


def test_what_is_named_is_used_as_it_is(tmp_path: Path) -> None:
    settings = load_settings({}, database_url=SECRET, queue_url="redis://q", credential_root=tmp_path / "root")
    assert (settings.database, settings.queue, settings.credential_root_file) == (
        SECRET,
        "redis://q",
        tmp_path / "root",
    )
    assert not settings.queue_is_embedded


def test_the_path_of_a_socket_is_short_enough_whatever_the_data_folder(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 120)
    sockets = {load_settings({}, data_dir=folder).socket_path("x.sock") for folder in (deep, deep / "e", deep)}
    assert len(sockets) == 2
    assert all(len(str(socket)) <= 107 for socket in sockets)


@pytest.mark.parametrize("name", ["a b", "a?b", "a#b", "a%20b", "ä"])
def test_a_folder_with_signs_that_mean_something_in_an_address_is_the_one_that_is_used(
    name: str, tmp_path: Path
) -> None:
    settings = load_settings({}, data_dir=tmp_path / name)
    for address, file in ((settings.database, "hub.sqlite"), (settings.keystore, "keystore.sqlite")):
        database = open_database(address)
        with database.reading() as conn:
            conn.execute(select(literal(1)))
        database.close()
        assert (tmp_path / name / file).is_file()
    assert parse_url(settings.queue)["path"] == str(tmp_path / name / "valkey.sock")


def test_settings_can_be_handed_to_another_process() -> None:
    settings = load_settings({}, database_url=SECRET)
    again = pickle.loads(pickle.dumps(settings))
    assert (again, again.database) == (settings, SECRET)
