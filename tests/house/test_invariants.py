"""Where each promise that is built is tried to be broken: a test of one that is renamed or removed stops the build."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

PROMISES = {
    1: "Never two bookings of one holder at one time",
    2: "A booking has one honest state",
    3: "Every outside effect is an outbox row",
    4: "After a disconnect no call starts",
    5: "No key, no start",
    6: "A credential never leaves the broker and `keys`",
    8: "No call without purpose, consent and entry",
    11: "A query names its business",
    12: "Every column says what it holds",
}
"""As docs/architecture.md names them. The numbers between are of parts that are not built yet."""

TRIED: dict[int, tuple[str, ...]] = {
    1: (
        "tests/store/test_claim.py::test_no_order_of_claiming_and_freeing_lets_two_occurrences_overlap",
        "tests/store/test_claim.py::test_the_primary_key_stands_even_where_nobody_asked",
        "tests/store/test_claim.py::test_of_two_who_want_the_same_time_without_any_lock_one_gets_it",
        "tests/actions/test_hold.py::test_the_schema_itself_refuses_a_cell_that_is_taken",
        "tests/actions/test_cancel.py::test_a_hold_that_is_booked_while_the_sweep_runs_is_one_or_the_other",
        "tests/bursts/test_race.py::test_a_burst_books_what_there_is_and_refuses_the_rest",
        "tests/bursts/test_race.py::test_checking_and_then_inserting_double_books_in_the_same_test_bed",
        "tests/crash/test_booking.py::test_a_process_killed_at_any_point_leaves_one_event_and_one_honest_state",
    ),
    2: (
        "tests/actions/test_book.py::test_when_the_check_cannot_be_made_the_booking_is_requested_and_nothing_is_written",
        "tests/actions/test_check.py::test_busy_wins_over_unknown_and_unknown_over_free",
        "tests/actions/test_check.py::test_an_answer_that_makes_no_sense_is_unknown_and_never_free",
        "tests/actions/test_event.py::test_what_is_read_back_decides_and_not_what_was_answered",
        "tests/actions/test_event.py::test_what_was_given_up_becomes_written_when_it_is_tried_again",
        "tests/actions/test_conflicts.py::test_with_two_staff_a_conflict_of_one_is_not_cleared_by_a_look_at_the_other",
        "tests/actions/test_outside_look.py::test_looks_writes_and_changes_at_once_end_in_one_honest_state",
        "tests/actions/test_outside_look.py::test_a_customer_who_cancels_while_a_move_is_followed_is_not_overruled",
        "tests/crash/test_outside.py::test_a_booking_that_follows_its_moved_event_moves_once",
        "tests/crash/test_booking.py::test_a_process_killed_at_any_point_leaves_one_event_and_one_honest_state",
    ),
    3: (
        "tests/actions/test_effects.py::test_an_effect_that_is_performed_twice_happens_once",
        "tests/actions/test_tell.py::test_what_was_rolled_back_is_never_told",
        "tests/store/test_outbox.py::test_a_change_that_is_rolled_back_takes_its_effect_with_it",
        "tests/jobs/test_relay.py::test_what_an_emptied_queue_lost_is_handed_over_again",
        "tests/jobs/test_worker.py::test_a_worker_that_is_killed_leaves_its_row_to_the_next",
        "tests/crash/test_harness.py::test_an_effect_that_can_be_repeated_happens_once_whenever_its_process_dies",
        "tests/crash/test_booking.py::test_a_second_write_of_the_same_event_is_not_a_second_event",
    ),
    4: (
        "tests/vault/test_work.py::test_after_the_end_of_a_connection_no_call_starts",
        "tests/vault/test_work.py::test_a_call_that_waited_after_it_was_let_through_is_looked_at_again",
        "tests/vault/test_refresh.py::test_a_late_answer_cannot_revive_a_disconnected_account_and_is_given_back",
        "tests/actions/test_disconnect.py::test_no_call_starts_after_the_end_however_many_jobs_are_under_way",
        "tests/crash/test_disconnect.py::test_a_disconnect_that_was_killed_after_it_was_written_is_finished_by_the_next_worker",
    ),
    5: (
        "tests/test_app.py::test_a_hub_whose_root_key_is_spoilt_is_not_made_and_nothing_is_made_good_in_silence",
        "tests/test_app.py::test_hub_up_ends_with_one_clear_line_where_a_root_key_is_spoilt",
        "tests/vault/test_cipher.py::test_a_ciphertext_moved_to_another_place_is_refused",
        "tests/vault/test_credentials.py::test_a_credential_swapped_with_another_connections_is_refused",
        "tests/store/test_database.py::test_a_disk_that_is_full_is_said_and_what_was_there_stays",
        "tests/store/test_database.py::test_a_turn_that_cannot_be_taken_is_no_silent_write",
    ),
    6: (
        "tests/vault/test_leaks.py::test_no_error_that_a_plugin_sees_holds_the_credential",
        "tests/vault/test_scrub.py::test_a_token_goes_wherever_it_appears",
        "tests/vault/test_credentials.py::test_the_stored_row_shows_nothing_of_the_grant",
        "tests/actions/test_connect.py::test_a_wrong_password_is_said_and_nothing_is_stored",
        "tests/actions/test_effects.py::test_a_payload_holds_ids_and_states_and_no_word_of_a_customer",
        "tests/test_settings.py::test_a_secret_is_in_no_representation_and_no_dump",
        "tests/canary/test_outputs.py::test_no_secret_of_a_connection_stands_in_anything_that_is_let_out",
        "tests/run/test_demo.py::test_everything_is_shown_step_by_step_and_nothing_is_left",
    ),
    8: (
        "tests/vault/test_work.py::test_what_is_not_declared_agreed_to_or_known_is_not_sent",
        "tests/vault/test_work.py::test_the_provider_sees_as_many_calls_as_the_ledger_counts",
        "tests/vault/test_work.py::test_where_a_use_cannot_be_written_no_call_is_made",
        "tests/actions/test_consent_end.py::test_of_fifty_parallel_jobs_none_begins_after_the_withdrawal",
        "tests/actions/test_ask.py::test_a_foreign_event_is_neither_written_nor_moved_nor_removed_and_nobody_is_called",
        "tests/ledger/test_collect.py::test_each_use_is_in_one_entry_however_many_collect_while_more_come",
        "tests/store/test_ledger.py::test_what_was_written_can_be_neither_changed_nor_deleted",
    ),
    11: (
        "tests/store/test_guard.py::test_a_statement_that_does_not_name_its_business_is_not_sent",
        "tests/store/test_guard.py::test_every_statement_in_the_life_of_a_booking_names_its_business_or_a_reason",
        "tests/store/test_guard.py::test_no_code_of_the_hub_speaks_to_the_database_past_the_check",
        "tests/store/test_booking.py::test_the_booking_of_another_business_is_unknown_in_the_same_words",
        "tests/actions/test_holders.py::test_what_belongs_to_another_business_answers_as_what_is_not_there",
        "tests/actions/test_connect.py::test_the_connection_of_another_business_is_unknown",
    ),
    12: (
        "tests/store/test_annotate.py::test_each_column_of_both_databases_has_a_note",
        "tests/store/test_annotate.py::test_a_column_whose_note_is_missing_or_no_note_stops_the_start",
        "tests/store/test_annotate.py::test_what_identifies_or_reaches_a_person_is_erased_with_them",
        "tests/store/test_schema.py::test_a_table_that_belongs_to_nobody_stops_the_start",
    ),
}
"""For each promise the tests that try to break it."""


@cache
def names_in(file: str) -> frozenset[str]:
    """Return the names of the tests of a file, without running anything."""
    path = ROOT / file
    tree = ast.parse(path.read_text("utf-8")) if path.is_file() else ast.Module([], [])
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize("number", PROMISES)
def test_every_promise_that_is_built_is_tried_by_tests_that_exist_at_more_than_one_place(number: int) -> None:
    nodes = [node.partition("::") for node in TRIED[number]]
    assert len(nodes) >= 4
    assert [f"{file}::{name}" for file, _, name in nodes if name not in names_in(file)] == []
    assert len({file for file, _, _ in nodes}) >= 2


def test_no_promise_is_forgotten_and_each_stands_in_the_documentation() -> None:
    assert TRIED.keys() == PROMISES.keys()
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    assert [sentence for sentence in PROMISES.values() if f"| {sentence} |" not in page] == []


def test_a_test_that_does_not_exist_is_noticed() -> None:
    assert "test_that_is_not_there" not in names_in("tests/store/test_claim.py")
    assert names_in("tests/store/test_nothing.py") == frozenset()
