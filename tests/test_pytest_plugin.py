"""The pytest plugin, driven by runs of pytest on small projects."""

from __future__ import annotations

import asyncio
import json
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import desk
import pytest
from process import SOURCE
from sample import SAMPLE
from sending import ask

from chatsim.client import Answer, Client
from chatsim.client.background import Background
from chatsim.client.receivers import Receivers
from chatsim.server.assembly import assemble
from chatsim.testing import serve

pytest_plugins = ("pytester",)

Run = Callable[..., pytest.RunResult]

HEAD = """
    import urllib.error, urllib.request
    import pytest

    def get(url):
        try:
            with urllib.request.urlopen(url) as answer:
                return answer.status
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Client]:
    """A simulator elsewhere, so that most runs need not start one."""
    with serve() as client:
        yield client


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, server: Client) -> Run:
    """Write a module and run it with the plugin, against `server`; with `apart` in a process of its own."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTHONPATH", str(SOURCE))
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    monkeypatch.delenv("CHATSIM_URL", raising=False)

    def runs(module: str, *arguments: str, url: str | None = server.url, apart: bool = False) -> pytest.RunResult:
        pytester.makepyfile(textwrap.dedent(HEAD) + textwrap.dedent(module))
        where = () if url is None else ("--chatsim-url", url)
        plugins = ("-p", "chatsim.pytest_plugin", "-p", "asyncio", "-p", "no:cacheprovider")
        starts = pytester.runpytest_subprocess if apart else pytester.runpytest_inprocess
        ini = ("-o", "asyncio_mode=auto", "-o", "asyncio_default_fixture_loop_scope=function")
        return starts(*plugins, *ini, "--strict-markers", "--tb=short", *where, *arguments)

    return runs


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


@pytest.fixture
def faulty() -> Iterator[str]:
    """A simulator of an API that makes mistakes."""
    background = Background()
    serving = desk.serve(assemble(apis=[SAMPLE]))
    yield background.run(serving.__aenter__()).base_url
    background.run(serving.__aexit__(None, None, None))
    background.close()


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


# What a failed test leaves


FAILING = """
    def test_it(chatsim):
        get(chatsim.base_url + "/nothing")
        assert False
"""


def test_the_report_holds_the_last_entries(run: Run) -> None:
    """With what was answered."""
    result = run(FAILING)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*chatsim: last entries of world *", "#1 request GET /nothing 404 *"])


def test_a_bundle_is_kept_for_each_failed_test(run: Run, tmp_path: Path) -> None:
    """In a file named after the test."""
    folder = tmp_path / "artifacts"
    result = run(FAILING + "\n    def test_passes(chatsim): pass\n", "--chatsim-artifacts", str(folder))
    result.assert_outcomes(failed=1, passed=1)
    (file,) = folder.iterdir()
    assert "test_it-" in file.name
    assert json.loads(file.read_text())["journal"][0]["request"]["path"] == "/nothing"
    result.stdout.fnmatch_lines(["*chatsim: bundle*", str(file)])


def test_a_test_leaves_nothing_in_the_report_of_the_next(run: Run) -> None:
    """Even where that fails before it begins."""
    module = """
        def test_it(chatsim):
            get(chatsim.base_url + "/nothing")

        @pytest.mark.chatsim(fail_on={"all"})
        def test_next():
            pass
    """
    result = run(module)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.no_fnmatch_line("*last entries*")


def test_long_names_are_cut(run: Run, tmp_path: Path) -> None:
    """And stay different."""
    module = """
        @pytest.mark.parametrize("text", ["x" * 300 + "/1", "x" * 300 + "/2"])
        def test_it(chatsim, text):
            assert False
    """
    run(module, "--chatsim-artifacts", str(tmp_path)).assert_outcomes(failed=2)
    names = [file.name for file in tmp_path.iterdir() if file.suffix == ".json"]
    assert len(names) == 2
    assert max(map(len, names)) <= 160


def test_a_test_that_fails_before_its_body_is_told_of_as_well(run: Run) -> None:
    """A fixture may have talked to the simulator."""
    module = """
        @pytest.fixture
        def login(chatsim):
            get(chatsim.base_url + "/nothing")
            raise ValueError

        def test_it(login):
            pass
    """
    result = run(module)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["#1 request GET /nothing 404 *"])


def test_a_world_that_went_away_does_not_hide_the_failure(run: Run, tmp_path: Path) -> None:
    """The section says that no more can be told."""
    module = """
        def test_it(chatsim, chatsim_server):
            chatsim_server.delete_worlds("suite:a")
            assert 1 == 2

        @pytest.fixture
        def chatsim_options():
            return {"labels": {"suite": "a"}}
    """
    result = run(module, "--chatsim-artifacts", str(tmp_path / "artifacts"))
    result.stdout.fnmatch_lines(
        ["E   assert 1 == 2", "(it was deleted; *)", "the bundle of world * was not written: *"]
    )


def test_a_simulator_that_went_away_does_not_hide_the_failure(run: Run) -> None:
    """Nor does it end the run."""
    module = """
        def test_it(chatsim, monkeypatch):
            monkeypatch.setattr(chatsim.client.target, "port", 9)
            assert 1 == 2

        def test_next(chatsim):
            pass
    """
    result = run(module, url=None)
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(["E   assert 1 == 2", "cannot tell more: *refused*"])


def test_a_world_deleted_by_its_test_is_told_of(run: Run) -> None:
    """By its verb, which looks back before it does."""
    result = run("""
        def test_it(chatsim):
            get(chatsim.base_url + "/nothing")
            chatsim.delete()
            assert 1 == 2
    """)
    result.stdout.fnmatch_lines(["#1 request GET /nothing 404 *"])


HALF = """
    import json

    def test_half(chatsim):
        body = json.dumps({"name": chr(0xD83D)}).encode()
        request = urllib.request.Request(
            chatsim.base_url + "/v1/chat/Create", body,
            {"Authorization": "Bearer x", "Content-Type": "application/json"},
        )
        try:
            urllib.request.urlopen(request).close()
        except urllib.error.HTTPError as refused:
            refused.close()
        assert False

    def test_next():
        pass
"""


@pytest.mark.parametrize("workers", [(), ("-p", "xdist", "-n", "2")])
def test_half_a_surrogate_pair_ends_no_run(run: Run, tmp_path: Path, workers: tuple[str, ...]) -> None:
    """It is in the bundle as it came."""
    folder = tmp_path / "artifacts"
    result = run(HALF, "--chatsim-artifacts", str(folder), *workers, apart=bool(workers))
    result.assert_outcomes(failed=1, passed=1)
    (file,) = folder.iterdir()
    assert json.loads(file.read_text())["journal"][-1]["request"]["body"] == {"name": "\ud83d"}


def test_a_bundle_that_cannot_be_written_ends_no_run(run: Run, tmp_path: Path) -> None:
    """A line in the report says why."""
    folder = tmp_path / "artifacts"
    folder.write_text("a file")
    result = run(FAILING + "\n    def test_passes(chatsim): pass\n", "--chatsim-artifacts", str(folder))
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(["*chatsim: no bundle*", "the bundle of world * was not written: *artifacts*"])


def test_bundles_of_similar_names_are_different_files(run: Run, pytester: pytest.Pytester) -> None:
    """The same ones in every run."""
    module = """
        @pytest.mark.parametrize("text", ["a b", "a+b", "a/b", "A b"])
        def test_it(chatsim, text):
            assert False
    """
    folder = pytester.path / "artifacts"
    run(module, "--chatsim-artifacts", str(folder)).assert_outcomes(failed=4)
    names = sorted(folder.iterdir())
    run(module, "--chatsim-artifacts", str(folder)).assert_outcomes(failed=4)
    assert (len(names), sorted(folder.iterdir())) == (4, names)


def test_the_folder_is_where_pytest_was_started(run: Run, pytester: pytest.Pytester) -> None:
    """Wherever a test went."""
    module = """
        def test_it(chatsim, tmp_path, monkeypatch):
            monkeypatch.chdir(tmp_path)
            assert False
    """
    run(module, "--chatsim-artifacts", "artifacts").assert_outcomes(failed=1)
    assert len(list((pytester.path / "artifacts").iterdir())) == 1


@pytest.mark.parametrize("url", [False, True])
def test_a_failing_tear_down_is_told_of_as_well(run: Run, server: Client, tmp_path: Path, url: bool) -> None:
    """The world is gone by then, and after the last test the simulator too; what happened is not."""
    module = """
        @pytest.fixture
        def logged_in(chatsim):
            yield
            get(chatsim.base_url + "/nothing")
            raise ValueError

        def test_it(logged_in):
            pass
    """
    folder = tmp_path / "artifacts"
    result = run(module, "--chatsim-artifacts", str(folder), url=server.url if url else None)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["#1 request GET /nothing 404 *", "*chatsim: bundle*"])
    (file,) = folder.iterdir()
    assert json.loads(file.read_text())["journal"][0]["request"]["path"] == "/nothing"


def test_what_fails_a_test_in_its_tear_down_is_told_of(run: Run, tmp_path: Path) -> None:
    """With the last entries and a bundle, as elsewhere."""
    module = """
        @pytest.fixture
        def logged_in(chatsim):
            yield
            get(chatsim.base_url + "/nothing")

        @pytest.mark.chatsim(fail_on={"unmatched"})
        def test_it(logged_in):
            pass
    """
    result = run(module, "--chatsim-artifacts", str(tmp_path / "artifacts"))
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["  unmatched: #1 *", "*last entries*", "#1 request GET /nothing 404 *", "*bundle*"])


# Other worlds than the test's own


def test_a_bug_in_another_world_fails_the_test_that_met_it(run: Run, faulty: str, tmp_path: Path) -> None:
    """Once: neither those before nor those after it. Its entries and its bundle belong to the report."""
    module = """
        @pytest.fixture(scope="module")
        def town(chatsim_server):
            with chatsim_server.world() as world:
                yield world

        def test_before(town):
            get(town.base_url + "/nothing")

        def test_meets(town):
            get(town.base_url + "/sample/!")

        def test_after(town):
            town.reset()

        def test_meets_after_reset(town):
            get(town.base_url + "/sample/!")

        def test_asks_for_none():
            pass
    """
    folder = tmp_path / "artifacts"
    result = run(module, "--chatsim-artifacts", str(folder), url=faulty)
    result.assert_outcomes(passed=3, failed=2)
    result.stdout.fnmatch_lines(["  bug: #2 *", "*last entries*", "#1 *", "#2 *", "*chatsim: bundle*", "  bug: #1 *"])
    assert [file.name.partition(".py_")[2].partition("-")[0] for file in sorted(folder.iterdir())] == [
        "test_meets", "test_meets_after_reset",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "block",
    ["with chatsim.fork() as world:", "with chatsim_server.world() as world:", "for world in [chatsim.fork()]:"],
)
def test_a_bug_in_a_world_within_the_test(run: Run, faulty: str, block: str) -> None:
    """Whether that still is there at its end or not."""
    module = f"""
        def test_it(chatsim, chatsim_server):
            {block}
                get(world.base_url + "/sample/!")
    """
    result = run(module, url=faulty)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["  bug: #1 *", "*last entries*", "#1 request sample GET /sample/! 500 *"])


def test_the_marker_holds_for_other_worlds(run: Run) -> None:
    """From the coroutines' half too."""
    result = run("""
        @pytest.mark.chatsim(fail_on={"unmatched"})
        async def test_it(chatsim_async):
            import asyncio
            async with await chatsim_async.fork() as world:
                await asyncio.to_thread(get, world.base_url + "/nothing")
    """)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["  unmatched: #1 *"])


def test_worlds_that_nobody_deletes_end_by_themselves(run: Run, server: Client) -> None:
    """A fork is labelled as its test is."""
    run("""
        def test_it(chatsim, chatsim_server):
            chatsim.fork()
            chatsim_server.world(labels={"suite": "left"})
    """).assert_outcomes(passed=1)
    left = [one for one in server.worlds() if one["name"] != "default"]
    assert [one["ttl_s"] for one in left] == [86_400, 86_400]
    assert [list(one["labels"]) for one in left] == [["test"], ["suite"]]
    for one in left:
        server.get_world(one["name"]).delete()


def test_the_awaited_half_asks_the_same_simulator(run: Run) -> None:
    """With the same token and authority, whatever the environment says by then."""
    module = """
        import chatsim.client

        @pytest.fixture(scope="session")
        def chatsim_server(chatsim_server):
            with chatsim.client.Client(chatsim_server.url, token="of-the-fixture") as client:
                yield client

        async def test_it(chatsim_async, chatsim_server, monkeypatch):
            assert chatsim_async.client.target is chatsim_server.target
            await chatsim_async.journal.entries()
    """
    run(module).assert_outcomes(passed=1)


def test_a_server_of_the_projects_own_is_watched_too(run: Run) -> None:
    """Whoever overrides the fixture starts it with other options."""
    module = """
        import chatsim as simulator

        @pytest.fixture(scope="session")
        def chatsim_server():
            with simulator.serve(seed="own") as client:
                yield client

        @pytest.mark.chatsim(fail_on={"unmatched"})
        def test_it(chatsim, chatsim_server):
            left = chatsim_server.world()
            get(chatsim.base_url + "/nothing")
    """
    result = run(module, url=None)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["  unmatched: #1 *", "#1 request GET /nothing 404 *"])


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
