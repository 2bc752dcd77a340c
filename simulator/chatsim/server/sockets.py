"""All WebSocket connections: handshakes, frames in, pushes out to many, faults that hit them.

A frame for many is encoded once and written straight to each transport, whose write buffer is the bounded queue:
a reader that lets more pile up than its socket allows is dropped, and delays nobody else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Final

from aiohttp import WSMsgType, web

from chatsim.core.effects import Close, Effect, Listen, Push, Send, Unlisten
from chatsim.core.realtime import Connection, Encoder, draw_push, note_push, push_entry
from chatsim.server.links import Link
from chatsim.server.wires import Wire
from chatsim.wire.websocket import frame

if TYPE_CHECKING:
    from chatsim.core.faults import Drawn
    from chatsim.core.journal import Entry
    from chatsim.core.world import World

STOPPING_S: Final = 0.4
"""How long peers may take to answer our Close frame where the server stops."""

FIRST: Final = 16
AT_ONCE: Final = 96
"""So many frames of one push are made before they are written; `FIRST` ones, so that soon somebody has something to
read."""


class Hub:
    """All open sockets of a server and what each listens to.

    `effect` carries out what does not concern one connection alone; `changed` is told of every coming and going.
    """

    def __init__(
        self, effect: Callable[[World, Iterable[Effect], str, int | None], None], changed: Callable[[World], None]
    ) -> None:
        self._effect = effect
        self._changed = changed
        self._topics: dict[tuple[World, str], dict[str, Link]] = {}
        self._links: dict[World, dict[str, Link]] = {}
        self._turns: dict[tuple[World, str], int] = {}
        self._held: set[asyncio.TimerHandle] = set()
        self.muted: dict[World, dict[str, Link]] = {}
        """Those that a fault keeps silent, by id."""

    def links(self, world: World) -> list[Link]:
        """The open sockets of a world, oldest first."""
        return list(self._links.get(world, {}).values())

    def __iter__(self) -> Iterator[Link]:
        return (link for links in list(self._links.values()) for link in list(links.values()))

    async def serve(self, request: web.BaseRequest, connection: Connection) -> web.StreamResponse:
        """Shake hands and stay until the connection ends."""
        ws = Wire.of(request, connection.socket)
        await ws.prepare(request)
        transport = request.transport  # uvloop's is no instance of asyncio.Transport
        if transport is None:  # the client has left
            return ws
        link = Link(self, connection, ws, transport)
        ws.silence = link.silence
        ws.too_long = link.too_long
        request.protocol.lost = link.silence.wake  # type: ignore[attr-defined]  # a Protocol, see there
        self._links.setdefault(connection.world, {})[connection.id] = link
        try:
            self.carry_out(link, connection.opened())
            if (drawn := connection.plan.drawn) is not None:
                link.spoil(drawn)
            link.keep_beating()
            self._changed(connection.world)
            if not link.closing:
                await link.read(self._messages(ws, link))
        finally:
            code = link.closed_with if link.closing or ws.close_code is None else ws.close_code
            self._drop(link, code)
            await link.end()
        return ws

    async def _messages(self, ws: web.WebSocketResponse, link: Link) -> None:
        async for message in ws:
            if link.closing:
                return
            link.received_at = asyncio.get_running_loop().time()
            if link.silence.through:
                continue
            if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                drawn = link.connection.draw(message.data)
                if drawn is not None:
                    await link.silence.pause(drawn.delay_s)
                    link.spoil(drawn)
                self.carry_out(link, link.connection.received(message.data, drawn))
                link.keep_beating()
                self._changed(link.connection.world)

    def _drop(self, link: Link, code: int) -> None:
        connection, world = link.connection, link.connection.world
        link.still()
        for topic in list(connection.topics):
            self._unlisten(link, topic)
        links = self._links.get(world, {})
        links.pop(connection.id, None)
        self.muted.get(world, {}).pop(connection.id, None)
        if not links:
            self._links.pop(world, None)
        self.carry_out(link, connection.closed(code))
        self._changed(world)

    def carry_out(self, link: Link, effects: Iterable[Effect]) -> None:
        """Carry out a session's effects: those on the connection itself here, in order."""
        others: list[Effect] = []
        for effect in effects:
            if isinstance(effect, Send) and effect.socket is None:
                link.write(frame(effect.data, text=effect.text))
            elif isinstance(effect, Listen):
                self._listen(link, effect.topic)
            elif isinstance(effect, Unlisten):
                self._unlisten(link, effect.topic)
            elif isinstance(effect, Close) and effect.topic is None and effect.socket is None:
                link.finish(effect)
            else:
                others.append(effect)
        if others:
            one = link.connection
            self._effect(one.world, others, one.api.name, one.cause)

    def _listen(self, link: Link, topic: str) -> None:
        connection = link.connection
        connection.topics[topic] = None
        connection.world.socket_changes += 1
        self._topics.setdefault((connection.world, topic), {})[connection.id] = link

    def _unlisten(self, link: Link, topic: str) -> None:
        connection = link.connection
        connection.topics.pop(topic, None)
        connection.world.socket_changes += 1
        listeners = self._topics.get((connection.world, topic))
        if listeners is not None:
            listeners.pop(connection.id, None)
            if not listeners:
                del self._topics[connection.world, topic]

    def push(self, world: World, api: str, push: Push, cause: int | None = None) -> None:
        """Tell everybody who listens; one journal entry for all. A fault may lose or delay it, or end the sockets."""
        encoder = Encoder(push)
        entry = push_entry(world, api, push, cause)
        drawn = draw_push(world, entry, encoder.bytes(world.base_url)) if world.faults.all else None
        if drawn is not None and drawn.delay_s:
            self._delayed(drawn.delay_s, world, lambda: self._deliver(world, push, encoder, entry, drawn))
        else:
            self._deliver(world, push, encoder, entry, drawn)

    def _delayed(self, delay_s: float, world: World, act: Callable[[], None]) -> None:
        """Do something later in real time, unless the world was reset meanwhile or the server stops."""
        generation = world.generation

        def happen() -> None:
            self._held.discard(handle)
            if world.generation == generation:
                act()

        handle = asyncio.get_running_loop().call_later(delay_s, happen)
        self._held.add(handle)

    def _deliver(self, world: World, push: Push, encoder: Encoder, entry: Entry, drawn: Drawn | None) -> None:
        lost = drawn is not None and drawn.act.lose
        told = [] if lost else self._receivers(world, push)
        if drawn is not None:
            for link in told:
                link.spoil(drawn)
        self._tell(told[:FIRST], push, encoder)
        for start in range(FIRST, len(told), AT_ONCE):
            self._tell(told[start : start + AT_ONCE], push, encoder)
        raw = encoder.bytes(told[0].connection.base_url if told else world.base_url)
        note_push(world, entry, tuple(link.connection.id for link in told), raw)
        self._changed(world)

    def _tell(self, links: list[Link], push: Push, encoder: Encoder) -> None:
        """Write to some of those who listen: all frames first, then all writes, since each write leaves caches cold."""
        last: str | bytes = ""
        framed = frame(last)
        frames: list[tuple[Link, bytes]] = []
        base_url, raw = "", b""
        for link in links:
            connection = link.connection
            if connection.base_url != base_url or not raw:
                base_url, raw = connection.base_url, encoder.bytes(connection.base_url)
            for effect in connection.session.pushed(push, raw):
                if isinstance(effect, Send):
                    if effect.data != last:
                        last, framed = effect.data, frame(effect.data, text=effect.text)
                    frames.append((link, framed))
                else:
                    for one, its in frames:
                        one.write(its)
                    frames.clear()
                    self.carry_out(link, (effect,))
        for one, its in frames:
            one.write(its)

    def _receivers(self, world: World, push: Push) -> list[Link]:
        listeners = self._topics.get((world, push.topic), {})
        links = list(listeners.values())
        if (skipped := listeners.get(push.skip or "")) is not None:
            links.remove(skipped)
        if not push.one_of:
            return links
        groups: dict[str, list[Link]] = {}
        for link in links:
            groups.setdefault(link.connection.session.group, []).append(link)
        return [members[self._turn(world, group, len(members))] for group, members in groups.items()]

    def _turn(self, world: World, group: str, size: int) -> int:
        """The members of a group take turns."""
        turn = self._turns.get((world, group), 0)
        self._turns[world, group] = turn + 1
        return turn % size

    def close(self, world: World, effect: Close) -> None:
        """Close the sockets that an effect names: one, those on a topic, or all of the world."""
        for link in self.links(world):
            if effect.socket not in (None, link.connection.id):
                continue
            if effect.topic is not None and effect.topic not in link.connection.topics:
                continue
            link.abort() if effect.abort else link.close(effect.code, effect.reason)

    def unmute(self, world: World) -> None:
        """Who was muted by a fault that was taken back, or is over, speaks again."""
        if (muted := self.muted.pop(world, None)) is None:
            return
        if still := {name: link for name, link in muted.items() if link.silence.holds()}:
            self.muted[world] = still

    def unmutes_at(self, world: World) -> int | None:
        """When the next fault is over that keeps somebody silent."""
        faults = world.faults.all
        muting = (faults.get(link.connection.muted_by or "") for link in self.muted.get(world, {}).values())
        return min((one.expires for one in muting if one is not None and one.expires is not None), default=None)

    def forget(self, world: World) -> None:
        """The world is gone, and so are its groups; the sockets close by themselves."""
        self.muted.pop(world, None)
        self._turns = {key: turn for key, turn in self._turns.items() if key[0] is not world}

    def send(self, world: World, effect: Send) -> None:
        """Write to the socket that an effect names, if it is still open."""
        link = self._links.get(world, {}).get(effect.socket or "")
        if link is not None:
            link.write(frame(effect.data, text=effect.text))

    async def shut_down(self, code: int = 1001) -> None:
        """Close everything and wait a moment for the closing handshakes."""
        for held in self._held:
            held.cancel()
        links = list(self)
        for link in links:
            link.close(code)
        try:
            async with asyncio.timeout(STOPPING_S):
                await asyncio.gather(*(link.ended() for link in links))
        except TimeoutError:
            for link in links:
                link.abort()
