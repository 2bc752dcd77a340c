"""`chatsim exec`: a command with a simulator of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest
from process import END_S, environment, run

PYTHON: Final = sys.executable
QUIET: Final[dict[str, Any]] = {
    "stdin": subprocess.DEVNULL,
    "stdout": subprocess.PIPE,
    "stderr": subprocess.DEVNULL,
}
ASK: Final = (
    "import os, urllib.request as r;"
    "print(r.build_opener(r.ProxyHandler({})).open(os.environ['CHATSIM_URL'] + '/_sim/livez').status)"
)


def test_the_command_finds_its_simulator() -> None:
    """By the variables that `…/env` gives too."""
    done = run("exec", "--", PYTHON, "-c", f"{ASK}; print(sorted(n for n in os.environ if n.startswith('CHATSIM_')))")
    assert done.stdout == "200\n['CHATSIM_URL', 'CHATSIM_WORLD']\n"
    assert (done.returncode, done.stderr) == (0, "")


def test_variables_of_the_apis_name_that_simulator() -> None:
    """Code under test needs nothing else."""
    code = "import os; e = os.environ; print(e['KEYCLOAK_URL'] == e['CHATSIM_URL'] + '/auth', e['WEAVY_APIKEY'])"
    assert run("exec", "--", PYTHON, "-c", code).stdout == "True wys_simulator\n"


def test_options_of_serve_are_taken() -> None:
    """A control token too: the command gets it."""
    code = "import os; print(os.environ['CHATSIM_CONTROL_TOKEN'], os.environ['CHATSIM_URL'][:8])"
    done = run("exec", "--control-token", "let-me-in", "--log-format", "json", "--", PYTHON, "-c", code)
    assert (done.stdout, done.returncode) == ("let-me-in http://l\n", 0)


@pytest.mark.parametrize("code", [1, 7, 255])
def test_the_exit_code_is_the_command_s(code: int) -> None:
    """Whatever it is."""
    assert run("exec", "--", PYTHON, "-c", f"raise SystemExit({code})").returncode == code


def test_what_was_refused_is_shown_where_the_command_fails() -> None:
    """It often says why."""
    code = f"{ASK.replace('/_sim/livez', '/nowhere')}"
    done = run("exec", "--", PYTHON, "-c", code)
    assert done.returncode == 1
    assert "what the simulator said:\n" in done.stderr
    assert "GET /nowhere 404" in done.stderr


def test_a_log_file_holds_all_of_it(tmp_path: Path) -> None:
    """Also where everything went well."""
    log = tmp_path / "sim.log"
    assert run("exec", "--log-file", str(log), "--", PYTHON, "-c", ASK).returncode == 0
    assert log.read_text().startswith("CHATSIM_URL=http://")
    assert log.read_text().endswith("stopped\n")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["exec"], 2, "say what to run behind --"),
        (["exec", "--"], 2, "say what to run behind --"),
        (["exec", "--seeed", "x", "--", "true"], 2, "No such option"),
        (["exec", "--port", "1", "--", "true"], 2, "leave --port out"),
        (["exec", "--seeed", "x", "--", "true"], 2, "Usage: python -m chatsim exec ["),
        (["exec", "--set", "no.such=1", "--", "true"], 2, "no.such"),
        (["exec", "--fixture", "/no/such", "--", "true"], 2, "/no/such"),
        (["exec", "--host", "0.0.0.0", "--", "true"], 2, "--control-token"),
        (["exec", "--", "/no/such/program"], 3, "/no/such/program cannot be run"),
        (["exec", "--log-file", "/no/such/folder/x", "--", "true"], 3, "cannot be written"),
    ],
)
def test_what_cannot_be_run(arguments: list[str], code: int, words: str) -> None:
    """2 for a wrong call, 3 for everything else, and words that say why."""
    done = run(*arguments)
    assert (done.returncode, words in done.stderr) == (code, True), done.stderr


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGUSR1])
def test_signals_are_passed_on(number: signal.Signals) -> None:
    """The command decides what they mean; its code is the answer."""
    code = (
        "import signal, sys\n"
        f"signal.signal({int(number)}, lambda *_: sys.exit(42))\n"
        "print('ready', flush=True)\nwhile True: signal.pause()"
    )
    with _running(code) as running:
        running.send_signal(number)
        assert running.wait(END_S) == 42


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
def test_a_command_that_a_signal_ended() -> None:
    """128 and the number, as shells say it."""
    with _running("import signal\nprint('ready', flush=True)\nsignal.pause()") as running:
        running.send_signal(signal.SIGTERM)
        assert running.wait(END_S) == 128 + signal.SIGTERM


SLOW: Final = """
import os, signal, subprocess
begin = subprocess.Popen
def popen(arguments, **options):
    started = begin(arguments, **options)
    print(started.pid, flush=True)
    {behind}
    return started
subprocess.Popen = popen
import chatsim.cli
chatsim.cli.main(["exec", "--", "sleep", "60"])
"""
"""An exec that says which process is its simulator."""


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1])
def test_a_signal_before_the_command_runs(number: signal.Signals) -> None:
    """Ends the simulator that is being started too, and 128 and the number is the code."""
    with subprocess.Popen([PYTHON, "-c", SLOW.format(behind="")], env=environment(), **QUIET) as starting:
        assert starting.stdout is not None
        simulator = int(starting.stdout.readline())
        starting.send_signal(number)
        assert starting.wait(END_S) == 128 + number
    with pytest.raises(ProcessLookupError):
        os.kill(simulator, 0)


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
def test_a_signal_while_the_simulator_is_begun() -> None:
    """Waits until it can be ended."""
    code = SLOW.format(behind="os.kill(os.getpid(), signal.SIGTERM)")
    with subprocess.Popen([PYTHON, "-c", code], env=environment(), **QUIET) as starting:
        assert starting.stdout is not None
        simulator = int(starting.stdout.readline())
        assert starting.wait(END_S) == 128 + signal.SIGTERM
    with pytest.raises(ProcessLookupError):
        os.kill(simulator, 0)


def _running(code: str) -> subprocess.Popen[bytes]:
    """An exec whose command says that it is ready."""
    running = subprocess.Popen(
        [PYTHON, "-m", "chatsim", "exec", "--", PYTHON, "-c", code],
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert running.stdout is not None
    assert running.stdout.readline() == b"ready\n"
    return running
