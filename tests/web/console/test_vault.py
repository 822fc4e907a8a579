"""The page of the vault: what it says, what it never says, and who sees it."""

from __future__ import annotations

from collections.abc import Callable

from hub.vault.roots import Root, root_file
from tests.web.conftest import Browser
from tests.world import World


def test_it_tells_of_keys_and_their_ages_and_of_no_key(world: World, signed_in: Callable[[str], Browser]) -> None:
    world.staff()
    page = signed_in("auditor").get("/console/vault").text
    for text in ("The data root", "The credential root", "Keys of businesses", "Keys of connected accounts", "present"):
        assert text in page
    for root in Root:
        secret = root_file(world.hub.settings, root).read_bytes()
        for form in (secret.strip(), secret.hex().encode()):
            assert form.decode(errors="replace") not in page


def test_who_is_limited_or_may_not_audit_does_not_see_it(world: World, signed_in: Callable[[str], Browser]) -> None:
    for who, status in (("owner", 200), ("admin", 200), ("agent", 403), ("viewer", 403), ("ida", 403)):
        assert signed_in(who).get("/console/vault").status_code == status, who
