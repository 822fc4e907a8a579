"""Named points at which a test may kill the process, to see that nothing is lost or done twice.

Only a process that was started with ``HUB_CRASH_AT=point`` (or ``point:3`` for the third time it is passed) dies; in
any other a point costs one look at a constant.
"""

from __future__ import annotations

import os
import signal
from enum import StrEnum


class CrashPoint(StrEnum):
    """Every point. The crash harness has a scenario for each; a house test keeps the two lists equal."""

    HOLD_BEFORE_COMMIT = "hold_before_commit"
    HOLD_AFTER_COMMIT = "hold_after_commit"
    BOOK_BEFORE_COMMIT = "book_before_commit"
    BOOK_AFTER_COMMIT = "book_after_commit"
    MOVE_BEFORE_COMMIT = "move_before_commit"
    MOVE_AFTER_COMMIT = "move_after_commit"
    CANCEL_BEFORE_COMMIT = "cancel_before_commit"
    DISCONNECT_BEFORE_COMMIT = "disconnect_before_commit"
    DISCONNECT_AFTER_COMMIT = "disconnect_after_commit"
    REVOKE_BEFORE_CALL = "revoke_before_call"
    REVOKE_AFTER_CALL = "revoke_after_call"
    REVOKE_BEFORE_COMMIT = "revoke_before_commit"
    REVOKE_AFTER_COMMIT = "revoke_after_commit"
    REFRESH_BEFORE_BEGIN = "refresh_before_begin"
    REFRESH_BEFORE_CALL = "refresh_before_call"
    REFRESH_AFTER_CALL = "refresh_after_call"
    REFRESH_BEFORE_COMMIT = "refresh_before_commit"
    REFRESH_AFTER_COMMIT = "refresh_after_commit"
    LAPSE_BEFORE_COMMIT = "lapse_before_commit"
    LAPSE_AFTER_COMMIT = "lapse_after_commit"
    RELAY_BEFORE_PUSH = "relay_before_push"
    RELAY_AFTER_PUSH = "relay_after_push"
    EFFECT_CLAIMED = "effect_claimed"
    EFFECT_PERFORMED = "effect_performed"
    EVENT_BEFORE_WRITE = "event_before_write"
    EVENT_AFTER_WRITE = "event_after_write"
    EVENT_BEFORE_COMMIT = "event_before_commit"
    WATCH_BEFORE_CALL = "watch_before_call"
    WATCH_AFTER_CALL = "watch_after_call"
    OUTSIDE_BEFORE_COMMIT = "outside_before_commit"
    FOLLOW_BEFORE_COMMIT = "follow_before_commit"
    TROUBLE_BEFORE_COMMIT = "trouble_before_commit"
    MAIL_BEFORE_HANDING = "mail_before_handing"
    MAIL_AFTER_HANDING = "mail_after_handing"
    ROTATE_KEY_MADE = "rotate_key_made"
    ROTATE_PEOPLE_BEFORE_COMMIT = "rotate_people_before_commit"
    ROTATE_PEOPLE_AFTER_COMMIT = "rotate_people_after_commit"
    ROTATE_TEXTS_BEFORE_COMMIT = "rotate_texts_before_commit"
    ROTATE_TEXTS_AFTER_COMMIT = "rotate_texts_after_commit"
    ROTATE_KEY_DESTROYED = "rotate_key_destroyed"
    ROTATE_CONNECTION_BEFORE_COMMIT = "rotate_connection_before_commit"
    ROTATE_CONNECTION_AFTER_COMMIT = "rotate_connection_after_commit"
    ROTATE_VERSION_MADE = "rotate_version_made"
    ROTATE_VERSION_DESTROYED = "rotate_version_destroyed"
    ROTATE_HASHES_BEFORE_COMMIT = "rotate_hashes_before_commit"
    ROTATE_HASHES_AFTER_COMMIT = "rotate_hashes_after_commit"
    ROOT_FILE_MADE = "root_file_made"
    ROOT_NEXT_KNOWN = "root_next_known"
    ROOT_WRAPPED = "root_wrapped"
    ROOT_TAKEN = "root_taken"
    ROOT_OLD_KEPT = "root_old_kept"
    BACKUP_COPIED = "backup_copied"
    BACKUP_IN_PLACE = "backup_in_place"
    RESTORE_SEALED = "restore_sealed"
    RESTORE_COPIED = "restore_copied"
    RESTORE_MOVED = "restore_moved"
    REPLAY_PERSON = "replay_person"
    SEQUENCE_BEFORE_COMMIT = "sequence_before_commit"
    SEQUENCE_AFTER_COMMIT = "sequence_after_commit"
    COLLECT_BEFORE_COMMIT = "collect_before_commit"
    COLLECT_AFTER_COMMIT = "collect_after_commit"


def _armed() -> tuple[str, int]:
    name, _, count = os.environ.get("HUB_CRASH_AT", "").partition(":")
    return name, int(count or 1)


_POINT, _COUNT = _armed()
_passed = iter(range(1, _COUNT + 1))


def crash_point(point: CrashPoint) -> None:
    """Kill this process here, if it was started to die here."""
    if point == _POINT and next(_passed, _COUNT) == _COUNT:
        os.kill(os.getpid(), signal.SIGKILL)
