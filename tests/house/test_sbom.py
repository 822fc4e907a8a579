"""The list of parts is the lock, with its hashes, in a form that scanners read."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_list_of_parts_names_every_package_of_the_lock_with_its_hashes() -> None:
    ended = subprocess.run(
        [ROOT / "scripts" / "sbom"],
        env={"PYTHON": sys.executable, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        timeout=60,
    )
    assert ended.returncode == 0, ended.stderr
    said = json.loads(ended.stdout)
    assert (said["bomFormat"], said["specVersion"]) == ("CycloneDX", "1.6")
    lock = (ROOT / "config" / "requirements.lock").read_text()
    assert {f"{one['name']}=={one['version']}" for one in said["components"]} == set(
        re.findall(r"^([^\s;\\]+)", lock, re.MULTILINE)
    ) - {""}
    assert len({one["bom-ref"] for one in said["components"]}) == len(said["components"])
    assert sum(len(one["hashes"]) for one in said["components"]) == lock.count("--hash=sha256:")
    assert str(ROOT) not in ended.stdout.decode()
