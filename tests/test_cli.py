"""The command as a person types it: what it prints, how it is configured, how it ends."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.error import HTTPError
from urllib.request import HTTPSHandler, ProxyHandler, Request, build_opener

import pytest
from process import Process, environment, run, started

from chatsim import __version__

DIRECT: Final = build_opener(ProxyHandler({}))


def ask(url: str, body: bytes | None = None, **headers: str) -> tuple[int, Any]:
    """Status and JSON of an answer."""
    try:
        with DIRECT.open(Request(url, data=body, headers=headers), timeout=10) as answer:  # noqa: S310 - loopback
            return answer.status, json.load(answer)
    except HTTPError as refused:
        with refused:
            return refused.code, json.load(refused)


def token_form(secret: str = "s") -> bytes:
    """A client-credentials request."""
    return f"grant_type=client_credentials&client_id=c&client_secret={secret}".encode()


TOKEN: Final = "/auth/realms/woven/protocol/openid-connect/token"


def test_start_tells_a_person_where_to_call_and_ends_with_0() -> None:
    """Each API with its path, a curl line, and after SIGTERM a clean end."""
    with started() as simulator:
        assert ask(f"{simulator.url}/_sim/livez") == (200, {"status": "ok", "version": __version__})
        assert simulator.stop() == 0
    assert simulator.output.startswith(f"chatsim {__version__} on {simulator.url}\n")
    assert "/mini-app-runtime" in simulator.output
    assert f"curl {simulator.url}/auth/realms/woven" in simulator.output
    assert simulator.output.endswith("stopped\n")
    assert simulator.errors == ""


def test_both_loopback_addresses_answer_on_one_port() -> None:
    """`localhost` is ::1 first on many machines."""
    with started() as simulator:
        hosts = ["127.0.0.1", "[::1]"] if has_ipv6() else ["127.0.0.1"]
        assert [ask(f"http://{host}:{simulator.port}/_sim/livez")[0] for host in hosts] == [200] * len(hosts)


def test_refused_requests_are_listed_and_others_are_not() -> None:
    """One line with status, first violation and entry number."""
    with started() as simulator:
        assert ask(simulator.url + TOKEN, token_form())[0] == 200
        assert ask(simulator.url + TOKEN, token_form("wrong"))[0] == 401
        simulator.stop()
    lines = [line.split(" ", 1)[1] for line in simulator.output.splitlines() if " POST /" in line]
    assert len(lines) == 1
    assert lines[0].startswith(f"#2 POST {TOKEN} 401 ")


def test_verbose_lists_all() -> None:
    """Also what went well."""
    with started("-v") as simulator:
        ask(simulator.url + TOKEN, token_form())
        simulator.stop()
    assert f"#1 POST {TOKEN} 200\n" in simulator.output


def test_json_log_is_one_object_per_line() -> None:
    """From the start to the end."""
    with started("--log-format", "json") as simulator:
        ask(simulator.url + TOKEN, token_form("a"))
        ask(simulator.url + TOKEN, token_form("b"))
        simulator.stop()
    events = [json.loads(line) for line in (simulator.first + simulator.output).splitlines()]
    assert [one["event"] for one in events] == ["started", "entry", "stopped"]
    assert (events[1]["entry"], events[1]["status"], events[1]["reason"] != "") == (2, 401, True)


def test_flag_beats_environment_beats_file(tmp_path: Path) -> None:
    """For options and for settings."""
    file = tmp_path / "chatsim.toml"
    file.write_text('accounts = "listed"\nseed = "of the file"\n[keycloak]\naccess_token_lifespan_s = 11\n')
    env = environment(CHATSIM_ACCOUNTS="open", CHATSIM_KEYCLOAK__ACCESS_TOKEN_LIFESPAN_S="22")
    with started("--config", str(file), env=env) as by_environment:
        assert ask(by_environment.url + TOKEN, token_form())[1]["expires_in"] == 22
    with started("--config", str(file), "--set", "keycloak.access_token_lifespan_s=33", env=env) as by_flag:
        assert ask(by_flag.url + TOKEN, token_form())[1]["expires_in"] == 33
    with started("--config", str(file)) as by_file:
        assert ask(by_file.url + TOKEN, token_form())[0] == 404


def test_options_have_one_name_everywhere(tmp_path: Path) -> None:
    """`--allow-host` is `CHATSIM_ALLOW_HOST` in the environment, and `allow-host` in the file of `CHATSIM_CONFIG`."""
    file = tmp_path / "chatsim.toml"
    file.write_text('allow-host = ["sim.example"]\n')
    for variables in ({"CHATSIM_ALLOW_HOST": "sim.example"}, {"CHATSIM_CONFIG": str(file)}):
        with started(env=environment(**variables)) as server:
            assert ask(f"{server.url}/_sim/worlds", Host="sim.example")[0] == 200, variables


@pytest.mark.parametrize(
    ("arguments", "env", "said"),
    [
        (["--set", "woven.nothing=1"], {}, "there is no setting 'woven.nothing'; there are: "),
        (["--set", "keycloak"], {}, "--set wants NAME=VALUE"),
        (["--set", "keycloak.access_token_lifespan_s=soon"], {}, "keycloak.access_token_lifespan_s wants int"),
        ([], {"CHATSIM_WOVEN__NOTHING": "1"}, "CHATSIM_WOVEN__NOTHING names no setting"),
        ([], {"CHATSIM_CONTROL": "shut"}, "CHATSIM_CONTROL is unset or 'open'"),
        (["--fixture", "nowhere.yaml"], {}, "nowhere.yaml"),
        (["--public-url", "chat.example"], {}, "--public-url is an address such as"),
        (["--allow-origin", "garbage"], {}, "--allow-origin is what a browser sends, such as"),
        (["--allow-origin", "https://app.example/"], {}, "--allow-origin is what a browser sends, such as"),
        ([], {"CHATSIM_CONTROL_TOKEN": "s3cret\r"}, "the control token holds a line end"),
        (["--read-timeout", "nan"], {}, "'nan' is no finite number"),
        (["--world-ports", "9-8"], {}, "--world-ports is a range such as 8100-8199"),
        (["--port", "9", "--world-ports", "9-9"], {}, "--world-ports leaves no port to worlds"),
        (["--world-domain", "sim localhost"], {}, "--world-domain is a host name such as sim.localhost"),
        (["--world-domain", ".localhost"], {}, "--world-domain is a host name such as sim.localhost"),
        (["--set", "weavy.api_keys=[1]"], {}, "weavy.api_keys wants a list of texts"),
        (["--set", "weavy.api_keys=[1e400]"], {}, "weavy.api_keys"),
        (["--set", "callbacks.timeout_s=NaN"], {}, "callbacks.timeout_s"),
        (["--set", "callbacks.timeout_s=null"], {}, "callbacks.timeout_s wants float"),
        ([], {"CHATSIM_AIRY__ALLOWED_ORIGINS": "[1]"}, "airy.allowed_origins wants a list of texts"),
        (["--port", "70000"], {}, "70000"),
        (["--tls", "--port", "8443"], {}, "--port and --tls-port both name port 8443"),
        (["--tls", "--port", "9"], {"CHATSIM_TLS_PORT": "9"}, "--port and --tls-port both name port 9"),
        (["--config", "nowhere.toml"], {}, "nowhere.toml"),
    ],
)
def test_what_cannot_be_is_refused_with_2(arguments: list[str], env: dict[str, str], said: str) -> None:
    """Usage errors name what came and what would do."""
    ended = run("serve", "--port", "0", *arguments, env=environment(**env))
    assert (ended.returncode, said in ended.stderr) == (2, True), ended.stderr


def test_unknown_option_in_the_file_is_refused(tmp_path: Path) -> None:
    """A misspelt one would otherwise do nothing."""
    file = tmp_path / "chatsim.toml"
    file.write_text("prot = 1\n")
    ended = run("serve", "--config", str(file))
    assert (ended.returncode, "there is no option 'prot'" in ended.stderr) == (2, True), ended.stderr


def test_fixture_of_a_person_is_served(tmp_path: Path) -> None:
    """YAML with a member per API; one that is no API is refused."""
    file = tmp_path / "world.yaml"
    file.write_text("woven:\n  projects:\n    7d3f5c1e-2b64-4c7a-9f08-5b1e6a2d9c40: {client_ids: [c]}\n")
    with started("--fixture", str(file)) as simulator:
        status, project = ask(
            f"{simulator.url}/_sim/worlds/default/woven/projects/7d3f5c1e-2b64-4c7a-9f08-5b1e6a2d9c40"
        )
        assert (status, project["client_ids"]) == (200, ["c"])


UNUSABLE = [
    ("wowen: {}", "/wowen: there is no API 'wowen'"),
    ("woven: 7", "/woven: expected an object"),
    ("woven: {projectz: {}}", "/woven/projectz: woven has no 'projectz' here"),
    ("woven: {projects: {p: {client_ids: 7}}}", "/woven/projects/p/client_ids: expected array"),
    ("weavy: {conversations: {1: {nonsense: x}}}", "/weavy/conversations/1/nonsense: unknown member"),
    ("keycloak: {realms: {r: {clients: {c: {secret: 7}}}}}", "/keycloak/realms/r/clients/c/secret: expected string"),
    ("airy: {channels: {a: {}}}", "/airy/channels/a: airy cannot be built from it: 'a' is no UUID"),
    ("woven: {projects: {}}\nwoven: {}", "'woven' is there twice"),
    ("woven: {projects: {p: {member_ids: [2026-01-01]}}}", "/woven/projects/p/member_ids/0: put a date into quotes"),
    ("woven: {projects: {p: {member_ids: [.nan]}}}", "/woven/projects/p/member_ids/0: nan is nothing that JSON has"),
    ("woven: &a [*a]", "deeper than"),
    ("woven: {? [a] : b}", "unhashable"),
    ("- woven", "an object with a member per API was expected"),
    ("woven: {", "expected"),
]


@pytest.mark.parametrize(("content", "said"), UNUSABLE)
def test_unusable_fixture_keeps_it_from_starting(tmp_path: Path, content: str, said: str) -> None:
    """Exit 2, naming the file and the member, rather than failing at the first call of that API."""
    file = tmp_path / "world.yaml"
    file.write_text(content)
    ended = run("serve", "--port", "0", "--fixture", str(file))
    assert (ended.returncode, "Traceback" in ended.stderr) == (2, False), ended.stderr
    assert f"--fixture {file}: {said}" in ended.stderr or (str(file) in ended.stderr and said in ended.stderr)


@pytest.mark.parametrize("source", ["environment", "file"])
def test_unusable_fixture_of_another_source(tmp_path: Path, source: str) -> None:
    """The environment and the configuration file are held to the same."""
    fixture, config = tmp_path / "world.yaml", tmp_path / "chatsim.toml"
    fixture.write_text("woven: {projectz: {}}")
    config.write_text(f"fixture = '{fixture}'")
    if source == "file":
        ended = run("serve", "--port", "0", "--config", str(config))
    else:
        ended = run("serve", "--port", "0", env=environment(CHATSIM_FIXTURE=str(fixture)))
    assert (ended.returncode, f"{fixture}: /woven/projectz" in ended.stderr) == (2, True), ended.stderr


def test_taken_port_names_the_other_simulator() -> None:
    """Exit 3 with one line: version, URL, and the way out."""
    with started() as first:
        ended = run("serve", "--port", str(first.port))
    assert ended.returncode == 3
    assert ended.stderr == (
        f"chatsim: port {first.port} is taken by another simulator, version {__version__}, at {first.url};"
        " --port 0 takes a free one\n"
    )


def test_taken_https_port_names_the_other_simulator(tmp_path: Path) -> None:
    """The port beside http is asked over https."""
    tls = ("--tls", "--tls-dir", str(tmp_path), "--tls-port")
    with started(*tls, "0", "--log-format", "json") as first:
        _, secure = json.loads(first.first)["urls"]
        ended = run("serve", "--port", "0", *tls, secure.rpartition(":")[2])
    assert ended.returncode == 3
    assert f"another simulator, version {__version__}, at {secure}; --tls-port 0 takes a free one" in ended.stderr


def test_taken_port_of_another_program() -> None:
    """It is named by what it says of itself."""
    with answering("nginx/1.2") as port:
        ended = run("serve", "--port", str(port))
    assert ended.returncode == 3
    assert f"port {port} is taken by another HTTP server (nginx/1.2" in ended.stderr


def test_host_that_is_none_is_refused() -> None:
    """Exit 3: the machine has no such address."""
    ended = run("serve", "--port", "0", "--host", "192.0.2.1")
    assert (ended.returncode, "192.0.2.1" in ended.stderr) == (3, True), ended.stderr


def test_proxy_without_exception_for_localhost_is_warned_of() -> None:
    """Clients started from the same shell would ask the proxy."""
    with started(env=environment(HTTP_PROXY="http://proxy.example:3128")) as simulator:
        simulator.stop()
    assert "warning: HTTP_PROXY is set and NO_PROXY does not list localhost" in simulator.output


def test_tls_serves_beside_http(tmp_path: Path) -> None:
    """https on a second port, trusted by what /_sim/ca.crt hands out."""
    with started("--tls", "--tls-port", "0", "--tls-dir", str(tmp_path), "--log-format", "json") as simulator:
        _, secure = json.loads(simulator.first)["urls"]
        with DIRECT.open(f"{simulator.url}/_sim/ca.crt", timeout=10) as answer:
            trust = ssl.create_default_context(cadata=answer.read().decode())
        with build_opener(ProxyHandler({}), HTTPSHandler(context=trust)).open(f"{secure}/_sim/livez") as answer:
            assert json.load(answer)["status"] == "ok"
        for name in ("127.0.0.1", "id.woven-city.toyota", "idp.cloud.test.kobil.com", "api.m3o.com"):
            with (
                socket.create_connection(("127.0.0.1", int(secure.rpartition(":")[2])), timeout=10) as plain,
                trust.wrap_socket(plain, server_hostname=name) as wrapped,
            ):
                assert wrapped.version() == "TLSv1.3"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to be caught")
def test_stop_waits_for_the_answer_under_way_but_not_for_idle_connections() -> None:
    """A request whose body is being sent is answered; one connection that says nothing holds nobody up."""
    form = token_form()
    head = f"POST {TOKEN} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(form)}\r\n"
    with started() as simulator, connected(simulator) as busy, connected(simulator):
        busy.sendall(f"{head}Content-Type: application/x-www-form-urlencoded\r\n\r\n".encode() + form[:10])
        assert ask(f"{simulator.url}/_sim/livez")[0] == 200
        begin = time.monotonic()
        simulator.popen.terminate()
        busy.sendall(form[10:])
        assert busy.recv(100).startswith(b"HTTP/1.1 200 ")
        assert simulator.ended() == 0
        assert time.monotonic() - begin < 5


def test_a_client_that_says_no_more_is_answered() -> None:
    """On the loop that serves: request and end are there in one turn of it."""
    with started() as simulator:
        for _ in range(20):
            with connected(simulator) as client:
                client.sendall(b"GET /_sim/livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
                client.shutdown(socket.SHUT_WR)
                assert client.recv(100).startswith(b"HTTP/1.1 200 ")


def test_routes_lists_every_api() -> None:
    """For a person."""
    assert "  /mini-app-runtime/v1/chat/  " in run("routes").stdout


def test_check_finds_nothing_here() -> None:
    """Schemas, examples and declarations of this checkout hold."""
    ended = run("check")
    assert (ended.returncode, ended.stdout.endswith("no findings\n")) == (0, True), ended.stdout + ended.stderr


def test_version() -> None:
    """Name and number."""
    assert run("version").stdout == f"chatsim {__version__}\n"


def connected(simulator: Process) -> socket.socket:
    """A bare connection."""
    return socket.create_connection(("127.0.0.1", simulator.port), timeout=10)


def has_ipv6() -> bool:
    """Whether this machine has ::1."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


@contextmanager
def answering(name: str) -> Iterator[int]:
    """Another HTTP server on loopback, which calls itself `name`; its port."""

    class Handler(BaseHTTPRequestHandler):
        server_version = name

        def do_GET(self) -> None:
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


INTERRUPTED: Final = """
import os, signal
from chatsim import cli
from chatsim.server import configuration
configuration.start_from = lambda *_: os.kill(os.getpid(), signal.SIGINT)
cli.main(["serve"])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="a terminal's Ctrl-C is a signal")
def test_ctrl_c_before_it_listens_ends_quietly() -> None:
    """With 130, as shells say it."""
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED], env=environment(), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")
