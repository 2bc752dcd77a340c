"""The pytest plugin, driven by runs of pytest on small projects."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from sending import ask

from chatsim.client import Answer, Client
from chatsim.client.receivers import Receivers

if TYPE_CHECKING:
    from plugin_runs import Run

pytest_plugins = ("pytester", "plugin_runs")

# Worlds


def test_each_test_has_a_world_of_its_own(run: Run, server: Client) -> None:
    """It is named after its test, and gone afterwards."""
    module = """
        @pytest.mark.parametrize("number", [1, 2])
        def test_world(chatsim, number):
            assert chatsim.journal.entries() == []
            assert get(f"{chatsim.base_url}/auth/realms/woven") == 200
            assert chatsim.show()["labels"]["test"].endswith(f"::test_world[{number}]")
    """
    run(module).assert_outcomes(passed=2)
    assert [one["name"] for one in server.worlds()] == ["default"]


def test_options_are_overridden(run: Run) -> None:
    """In the module, in a class, by parameters; labels are added to."""
    module = """
        @pytest.fixture
        def chatsim_options():
            return {"clock": {"mode": "frozen", "at": "2026-01-01T12:00:00Z"}, "labels": {"suite": "a"}}

        def test_module(chatsim):
            assert chatsim.clock.show()["now"].startswith("2026-01-01T12:00:00")
            assert chatsim.show()["labels"].keys() == {"test", "suite"}

        class TestClass:
            @pytest.fixture(params=["document", "service"])
            def chatsim_options(self, request):
                return {"truth": request.param}

            def test_truth(self, chatsim, chatsim_options):
                assert chatsim.show()["truth"] == chatsim_options["truth"]
    """
    run(module).assert_outcomes(passed=3)


def test_worlds_of_other_scopes(run: Run) -> None:
    """From the server, and forks of them."""
    module = """
        @pytest.fixture(scope="module")
        def shop(chatsim_server):
            with chatsim_server.world(seed="shop") as world:
                world.woven.put("residents/2b7e1d60-94c3-4f5a-8a1b-6d0c3e9f7a01", fail_reason="left")
                yield world

        @pytest.fixture
        def chatsim_options(shop):
            return {"copy_of": shop.name}

        @pytest.mark.parametrize("number", [1, 2])
        def test_fork(chatsim, shop, number):
            resident = "residents/2b7e1d60-94c3-4f5a-8a1b-6d0c3e9f7a01"
            assert chatsim.woven.get(resident)["fail_reason"] == "left"
            chatsim.woven.delete(resident)
            assert shop.woven.get(resident)["fail_reason"] == "left"
    """
    run(module).assert_outcomes(passed=2)


def test_coroutines_await(run: Run) -> None:
    """In the same world; a blocking verb names the other fixture."""
    module = """
        async def test_awaits(chatsim_async, chatsim):
            assert chatsim_async.base_url == chatsim.base_url
            async with chatsim_async.journal.expect(path="/auth/realms/woven") as entry:
                import asyncio
                await asyncio.to_thread(get, f"{chatsim_async.base_url}/auth/realms/woven")
            assert entry["response"]["status"] == 200

        async def test_blocks(chatsim):
            with pytest.raises(RuntimeError, match="use the fixture chatsim_async"):
                chatsim.journal.entries()
    """
    run(module).assert_outcomes(passed=2)


def test_receivers_end_with_their_test(run: Run) -> None:
    """Awaited ones too."""
    module = """
        urls = []

        def test_receives(chatsim):
            urls.append(chatsim.callbacks.receiver().url)
            assert get(urls[0]) == 200

        async def test_awaits(chatsim_async):
            urls.append((await chatsim_async.callbacks.receiver()).url)

        @pytest.mark.parametrize("number", [0, 1])
        def test_ended(number):
            with pytest.raises(urllib.error.URLError):
                get(urls[number])
    """
    run(module).assert_outcomes(passed=4)


def test_a_test_may_delete_its_world(run: Run) -> None:
    """Then there is nothing left to look at."""
    run("""
        def test_it(chatsim):
            chatsim.delete()
            assert get(chatsim.base_url + "/auth/realms/woven") == 410
    """).assert_outcomes(passed=1)


# Where the simulator is


def test_a_simulator_is_started(run: Run) -> None:
    """For the session, where nobody names one."""
    module = """
        def test_server(chatsim_server, chatsim):
            assert chatsim_server.url.startswith("http://127.0.0.1:")
            assert chatsim.base_url.startswith(chatsim_server.url)
    """
    run(module, url=None).assert_outcomes(passed=1)


def test_the_environment_names_one(run: Run, server: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """As `chatsim exec` sets it; the option beats it."""
    module = """
        def test_server(chatsim_server):
            assert chatsim_server.url == "{url}"
    """.replace("{url}", server.url)
    monkeypatch.setenv("CHATSIM_URL", server.url)
    run(module, url=None).assert_outcomes(passed=1)
    monkeypatch.setenv("CHATSIM_URL", "http://127.0.0.1:9")
    run(module).assert_outcomes(passed=1)


def test_nobody_there(run: Run) -> None:
    """Is told once per test, in a line."""
    result = run("def test_server(chatsim): pass", url="http://127.0.0.1:9")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["no simulator answers at http://127.0.0.1:9 (--chatsim-url, CHATSIM_URL): *refused*"])


@pytest.mark.parametrize(("arguments", "servers"), [((), 2), (("--chatsim-shared",), 1)])
def test_workers(run: Run, pytester: pytest.Pytester, arguments: tuple[str, ...], servers: int) -> None:
    """Under pytest-xdist a simulator each, or one for all."""
    module = """
        @pytest.mark.parametrize("number", range(8))
        def test_server(chatsim, chatsim_server, worker_id, number, pytestconfig):
            (pytestconfig.rootpath / f"{worker_id}.url").write_text(chatsim_server.url)
    """
    run(module, "-p", "xdist", "-n", "2", *arguments, url=None, apart=True).assert_outcomes(passed=8)
    urls = [file.read_text() for file in pytester.path.glob("*.url")]
    assert (len(urls), len(set(urls))) == (2, servers)
    for url in urls:
        with pytest.raises(OSError, match="refused"):
            ask("GET", url)


@pytest.mark.usefixtures("run")  # for its environment
def test_nothing_heavy_is_imported_before_a_fixture_is_asked_for(pytester: pytest.Pytester) -> None:
    """Every run of pytest loads the plugin, wanted or not."""
    pytester.makepyfile("""
        import sys

        def test_modules(request):
            heavy = {"asyncio", "aiohttp", "msgspec", "jsonschema", "cryptography", "yaml", "http.client", "ssl"}
            assert heavy & sys.modules.keys() == set()
            ours = sorted(name for name in sys.modules if name.startswith("chatsim"))
            assert ours == ["chatsim", "chatsim.pytest_plugin"]
    """)
    pytester.runpytest_subprocess("-p", "chatsim.pytest_plugin").assert_outcomes(passed=1)


# What fails a test


@pytest.mark.parametrize(
    ("marker", "path", "passed"),
    [
        ("", "/nothing", True),
        ('@pytest.mark.chatsim(fail_on={"unmatched"})', "/nothing", False),
        ('@pytest.mark.chatsim(fail_on={"unmatched"})', "/auth/realms/woven", True),
        ('@pytest.mark.chatsim(fail_on={"invalid"})', "/nothing", True),
        ('@pytest.mark.chatsim(fail_on={"invalid"})', "/v1/chat/List", True),
    ],
)
def test_fail_on(run: Run, marker: str, path: str, passed: bool) -> None:
    """What the marker names, and nothing else, fails a test that passed."""
    module = f"""
        {marker}
        def test_it(chatsim):
            get(chatsim.base_url + "{path}")
    """
    run(module).assert_outcomes(passed=int(passed), failed=int(not passed))


def test_an_invalid_request_fails_its_test(run: Run) -> None:
    """The test's report says what was wrong with it."""
    module = """
        pytestmark = pytest.mark.chatsim(fail_on={"invalid"})

        def test_it(chatsim):
            token = chatsim.keycloak.mint(realm="woven", client_id="demo")["token"]
            request = urllib.request.Request(
                chatsim.base_url + "/mini-app-runtime/v1/chat", b'{"message": 1}',
                {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
            )
            with pytest.raises(urllib.error.HTTPError):
                urllib.request.urlopen(request)
    """
    result = run(module)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["the journal of world * holds", "  invalid: #* POST /mini-app-runtime/v1/chat 400 (*)"]
    )


def test_a_bug_of_the_simulator_always_fails(run: Run, faulty: str) -> None:
    """Whatever the marker says."""
    module = """
        @pytest.mark.chatsim(fail_on=set())
        def test_it(chatsim):
            assert get(chatsim.base_url + "/sample/!") == 500
    """
    result = run(module, url=faulty)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["  bug: #1 request sample GET /sample/! 500 (bug RuntimeError: a planted mistake)"])


@pytest.mark.parametrize("marker", ['fail_on={"unmatchd"}', '"unmatched"', 'fail_in={"bug"}'])
def test_a_marker_that_says_something_else_is_refused(run: Run, marker: str) -> None:
    """With what it could say."""
    result = run(f"""
        @pytest.mark.chatsim({marker})
        def test_it(chatsim):
            pass
    """)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*unmatched*"])


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("<html>", "another service answers at *, with status 200: no simulator answers so: <html>"),
        ([1], "another service answers at *, with status 200: *"),
        ({"status": "ok"}, "another service answers at *: its /_sim/livez names no version"),
        (Answer(404, "no"), "another service answers at *, with status 404: no"),
        ({"version": "0.0.1"}, "*the simulator at * is chatsim 0.0.1, its client here *"),
    ],
)
def test_another_service_at_the_address_is_explained(run: Run, answer: object, said: str) -> None:
    """In a line."""
    receivers = Receivers()
    told = [answer if isinstance(answer, Answer) else Answer(200, answer)]
    opening = receivers.open("a", told, "127.0.0.1", None)
    url = asyncio.run_coroutine_threadsafe(opening, receivers.loop).result().url
    result = run("def test_it(chatsim_server): pass", url=url)
    receivers.close()
    result.stdout.fnmatch_lines([said])
