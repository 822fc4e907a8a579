"""`hub doctor`: what is wrong with an installation, and how to mend it. Looks only; makes and changes nothing."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing

from hub.core.errors import HubError, InputError
from hub.run import doctor_data, doctor_faults, doctor_machine, doctor_settings, doctor_vault, doctor_web, doctor_work
from hub.run.finding import Finding, Level, bad
from hub.run.patient import Patient
from hub.settings import load_settings

Check = Callable[[Patient], Iterator[Finding]]

CHECKS: Mapping[str, Check] = {
    "settings": doctor_settings.check_settings,
    "address": doctor_settings.check_address,
    "tls": doctor_web.check_tls,
    "port": doctor_machine.check_port,
    "served": doctor_web.check_served,
    "folder": doctor_machine.check_folder,
    "space": doctor_machine.check_space,
    "database": doctor_data.check_database,
    "ledger": doctor_data.check_ledger,
    "time": doctor_data.check_time,
    "keys": doctor_data.check_roots,
    "key store": doctor_data.check_keystore,
    "queue": doctor_work.check_queue,
    "broker": doctor_work.check_broker,
    "clock": doctor_work.check_clock,
    "outbox": doctor_work.check_outbox,
    "users": doctor_work.check_users,
    "second step": doctor_work.check_second_step,
    "plugins": doctor_work.check_plugins,
    "connections": doctor_work.check_connections,
    "calendars": doctor_work.check_calendars,
    "mail": doctor_work.check_mail,
    "vault": doctor_vault.check_vault,
    "rotation": doctor_vault.check_rotation,
    "leaks": doctor_vault.check_leaks,
    "backups": doctor_vault.check_backups,
    "python": doctor_machine.check_python,
    "packages": doctor_machine.check_packages,
    "faults": doctor_faults.check_faults,
    "zones": doctor_machine.check_zones,
}
"""Every part that is looked at, in the order in which it is told."""


def examine(environ: Mapping[str, str]) -> list[Finding]:
    """Return the findings of every part. What breaks a check is itself a finding, and the next check goes on."""
    problem = ""
    try:
        settings = load_settings(environ)
    except InputError as error:
        problem = error.message
    if problem:  # without settings only the machine can be looked at
        return [bad("settings", problem, "Mend that setting; docs/settings.md lists them all.")]
    with closing(Patient(settings, environ)) as patient:
        return [finding for part, check in CHECKS.items() for finding in _safely(part, check, patient)]


def is_well(findings: list[Finding]) -> bool:
    """Tell whether nothing is broken."""
    return not any(one.level is Level.BAD for one in findings)


def _safely(part: str, check: Check, patient: Patient) -> list[Finding]:
    found: list[Finding] = []
    try:
        found.extend(check(patient))
    except HubError as error:
        found.append(bad(part, error.message, "Mend that, then look again."))
    except Exception as error:  # its message may hold an address with its password
        place = traceback.extract_tb(error.__traceback__)[-1]
        what = f"This could not be looked at: {type(error).__name__} at {place.name}, line {place.lineno}."
        found.append(bad(part, what, "Mend what else is found here first, then look again."))
    return found
