"""What holds for every API: worlds keep apart, runs are repeatable, switches switch, checks have an order."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import combinations
from typing import Final

import pytest
from desk import Desk
from proofs import SCRIPTS, Answer, Ask, DeskClient, Order, apis_with_scripts, credentials, script_of, snapshot
from samples import ROOT

from chatsim.apis import discover
from chatsim.core.json import decode
from chatsim.core.snapshot import read, restore

APIS: Final = {api.name: api for api in discover()}
QUIRKS: Final = {api: getattr(script_of(api), "QUIRKS", {}) for api in apis_with_scripts()}
TOLERANCES: Final = {api: getattr(script_of(api), "TOLERANCES", {}) for api in apis_with_scripts()}
ORDERS: Final = [(api, order) for api in apis_with_scripts() for order in getattr(script_of(api), "ORDERS", ())]
RENEWALS: Final = {
    "reset": [("POST", "/w/reset")],
    "put": [("PUT", "/w?reset=true")],
    "made again": [("DELETE", "/w"), ("POST", "")],
    "reset and made again": [("POST", "/w/reset"), ("DELETE", "/w"), ("PUT", "/w")],
}
TRANSCRIPT: Final = ROOT / "tests" / "support" / "transcript.py"


@pytest.fixture
def desk() -> Desk:
    """A simulator with every API."""
    return Desk()


def client_of(desk: Desk, world: str, **options: object) -> DeskClient:
    """A client of a new world."""
    desk.make_world(world, **options)
    return DeskClient(desk, world)


@pytest.mark.parametrize("api", sorted(APIS))
def test_every_api_has_a_script(api: str) -> None:
    """No API is left out of these proofs, and neither is a quirk or a tolerance of one."""
    assert api in apis_with_scripts()
    script = script_of(api)
    assert script.foreign is not None
    assert QUIRKS[api].keys() == {quirk.name for quirk in APIS[api].quirks}
    assert TOLERANCES[api].keys() == APIS[api].tolerances.keys()


@pytest.mark.parametrize("api", apis_with_scripts())
def test_nothing_is_our_bug(desk: Desk, api: str) -> None:
    """The script runs without an answer that breaks its schema, and reaches every operation."""
    script = script_of(api)
    client = client_of(desk, "tour", **getattr(script, "SCRIPT_WORLD", {}))
    script.script(client)
    entries = list(desk.simulator.worlds["tour"].journal)
    assert [entry.bug for entry in entries if entry.bug] == []
    assert {route.name for route in APIS[api].routes} - {entry.operation for entry in entries} == set()


def test_runs_are_byte_identical() -> None:
    """Two processes with different hash seeds say the same for every API, to the byte."""
    one, other = (_transcripts(seed) for seed in ("1", "2"))
    assert [api for api in one if one[api] != other[api]] == []
    assert [api for api in apis_with_scripts() if one[api].count("\n") <= 1] == []


def _transcripts(seed: str) -> dict[str, str]:
    paths = os.pathsep.join(str(ROOT / one) for one in ("simulator", "tests/support", "tests/conformance"))
    done = subprocess.run(
        [sys.executable, str(TRANSCRIPT), *apis_with_scripts()],
        env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, str] = json.loads(done.stdout)
    return told


@pytest.mark.parametrize("api", apis_with_scripts())
def test_nothing_leaks_into_another_world(desk: Desk, api: str) -> None:
    """What one world gave out is refused in another of the same seed and moment, and changes nothing there."""
    script = script_of(api)
    options = getattr(script, "SCRIPT_WORLD", {})
    of, to = client_of(desk, "of", **options), client_of(desk, "to", **options)
    script.script(of)
    asks = script.foreign(of, to)
    before = snapshot(desk, "to")
    answers = [to.send(ask) for ask in asks]
    assert [(ask.target, answer.status) for ask, answer in zip(asks, answers, strict=True) if answer.status < 400] == []
    assert snapshot(desk, "to") == before
    assert asks != []


@pytest.mark.parametrize("api", apis_with_scripts())
def test_a_copy_knows_what_was_given_out(desk: Desk, api: str) -> None:
    """Under another name in another server, each token and id is taken as where it came from."""
    script = script_of(api)
    options = getattr(script, "SCRIPT_WORLD", {})
    of, copy = client_of(desk, "of", **options), client_of(Desk(seed="another"), "copy")
    script.script(of)
    asks = script.foreign(of, of)
    restore(copy.desk.simulator.worlds["copy"], read(copy.desk.simulator, decode(snapshot(desk, "of"))))
    taken = [[(ask.target, client.send(ask).status) for ask in asks] for client in (of, copy)]
    assert taken[0] == taken[1]
    assert [status for _, status in taken[1] if status < 400] != []


@pytest.mark.parametrize("way", ["fork", "restored"])
@pytest.mark.parametrize("api", apis_with_scripts())
def test_a_copy_and_its_original_go_separate_ways(desk: Desk, api: str, way: str) -> None:
    """No credential that one gives out after the copy was made is good in the other, whose numbers are the same."""
    script = script_of(api)
    of = client_of(desk, "of", **getattr(script, "SCRIPT_WORLD", {}))
    script.script(of)
    desk.ask("POST", "/_sim/worlds", {"name": "copy", **({"copy_of": "of"} if way == "fork" else {})})
    if way == "restored":
        restore(desk.simulator.worlds["copy"], read(desk.simulator, decode(snapshot(desk, "of"))))
    copy = DeskClient(desk, "copy")
    of.record.clear()
    both = [(of, copy, script.foreign(of, copy)), (copy, of, script.foreign(copy, of))]
    asks = [(to, ask) for giver, to, asks in both for ask in asks if credentials(ask, giver.record)]
    taken = [(to.world, ask.target) for to, ask in asks if to.send(ask).status < 400]
    assert taken == []
    assert asks != []


@pytest.mark.parametrize("way", RENEWALS)
@pytest.mark.parametrize("api", apis_with_scripts())
def test_a_world_that_begins_anew_takes_nothing_of_before(desk: Desk, api: str, way: str) -> None:
    """No credential of before is good, neither at once nor when as much was given out as then."""
    script = script_of(api)
    body = {"name": "w", **getattr(script, "SCRIPT_WORLD", {})}
    asks: list[Ask] = []
    for client in (DeskClient(Desk(), "w"), to := DeskClient(desk, "w")):
        assert client.ask("POST", "/_sim/worlds", body).status == 201
        script.script(client)
        asks = asks or [ask for ask in script.foreign(client, client) if credentials(ask, client.record)]
    for method, path in RENEWALS[way]:
        assert (
            to.ask(method, f"/_sim/worlds{path}", b"" if path.endswith("t") or method == "DELETE" else body).status
            < 300
        )
    at_once = [(ask.target, to.send(ask).status) for ask in asks]
    script.script(to)
    script.foreign(to, to)
    after = [(ask.target, to.send(ask).status) for ask in asks]
    assert [one for one in (*at_once, *after) if one[1] < 400] == []
    assert asks != []


@pytest.mark.parametrize("api", apis_with_scripts())
def test_a_restored_world_goes_on(desk: Desk, api: str) -> None:
    """After a snapshot is restored the next answers are those that followed it the first time, to the byte."""
    script = script_of(api)
    client = client_of(desk, "kept", **getattr(script, "SCRIPT_WORLD", {}))
    script.script(client)
    document = decode(snapshot(desk, "kept"))
    followed = []
    for _ in range(2):
        restore(desk.simulator.worlds["kept"], read(desk.simulator, document))
        client.record.clear()
        script.script(client)
        followed.append([(answer.status, _lasting(answer), answer.body) for _, answer in client.record])
    assert followed[0] == followed[1]


def _lasting(answer: Answer) -> dict[str, str]:
    """The headers without the number of the journal's entry, which goes on."""
    return {name: value for name, value in answer.headers.items() if name != "x-sim-entry"}


@pytest.mark.parametrize(("api", "name"), [(api, name) for api, looks in QUIRKS.items() for name in looks])
def test_every_value_of_a_quirk_is_seen(desk: Desk, api: str, name: str) -> None:
    """No two values of a quirk answer the same."""
    values = next(list(quirk.values) for quirk in APIS[api].quirks if quirk.name == name)
    look = QUIRKS[api][name]
    seen = [look(client_of(desk, f"q{number}", quirks={name: value})) for number, value in enumerate(values)]
    assert [pair for pair in combinations(seen, 2) if pair[0] == pair[1]] == []


@pytest.mark.parametrize(("api", "code"), [(api, code) for api, uses in TOLERANCES.items() for code in uses])
def test_every_tolerance_is_noted_and_can_be_refused(desk: Desk, api: str, code: str) -> None:
    """What is only tolerated leaves its code in the journal, and is refused in a strict world."""
    use = TOLERANCES[api][code]
    lenient, strict = use(client_of(desk, "lenient")), use(client_of(desk, "strict", strict=True))
    assert (lenient.status < 400, lenient.bug) == (True, "")
    assert (strict.status >= 400, strict.bug) == (True, "")
    assert (lenient.notes.count(code), strict.notes.count(code)) == (1, 1)


@pytest.mark.parametrize(("api", "order"), ORDERS, ids=lambda one: one.operation if isinstance(one, Order) else one)
def test_checks_have_an_order(desk: Desk, api: str, order: Order) -> None:
    """A good request succeeds; with two things wrong with it, what is first in the order is answered."""
    client = client_of(desk, "ordered", **order.world)
    good = client.send(order.good(client))
    assert (good.status < 400, good.bug) == (True, "")
    wrong = []
    for first, spoil in enumerate(order.spoils):
        for other in (spoil, *order.spoils[first + 1 :]):
            ask = order.good(client)
            if other is not spoil:
                other.do(ask, client)
            spoil.do(ask, client)
            answer = client.send(ask)
            if (answer.status, answer.bug) != (spoil.status, "") or spoil.says.encode() not in answer.body:
                wrong.append(f"{spoil.name}, {other.name}: {_shown(answer)}")
    assert wrong == []


def _shown(answer: Answer) -> str:
    return f"{answer.status} {answer.body.decode(errors='replace')} {answer.bug}"


def test_scripts_are_of_apis() -> None:
    """Each file among the scripts is named after an API."""
    assert {path.stem for path in SCRIPTS.glob("*.py")} <= APIS.keys()
