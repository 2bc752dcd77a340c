"""Fan-out: one message to a thousand and to five thousand WebSockets, beside the Node package `ws`, and what a waiting
socket costs in memory. Knows Airy's chat plugin, whose sockets these are.
"""

import json
import shutil
import subprocess
import sys
from contextlib import ExitStack
from statistics import median
from typing import Any, Final

from benchmarks import peers
from benchmarks.peers import HERE
from benchmarks.scenarios.airy import send
from benchmarks.servers import ROOT, SIMULATOR, Running, Server, running

TITLE: Final = "Airy: fan-out to WebSockets"
SIZES: Final = (1_000, 5_000)
MESSAGES: Final = 20
RATIO_TARGET: Final = 1.0
SOCKET_TARGET_KB: Final = 20


def report(rounds: int) -> None:
    """Prints a table for each size of the crowd."""
    print(f"\n{TITLE}, {rounds * MESSAGES} messages, one after the other and to each server in turn")
    servers = [SIMULATOR, *_node_ws()]
    for size in SIZES:
        heard, sockets_kb = _measure(servers, size, rounds * MESSAGES)
        heads = f"{'deliveries/s':>14}{'p50 ms':>9}{'p99 ms':>9}{'kB a socket':>13}{'chatsim is':>13}"
        print(f"  {size:,} sockets    {heads}")
        for place, server in enumerate(servers):
            latencies = sorted(latency for message in heard[place] for latency in message)
            spent = [max(message) for message in heard[place]]
            ratio = median(theirs / max(ours) for ours, theirs in zip(heard[0], spent, strict=True))
            print(
                f"  {server.name:14}{size / median(spent):14,.0f}{latencies[len(latencies) // 2] * 1e3:9.1f}"
                f"{latencies[len(latencies) * 99 // 100] * 1e3:9.1f}{sockets_kb[place]:13.1f}{ratio:11.2f} ×"
                + (_verdict(ratio >= RATIO_TARGET, f"at least {RATIO_TARGET:g}") if place else "")
            )
        kept = _verdict(sockets_kb[0] <= SOCKET_TARGET_KB, f"at most {SOCKET_TARGET_KB}")
        print(f"  an idle socket takes {sockets_kb[0]:.1f} kB{kept}")


def _verdict(reached: bool, target: str) -> str:
    return f"   {target}: {'reached' if reached else 'MISSED'}"


def _node_ws() -> list[Server]:
    node = shutil.which("node")
    try:
        peers.install()
    except peers.NotInstallable as reason:
        print(f"  ws is not measured: {reason}")
        return []
    if node is None:
        print("  ws is not measured: node is not installed")
        return []
    return [Server("Node ws", lambda port: [node, str(HERE / "fanout_ws.mjs"), str(port)])]


def _measure(servers: list[Server], size: int, messages: int) -> tuple[list[list[list[float]]], list[float]]:
    """The latencies of each server's messages, and what each of its sockets weighs in kB."""
    with ExitStack() as stack:
        running_ones = [stack.enter_context(running(server)) for server in servers]
        plans = [_plan(one) for one in running_ones]
        before = [one.memory_mb() for one in running_ones]
        crowd = stack.enter_context(
            subprocess.Popen(
                [sys.executable, "-m", "benchmarks.listeners"],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        )
        assert crowd.stdin is not None
        assert crowd.stdout is not None
        crowd.stdin.write(json.dumps({"plans": plans, "size": size, "messages": messages}) + "\n")
        crowd.stdin.flush()
        if crowd.stdout.readline().strip() != "connected":
            raise RuntimeError(f"not all of {size} sockets connected")
        grown = [one.memory_mb() - old for one, old in zip(running_ones, before, strict=True)]
        crowd.stdin.write("\n")
        crowd.stdin.flush()
        return json.loads(crowd.stdout.readline()), [mb * 1024 / size for mb in grown]


def _plan(one: Running) -> dict[str, Any]:
    """How to connect, and what to post: to `ws` the very frame that the simulator sends."""
    if one.server is SIMULATOR:
        request = send(one.base_url)
        bearer = request.headers["Authorization"]
        connect = f"CONNECT\nAuthorization:{bearer}\naccept-version:1.2\n\n\0"
        hello = connect + "SUBSCRIBE\nid:0\ndestination:/user/queue/message\n\n\0"
        return {
            "base_url": one.base_url,
            "path": "/ws.chatplugin",
            "hello": hello,
            "request": {"path": request.path, "headers": dict(request.headers), "body": request.body},
        }
    return {
        "base_url": one.base_url,
        "path": "/",
        "hello": "hello",
        "request": {"path": "/", "headers": {}, "body": FRAME},
    }


_BODY: Final = json.dumps(
    {
        "conversation_id": "3722c76e-7d84-4940-83e3-298b5abaa8b2",
        "channel_id": "09816fe0-7950-40cb-bf60-adfa0d6d0679",
        "message": {
            "id": "c4f1bc6a-9a6d-4f0e-ad7d-edca8b10241e",
            "content": {"text": "Do you have it in blue, and is it in the shop today?"},
            "state": "DELIVERED",
            "delivery_state": "delivered",
            "from_contact": True,
            "sent_at": "2026-01-01T12:00:00.000Z",
            "source": "chatplugin",
            "metadata": None,
            "sender": {"id": "3722c76e-7d84-4940-83e3-298b5abaa8b2", "name": None, "avatar_url": None},
        },
    },
    separators=(",", ":"),
)
FRAME: Final = (
    "MESSAGE\nsubscription:0\ndestination:/user/queue/message\nmessage-id:0b7f2f0c-4f1c-4d53-8a0f-4be0b5a3b1aa-0\n"
    f"content-type:application/json\ncontent-length:{len(_BODY)}\n\n{_BODY}\0"
)
