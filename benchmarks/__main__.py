"""`make bench`: the simulator, a bare handler and the peers, measured in turns on this machine, with their ratios."""

import argparse
import os
import platform
import tempfile
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks import control, deliveries, fanout, load, peers, uploads
from benchmarks.load import Sample, burst
from benchmarks.scenarios import Request, Scenario, discover
from benchmarks.servers import BARE, SIMULATOR, Running, Server, compile_bytecode, running

KOBIL_MORE: Final = "KOBIL: callbacks and uploads"
STARTS: Final = 11
START_TARGET: Final = 1.5
MEMORY_TARGET_MB: Final = 65


def main() -> None:
    """Prints one table per scenario, then start-up and memory."""
    options = _options()
    scenarios = [row for row in discover() if options.only.lower() in row.title.lower()]
    print(
        f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()},"
        f" aiohttp {version('aiohttp')}; load by {load.generator()}: {options.connections} connections,"
        f" {options.rounds} rounds of {options.seconds} s each, medians"
    )
    with tempfile.TemporaryDirectory() as folder:
        rivals = [] if options.no_peers else _peers(scenarios, Path(folder))
        for scenario in scenarios:
            measure(scenario, rivals if scenario.contract else [], options)
    if options.only.lower() in fanout.TITLE.lower():
        fanout.report(options.rounds)
    if options.only.lower() in KOBIL_MORE.lower():
        callbacks_and_uploads(options.rounds)
    if options.only.lower() in control.TITLE.lower():
        control.report(options.rounds)
    size_and_start()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=main.__doc__)
    parser.add_argument("--only", default="", metavar="TEXT", help="scenarios whose title contains this")
    parser.add_argument("--rounds", type=int, default=5, help="each contestant gets one burst a round (default 5)")
    parser.add_argument("--seconds", type=int, default=3, help="length of a burst (default 3)")
    parser.add_argument("--connections", type=int, default=32, help="kept-alive connections (default 32)")
    parser.add_argument("--no-peers", action="store_true", help="measure neither Prism nor WireMock")
    return parser.parse_args()


def _peers(scenarios: list[Scenario], folder: Path) -> list[Server]:
    """Those that can be had here; the others are said to be missing."""
    contracts = [row.contract for row in scenarios if row.contract]
    found = []
    for name, make in (("Prism", peers.prism), ("WireMock", peers.wiremock)):
        try:
            peers.install()
            found.append(make(contracts, folder))
        except peers.NotInstallable as reason:
            print(f"{name} is not measured: {reason}")
    return found


def measure(scenario: Scenario, rivals: list[Server], options: argparse.Namespace) -> None:
    """One scenario: all contestants run at once, but only one is loaded at a time, in turns: machines are noisy."""
    print(f"\n{scenario.title}")
    with ExitStack() as stack:
        contestants = [stack.enter_context(running(server)) for server in (SIMULATOR, BARE, *rivals)]
        request = scenario.prepare(contestants[0].base_url)
        for one in contestants:
            _load(one, request, options, seconds=max(1, round(one.server.warm_up_s)))
        rounds = [[_load(one, request, options) for one in contestants] for _ in range(options.rounds)]
        memory = [one.memory_mb() for one in contestants]
    print(f"  {'':14}{'requests/s':>12}{'p50 ms':>9}{'p99 ms':>9}{'after load MB':>15}{'chatsim is':>13}")
    for place, one in enumerate(contestants):
        samples = [samples[place] for samples in rounds]
        ratio = median(ours.requests_per_s / theirs.requests_per_s for ours, theirs in _pairs(rounds, place))
        print(
            f"  {one.server.name:14}{median(s.requests_per_s for s in samples):12,.0f}"
            f"{median(s.p50_ms for s in samples):9.2f}{median(s.p99_ms for s in samples):9.2f}"
            f"{memory[place]:15.1f}{ratio:11.2f} ×" + _at_least(ratio, scenario.targets.get(one.server.name))
        )
    if scenario.p99 is not None:
        ratio = median(ours.p99_ms / theirs.p99_ms for ours, theirs in _pairs(rounds, 1))
        print(f"  p99 is {ratio:.2f} × the bare handler's{_at_most(ratio, scenario.p99)}")


def _load(one: Running, request: Request, options: argparse.Namespace, seconds: int | None = None) -> Sample:
    return burst(one.base_url, request, connections=options.connections, seconds=seconds or options.seconds)


def _pairs(rounds: list[list[Sample]], place: int) -> list[tuple[Sample, Sample]]:
    """The simulator's sample and the other's, of each round."""
    return [(samples[0], samples[place]) for samples in rounds]


def callbacks_and_uploads(rounds: int) -> None:
    """What is no request: callbacks to a sink, and memory while a large file passes."""
    ours, theirs, ratio = deliveries.measure(rounds)
    print(f"\n{KOBIL_MORE}\n  callbacks/s: {ours:,.0f}; a bare client with one session: {theirs:,.0f}")
    print(f"  callbacks are {ratio:.2f} × the bare client's{_at_least(ratio, deliveries.TARGET)}")
    growth = uploads.growth_mb()
    print(f"  growth while 50 MB go up and down: {growth:.1f} MB{_at_most(growth, uploads.TARGET_MB)}")


def size_and_start() -> None:
    """Start to first answer and memory when idle, simulator and bare handler in turns; a first one is not counted."""
    compile_bytecode()
    for server in (BARE, SIMULATOR):
        with running(server):
            pass
    starts: dict[str, list[float]] = {BARE.name: [], SIMULATOR.name: []}
    memory: dict[str, list[float]] = {BARE.name: [], SIMULATOR.name: []}
    for _ in range(STARTS):
        for server in (BARE, SIMULATOR):
            with running(server) as one:
                starts[server.name].append(one.start_s)
                memory[server.name].append(one.memory_mb())
    ratio = median(ours / theirs for ours, theirs in zip(starts[SIMULATOR.name], starts[BARE.name], strict=True))
    print(f"\nStart and size\n  {'':14}{'first answer ms':>17}{'fastest ms':>12}{'idle MB':>9}")
    for name, times in starts.items():
        print(f"  {name:14}{median(times) * 1e3:17.0f}{min(times) * 1e3:12.0f}{median(memory[name]):9.1f}")
    print(f"  start is {ratio:.2f} × the bare handler's{_at_most(ratio, START_TARGET)}")
    idle = median(memory[SIMULATOR.name])
    print(f"  idle memory is {idle:.1f} MB{_at_most(idle, MEMORY_TARGET_MB)}")


def _at_least(value: float, target: float | None) -> str:
    return "" if target is None else f"   at least {target:g}: {'reached' if value >= target else 'MISSED'}"


def _at_most(value: float, target: float) -> str:
    return f"   at most {target:g}: {'reached' if value <= target else 'MISSED'}"


if __name__ == "__main__":
    main()
