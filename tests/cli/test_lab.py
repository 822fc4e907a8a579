"""`hub lab`: it says where everything is and how a hub uses it, and ends when it is told to."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner

from hub.cli.lab import command
from hub.core.errors import InputError


def test_it_runs_until_it_is_told_to_stop(tmp_path: Path) -> None:
    environ = {"PATH": os.environ["PATH"], "HUB_DATA_DIR": str(tmp_path / "data"), "PYTHONUNBUFFERED": "1"}
    line = [sys.executable, "-m", "hub.cli", "lab", "google"]
    with subprocess.Popen(line, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        said = [process.stdout.readline()]
        while "provider set" not in said[-1]:
            assert process.poll() is None, said
            said.append(process.stdout.readline())
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert not (tmp_path / "data").exists()  # a first start of the hub still finds nothing there, and makes its demo
    text = "".join(said)
    kept = json.loads((tmp_path / "data-lab" / "lab.json").read_text())
    assert f"The lab is ready: http://127.0.0.1:{kept['page']}/" in text
    assert f"echo {kept['client_secret']} | hub provider set google client_id={kept['client_id']}" in text
    assert "HUB_EGRESS_ALLOW=" in text


def test_a_name_that_is_none_is_said(tmp_path: Path) -> None:
    result = CliRunner().invoke(command, ["yahoo", "--folder", str(tmp_path / "lab")])
    assert isinstance(result.exception, InputError)
    assert "google" in result.exception.message
