"""The businesses of the store's tests."""

from __future__ import annotations

from tests.store.conftest import rows as rows
