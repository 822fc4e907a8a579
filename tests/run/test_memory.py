"""Tried on processes that die or are looked into. Each has its counterpart: it shows that this machine would tell."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="prctl and /proc are of Linux")

DIES = """
import os, resource, sys
from hub.run.memory import close_memory
_, most = resource.getrlimit(resource.RLIMIT_CORE)
resource.setrlimit(resource.RLIMIT_CORE, (most, most))
child = os.fork()
if not child:
    if sys.argv[1] == "closed":
        close_memory()
    os.kill(os.getpid(), int(sys.argv[2]))
print("core" if os.WCOREDUMP(os.waitpid(child, 0)[1]) else "no core")
for name in os.listdir():
    os.unlink(name)
"""

IS_LOOKED_INTO = """
import ctypes, os, sys
from hub.run.memory import close_memory
canary = os.urandom(32)
if os.geteuid() == 0:  # root reads everything
    os.setgroups([])
    os.setresgid(65534, 65534, 65534)
    os.setresuid(65534, 65534, 65534)
ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)  # as it is after an exec; a change of the user shuts it
(ready, tell), (wait, go) = os.pipe(), os.pipe()
child = os.fork()
if not child:
    os.close(go)
    if sys.argv[1] == "closed":
        close_memory()
    os.write(tell, b".")
    os.read(wait, 1)
    os._exit(0)
os.read(ready, 1)
try:
    memory = os.open(f"/proc/{child}/mem", os.O_RDONLY)
    print("read" if canary in os.pread(memory, 128, id(canary)) else "something else")
except PermissionError:
    print("refused")
"""

COMMAND = """
import ctypes, resource, sys
from hub.cli.main import main
sys.argv = ["hub", "--version"]
try:
    main()
except SystemExit:
    print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), resource.getrlimit(resource.RLIMIT_CORE))
"""


def said(script: str, *arguments: str, folder: Path) -> str:
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", script, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env={"PYTHONPATH": str(root)}, cwd=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]


@pytest.mark.parametrize("signal", [6, 11], ids=["SIGABRT", "SIGSEGV"])
def test_a_process_that_dies_leaves_no_core(tmp_path: Path, signal: int) -> None:
    if said(DIES, "open", str(signal), folder=tmp_path) == "no core":
        pytest.skip("this machine writes no cores anyway")
    assert said(DIES, "closed", str(signal), folder=tmp_path) == "no core"


def test_no_program_of_the_same_user_reads_its_memory(tmp_path: Path) -> None:
    if said(IS_LOOKED_INTO, "open", folder=tmp_path) != "read":
        pytest.skip("this machine lets no program read another's memory")
    assert said(IS_LOOKED_INTO, "closed", folder=tmp_path) == "refused"


def test_every_command_of_the_hub_begins_with_it(tmp_path: Path) -> None:
    assert said(COMMAND, folder=tmp_path) == "0 (0, 0)"
