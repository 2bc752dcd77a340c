"""What runs in a world without a request to its API: timers, and what the control API does in an API's name.

It goes the same way as a request does, from its operation on; errors go up to the caller, which words them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chatsim.core.api import Call
from chatsim.core.errors import ApiError
from chatsim.core.pipeline import Plan, refusal, settle

if TYPE_CHECKING:
    from chatsim.core.api import Api, Collection, Trigger
    from chatsim.core.clock import Timer
    from chatsim.core.pipeline import Outcome
    from chatsim.core.simulator import Simulator
    from chatsim.core.world import World


def run_timer(simulator: Simulator, world: World, timer: Timer) -> Outcome:
    """Run something that fell due on the world's clock."""
    api = simulator.apis[timer.api]
    call = _inner_call(simulator, world, api, "timer", timer.operation, timer.cause)
    call.now = max(timer.due, 0)
    call.entry.at = call.now
    call.body = timer.args
    plan = Plan(simulator, api, call, simulator.wall())
    return _run(plan, api.timers[timer.operation])


def run_trigger(simulator: Simulator, world: World, api: Api, trigger: Trigger, outer: Call) -> Outcome:
    """Act as the other party. `outer` is the control call that asks for it; its body is the trigger's."""
    call = _inner_call(simulator, world, api, "trigger", trigger.name, None, outer.base_url)
    call.entry.method, call.entry.path = "POST", outer.request.path
    call.entry.request_headers = outer.request.headers
    call.entry.request_body, call.entry.request_size = outer.entry.request_body, outer.entry.request_size
    call.body = outer.body
    call.params = outer.params
    plan = Plan(simulator, api, call, simulator.wall())
    return _run(plan, trigger.run)


def collection_call(simulator: Simulator, world: World, api: Api, collection: Collection, outer: Call) -> Call:
    """A call for the functions of a collection: in the world and API that it belongs to, not in the journal."""
    call = Call(world, api, outer.request, outer.entry, outer.now, None, outer.params)
    call.body = outer.body
    return call


def _inner_call(
    simulator: Simulator, world: World, api: Api, kind: str, name: str, cause: int | None, base_url: str = ""
) -> Call:
    now = world.clock.now()
    entry = world.journal.open(now, kind, api.name, cause)
    entry.operation = name
    call = Call(world, api, simulator.own_request, entry, now)
    call.base_url = world.base_url or base_url or simulator.own_request.base_url
    return call


def _run(plan: Plan, operation: Any) -> Outcome:
    try:
        reply = operation(plan.call.state(plan.api.name), plan.call)
    except ApiError as problem:
        refusal(plan, problem)
        plan.call.entry.status = problem.status
        plan.call.world.journal.add(plan.call.entry)
        raise
    except Exception as problem:  # noqa: BLE001 - a mistake of ours, recorded as one
        reply = refusal(plan, problem)
    return settle(plan, reply)
