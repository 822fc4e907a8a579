from __future__ import annotations

import pytest

from hub.core.role import API_RIGHTS, RIGHTS, Right, Role


def test_an_owner_may_do_everything_and_an_admin_all_but_own() -> None:
    assert Role.OWNER.rights == frozenset(Right)
    assert Role.ADMIN.rights == frozenset(Right) - {Right.OWN}


def test_every_role_has_its_rights_and_each_may_look() -> None:
    assert set(RIGHTS) == set(Role)
    assert all(Right.VIEW in role.rights for role in Role)


@pytest.mark.parametrize("right", [Right.MANAGE_USERS, Right.MANAGE_KEYS, Right.OPERATE, Right.AUDIT, Right.OWN])
def test_no_key_has_a_right_over_the_installation(right: Right) -> None:
    assert right not in API_RIGHTS


def test_only_owners_make_owners() -> None:
    assert Role.OWNER.may_manage(Role.OWNER)
    assert Role.ADMIN.may_manage(Role.ADMIN)
    assert not Role.ADMIN.may_manage(Role.OWNER)
    assert not any(role.may_manage(Role.VIEWER) for role in (Role.AGENT, Role.VIEWER, Role.AUDITOR))
