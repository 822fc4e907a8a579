"""The seeded sets: the same answers as the oracle that the figures of other engines were taken with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hub.core.service import Anchor
from tests.bench.seeded import fingerprint, g5, g15
from tests.bench.slots import control, digest, engine, main

EXPECTED = {
    (30, "single"): (317, "94f76a8bd599231e"),
    (30, "union"): (677, "23c8d89946635f8c"),
    (30, "union3"): (570, "2ba4acdeb9464774"),
    (30, "collective"): (7, "8cfab72cec9e55c4"),
    (30, "pairs"): (6503, "6da002596b2f6f36"),
    (90, "single"): (935, "662202187e2658da"),
    (90, "union"): (2010, "8437dd7313faa9e4"),
    (90, "union3"): (1739, "eee7dd6eab78db3a"),
    (90, "collective"): (25, "4af21800468c7532"),
    (90, "pairs"): (19037, "569d761c30dc4506"),
}
GAPS_OF_G5 = {
    (30, "single"): (378, "489b68126c22ebd8"),
    (30, "union3"): (898, "ffd1573077430c7c"),
    (30, "union"): (1872, "fa40b4b5115e7dd7"),
    (90, "single"): (1100, "558af9fc20fcda60"),
    (90, "union3"): (2686, "1bd7b54b3f0228dc"),
    (90, "union"): (5491, "75a757b1a5262ea3"),
}


def test_the_generator_makes_the_published_sets() -> None:
    assert (fingerprint(g15()), fingerprint(g5())) == ("99a868e675d86f7f", "c168eb4aa1909515")


@pytest.mark.parametrize("anchor", [Anchor.CLOCK, Anchor.GAP])
@pytest.mark.parametrize(("days", "query"), EXPECTED)
def test_every_query_of_g15_has_the_expected_answer_by_either_anchor(days: int, query: str, anchor: Anchor) -> None:
    if anchor is Anchor.GAP and query == "collective":
        anchor = Anchor.CLOCK  # no engine with a gap anchor offers it
    answer = engine(g15(), days, query, anchor)()
    assert (len(answer), digest(answer)) == EXPECTED[days, query]


@pytest.mark.parametrize(("days", "query"), GAPS_OF_G5)
def test_gap_anchored_queries_of_g5_have_the_expected_answer(days: int, query: str) -> None:
    answer = engine(g5(), days, query, Anchor.GAP)()
    assert (len(answer), digest(answer)) == GAPS_OF_G5[days, query]


@pytest.mark.parametrize("query", ["single", "union", "union3", "collective", "pairs"])
@pytest.mark.parametrize(
    ("zone", "step"), [("America/New_York", 20), ("Australia/Lord_Howe", 25), ("Asia/Kathmandu", 60)]
)
def test_engine_and_sweep_agree_on_other_data(zone: str, step: int, query: str) -> None:
    data = g5() | {"tz": zone, "step": step, "duration": 45, "notice": 1441}
    assert engine(data, 30, query)() == control(data, 30, query)()


def test_the_bench_prints_a_row_a_query_and_succeeds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "data.json"
    file.write_text(json.dumps(g15()))
    assert main([str(file), "--rounds", "1"]) == 0
    printed = capsys.readouterr().out
    assert all(f"{count:>6} {sha}" in printed for count, sha in EXPECTED.values())
