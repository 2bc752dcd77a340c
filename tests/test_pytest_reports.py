"""What the pytest plugin tells of failed tests, and which it fails: all worlds that a test used, to their end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from chatsim.client import Client

if TYPE_CHECKING:
    from plugin_runs import Run

pytest_plugins = ("pytester", "plugin_runs")


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
