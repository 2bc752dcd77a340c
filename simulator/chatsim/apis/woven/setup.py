"""What a test sets up and looks at: projects, residents, and the notifications that were shown."""

from __future__ import annotations

from typing import Any, Final

from chatsim.apis.woven.state import Project, Resident, Woven, key, project, resident
from chatsim.core.api import Call, Collection
from chatsim.core.formats import is_uuid
from chatsim.core.schemas import refused


def put_project(state: Woven, call: Call) -> tuple[bool, Any]:
    """Make or replace a project."""
    named = call.params["project_id"]
    if not is_uuid(named):
        raise refused(
            "/project_id", f"a project's id is a UUID, such as 6f1c2c52-9d0a-4b39-8f57-0b6f1f6a2c11, not {named!r}"
        )
    created = key(named) not in state.projects
    state.projects[key(named)] = project(call.body)
    return created, get_project(state, call)


def get_project(state: Woven, call: Call) -> Any:
    """One project, or None."""
    named = key(call.params["project_id"])
    found = state.projects.get(named)
    return None if found is None else _project_as_json(named, found)


def delete_project(state: Woven, call: Call) -> bool:
    """Forget a project."""
    return state.projects.pop(key(call.params["project_id"]), None) is not None


def list_projects(state: Woven, call: Call) -> list[Any]:
    """All projects."""
    return [_project_as_json(named, one) for named, one in state.projects.items()]


def put_resident(state: Woven, call: Call) -> tuple[bool, Any]:
    """Make or replace a resident."""
    named = key(call.params["woven_id"])
    created = named not in state.residents
    state.residents[named] = resident(call.body)
    return created, get_resident(state, call)


def get_resident(state: Woven, call: Call) -> Any:
    """One resident, or None."""
    named = key(call.params["woven_id"])
    found = state.residents.get(named)
    return None if found is None else _resident_as_json(named, found)


def delete_resident(state: Woven, call: Call) -> bool:
    """Forget a resident."""
    return state.residents.pop(key(call.params["woven_id"]), None) is not None


def list_residents(state: Woven, call: Call) -> list[Any]:
    """All residents."""
    return [_resident_as_json(named, one) for named, one in state.residents.items()]


def list_notifications(state: Woven, call: Call) -> list[Any]:
    """What was shown, oldest first; `?woven_id=` for one resident."""
    return list(state.notifications(dict(call.query).get("woven_id")))


def _project_as_json(project_id: str, one: Project) -> dict[str, Any]:
    return {"project_id": project_id, "client_ids": one.client_ids, "member_ids": one.member_ids}


def _resident_as_json(woven_id: str, one: Resident) -> dict[str, Any]:
    return {"woven_id": woven_id, "fail_reason": one.fail_reason}


COLLECTIONS: Final = (
    Collection(
        path="projects/{project_id}",
        title="Projects: the clients that may send for them, and their members",
        schema="sim-projects",
        put=put_project,
        get=get_project,
        delete=delete_project,
        list=list_projects,
    ),
    Collection(
        path="residents/{woven_id}",
        title="Residents: users of the Woven City App, and why messages to them fail",
        schema="sim-residents",
        put=put_resident,
        get=get_resident,
        delete=delete_resident,
        list=list_residents,
    ),
    Collection(
        path="notifications",
        title="Notifications that residents' phones have shown; woven_id= for one resident",
        shows="sim-notifications",
        list=list_notifications,
        filters=("woven_id",),
    ),
)
