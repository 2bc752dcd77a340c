"""Sending a chat message: who may, to whom it goes, and what is said of those whom it does not reach."""

from __future__ import annotations

from collections.abc import Container
from typing import Final

from chatsim.apis.woven.errors import Denied, NoProject
from chatsim.apis.woven.state import Message, Project, Resident, Woven, key
from chatsim.core.api import Call
from chatsim.core.formats import is_uuid
from chatsim.core.http import Reply

# The document gives no texts: these are the simulator's own, and constant.
INFO: Final = "Chat message processed"
MEMBER: Final = "project members cannot receive chat messages"
UNKNOWN: Final = "user not found"


def send_message(state: Woven, call: Call) -> Reply:
    """Show the message to each resident once; report the others, those with the same reason together."""
    body = call.body
    client_id = call.principal.id if call.principal else ""
    project_id = body["project_id"].lower()
    project = _project(state, call, project_id, client_id)

    members = {key(one) for one in project.member_ids}
    silent = call.quirk("woven.members") == "silent"
    reached: dict[str, str] = {}
    failed: dict[str, list[str]] = {}
    asked: dict[str, str] = {}
    for woven_id in body["woven_ids"]:
        asked.setdefault(key(woven_id), woven_id)
    for known, woven_id in asked.items():
        reason = _obstacle(state, call, members, known)
        if reason is None:
            reached[known] = woven_id
        elif reason != MEMBER or not silent:
            failed.setdefault(reason, []).append(woven_id)

    state.projects[project_id] = project
    if client_id not in project.client_ids:
        project.client_ids.append(client_id)
    for known in reached:
        if known not in state.residents:
            state.residents[known] = Resident()
    if reached:
        state.keep(
            Message(
                id=call.ids.uuid("woven-message"),
                at=call.now,
                project_id=project_id,
                client_id=client_id,
                text=body["message"],
                woven_ids=tuple(reached.values()),
            )
        )
    errors = [{"user_ids": ids, "reason": reason} for reason, ids in failed.items()]
    success = bool(reached) or not failed or call.quirk("woven.all-failed") == "true"
    return Reply(body={"success": success, "data": {"errors": errors}, "info": INFO})


def _project(state: Woven, call: Call, project_id: str, client_id: str) -> Project:
    """The project that the client may send for; in an open world the first client that comes owns it.

    Raises:
        Denied, NoProject: it is another client's, or (listed accounts) nobody made it known.
    """
    project = state.projects.get(project_id)
    if project is not None and client_id in project.client_ids:
        return project
    if call.world.open_accounts and (project is None or not project.client_ids):
        return project or Project()
    how = f'PUT /_sim/worlds/{call.world.name}/woven/projects/{project_id} {{"client_ids":["{client_id}"]}}'
    call.note("foreign-project", f"client {client_id} does not own project {project_id}; this makes it do so: {how}")
    raise Denied() if call.quirk("woven.foreign-project") == "403" else NoProject()


def _obstacle(state: Woven, call: Call, members: Container[str], known: str) -> str | None:
    """Why the message does not reach someone, or None. Being a member comes first: it is the documented reason."""
    if known in members:
        return MEMBER
    resident = state.residents.get(known)
    if resident is not None:
        return resident.fail_reason
    # The schema allows any string, the platform's ids are UUIDs: whoever has no such id cannot come into being by it.
    if call.world.open_accounts and is_uuid(known):
        return None
    call.note("unknown-resident", f"PUT /_sim/worlds/{call.world.name}/woven/residents/{known} makes this resident")
    return UNKNOWN
