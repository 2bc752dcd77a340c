"""What has to hold in the accounts and deliveries of a world that somebody's document describes."""

from __future__ import annotations

from typing import Any, Final

from chatsim.core.accounts import IdentityState, Realm
from chatsim.core.callbacks import SETTLED, Delivery, Outbox
from chatsim.core.clock import END, SECOND
from chatsim.core.ids import Ids
from chatsim.core.json import decode
from chatsim.core.ties import Each, Fresh, Keyed, Rule, Shown, Ties, moment, within

_LATEST_S: Final = END // SECOND
_LONGEST_S: Final = 10**9
_GENERATIONS: Final = 3
_REPEATS: Final = 1_000


def _subjects(state: IdentityState, realm: Realm) -> str | None:
    seen = [*(client.sub for client in realm.clients.values()), *(user.sub for user in realm.users.values())]
    twice = [sub for sub in seen if seen.count(sub) > 1] if len(seen) != len(set(seen)) else []
    return f"two accounts of it have the sub {twice[0]!r}" if twice else None


def _keys(state: IdentityState, key: int) -> str | None:
    if not 0 <= state.oldest_key <= key < _LONGEST_S or key - state.oldest_key >= _GENERATIONS:
        return f"the keys {state.oldest_key} to {key} are no {_GENERATIONS} generations or fewer"
    bytes.fromhex(state.secret)
    return None


def _secret_uuid(ids: Ids, kind: str) -> str:
    return ids.secret_uuid(kind)


ACCOUNTS: Final = Ties(
    rules=(
        Keyed("realms", lambda realm: realm.name),
        Keyed("realms/*/clients", lambda client: client.client_id),
        Keyed("realms/*/users", lambda user: user.username),
        Each("realms/*/users/*/username", lambda name: name == name.lower(), "is not in lower case"),
        within("realms/*/access_token_lifespan_s", 0, _LONGEST_S),
        within("realms/*/refresh_token_lifespan_s", 0, _LONGEST_S),
        within("realms/*/not_before", 0, _LATEST_S),
        Shown("realms/*", _subjects),
        Keyed("sessions", lambda session: session.sid),
        within("sessions/*/started", 0, _LATEST_S),
        Shown("key", _keys),
    ),
    fresh=(
        Fresh("session", lambda state: list(state.sessions), _secret_uuid),
        Fresh("token", lambda state: list(state.issued), _secret_uuid),
    ),
)


def _queued(outbox: Outbox, queue: list[str]) -> str | None:
    if not queue or len(set(queue)) != len(queue):
        return "it is empty, or has the same delivery twice"
    for key in queue:
        if (found := outbox.deliveries.get(key)) is None:
            return f"there is no delivery {key!r:.80}"
        if found.state in SETTLED or outbox.queues.get(found.conversation) is not queue:
            return f"{key} is {found.state}, in the conversation {found.conversation!r:.80}"
        if found.state == "held" and not outbox.holding and not found.swapping:
            return f"{key} is held, though nobody holds it"
        if found.sending and (key != queue[0] or found.state != "pending"):
            return f"{key} is being sent, but is not the first, or {found.state}"
    return None


def _placed(outbox: Outbox, delivery: Delivery) -> str | None:
    queued = delivery.id in outbox.queues.get(delivery.conversation, ())
    if queued + (delivery.id in outbox.aside) != (delivery.state not in SETTLED):
        return f"it is {delivery.state}, and {'' if queued else 'not '}in the queue of its conversation"
    if delivery.id in outbox.aside and delivery.state != "held":
        return f"it is set aside, and {delivery.state}"
    if delivery.state == "scheduled" and delivery.due_at is None:
        return "it is scheduled for no moment"
    if delivery.swapping and delivery.state != "held":
        return f"it waits to be overtaken, and is {delivery.state}"
    if delivery.behind is not None and outbox.followers.get(delivery.behind) != delivery.id:
        return f"it is behind {delivery.behind!r:.80}, whose follower is another"
    decode(delivery.body)
    return None


def _followed(outbox: Outbox, followers: dict[str, str]) -> str | None:
    for first, second in followers.items():
        if first not in outbox.deliveries or outbox.deliveries[first].state in SETTLED:
            return f"{first!r:.80} is not on its way"
        if second not in outbox.deliveries or outbox.deliveries[second].behind != first:
            return f"{second!r:.80} is not behind {first!r:.80}"
    seen = set()
    for first in followers:
        chain = {first}
        while first not in seen and (first := followers.get(first, "")):
            if first in chain:
                return f"{first!r:.80} waits for itself"
            chain.add(first)
        seen |= chain
    return None


def _ready(outbox: Outbox, leaving: dict[str, Any]) -> str | None:
    wrong = [key for key in leaving if not _first(outbox, key) or outbox.deliveries[key].state != "pending"]
    return f"{wrong[0]!r:.80} cannot leave" if wrong else None


def _due(outbox: Outbox, due: dict[str, int]) -> str | None:
    wrong = [key for key, at in due.items() if not _first(outbox, key) or outbox.deliveries[key].due_at != at]
    return f"{wrong[0]!r:.80} is not due then" if wrong else None


def _aside(outbox: Outbox, aside: dict[str, None]) -> str | None:
    wrong = sorted(aside.keys() - outbox.deliveries.keys())
    return f"there is no delivery {wrong[0]!r:.80}" if wrong else None


def _first(outbox: Outbox, key: str) -> bool:
    delivery = outbox.deliveries.get(key)
    return delivery is not None and outbox.queues.get(delivery.conversation, [""])[0] == key


_RULES: Final[tuple[Rule, ...]] = (
    Keyed("deliveries", lambda delivery: delivery.id),
    Shown("queues/*", _queued),
    Shown("deliveries/*", _placed),
    Shown("followers", _followed),
    Shown("leaving", _ready),
    Shown("due", _due),
    Shown("aside", _aside),
    moment("deliveries/*/created_at"),
    moment("deliveries/*/due_at"),
    moment("deliveries/*/attempts/*/at"),
    within("deliveries/*/repeats", 0, _REPEATS),
    within("deliveries/*/failures", 0, _LONGEST_S),
    within("deliveries/*/attempts/*/status", 0, 999),
    Each("deliveries/*/attempts/*/duration_s", lambda took: 0 <= took < _LONGEST_S, "is no duration"),
    within("kept", 1, _LONGEST_S),
)

DELIVERIES: Final = Ties(rules=_RULES, fresh=(Fresh("delivery", lambda outbox: list(outbox.deliveries)),))
