"""Settings in the console: the agency is renamed by version, and no secret is shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from hub.actions.agency import change_agency, get_agency
from hub.core.security import OPERATOR
from hub.settings import Settings, load_settings
from hub.web.console.settings import setting_rows
from tests.tables import nothing_changed
from tests.web.conftest import Browser, looked_at
from tests.world import World

SignedIn = Callable[[str], Browser]
SEEN = ("console_session", "security_event")


def test_every_setting_is_shown_with_its_help_and_no_secret(signed_in: SignedIn) -> None:
    page = signed_in("owner").get("/console/settings").text
    for name in Settings.model_fields:
        assert f"HUB_{name.upper()}" in page
    given = load_settings({}, metrics_token="very secret", data_dir=Path("data"), proxies=1)
    rows = {one.name: one for one in setting_rows(given)}
    assert (rows["HUB_METRICS_TOKEN"].value, rows["HUB_DATABASE_URL"].value) == ("set", "not set")
    assert not any("very secret" in one.value for one in rows.values())
    assert (rows["HUB_PROXIES"].chosen, rows["HUB_WORKERS"].chosen) == (True, False)


def test_owners_without_a_second_step_are_named(signed_in: SignedIn) -> None:
    page = signed_in("owner").get("/console/settings").text
    assert "Without a second step: Ada." in page
    assert "HUB_PUBLIC_URL is not set" in page


def test_the_agency_is_renamed_and_who_saves_second_sees_both(world: World, signed_in: SignedIn) -> None:
    ada = signed_in("owner")
    ada.get("/console/agency")
    seen = looked_at(ada)
    assert ada.post("/console/agency", {**seen, "name": "North Star", "zone": "Europe/Berlin"}).status_code == 303
    assert get_agency(world.hub).name == "North Star"
    change_agency(world.hub, OPERATOR, version=get_agency(world.hub).version, name="West Star", zone="UTC")
    answer = ada.post("/console/agency", {**seen, "name": "South Star", "zone": "Europe/Berlin"})
    assert answer.status_code == 422
    assert "West Star" in answer.text
    assert "South Star" in answer.text
    assert get_agency(world.hub).name == "West Star"


def test_a_field_of_another_kind_and_a_bad_name_change_nothing(world: World, signed_in: SignedIn) -> None:
    ada = signed_in("owner")
    with nothing_changed(world.hub, but=SEEN):
        for more in ({"id": "x"}, {"name": "see http://evil.example"}, {"zone": "Mars/Base"}):
            ada.get("/console/agency")
            given = {**looked_at(ada), "name": "A", "zone": "UTC", **more}
            assert ada.post("/console/agency", given).status_code == 422


def test_who_is_limited_to_some_businesses_sees_nothing_of_the_installation(signed_in: SignedIn) -> None:
    ida = signed_in("ida")
    for path in ("/console/settings", "/console/agency", "/console/agency-mails"):
        assert ida.get(path).status_code == 403
    assert "/console/settings" not in ida.get("/console/plugins").text
