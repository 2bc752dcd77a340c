"""The table of APIs and routes, for a terminal and for the README. Rows without a title only refuse: not listed."""

from collections.abc import Iterable, Iterator

from chatsim.core.api import Api


def as_text(apis: Iterable[Api]) -> str:
    """A block per API, a line per path."""
    blocks = []
    for api in apis:
        rows = list(_rows(api))
        width = max((len(path) for path, *_ in rows), default=0)
        lines = [f"  {path:<{width}}  {title} ({verbs})" for path, verbs, title in rows]
        blocks.append("\n".join([f"{api.title} ({api.name})", *lines]))
    return "\n\n".join(blocks) + "\n"


def as_markdown(apis: Iterable[Api]) -> str:
    """A heading and a table per API."""
    blocks = []
    for api in apis:
        rows = [f"| `{path}` | {verbs} | {title} |" for path, verbs, title in _rows(api)]
        head = [f"### {api.title}", "", f"Emulates: {api.emulates}.", "", "| path | | |", "|---|---|---|"]
        blocks.append("\n".join([*head, *rows]))
    return "\n\n".join(blocks) + "\n"


def _rows(api: Api) -> Iterator[tuple[str, str, str]]:
    """Path, verbs and title; verbs of one path that do the same share a row."""
    verbs: dict[tuple[str, str], list[str]] = {}
    for route in api.routes:
        verbs.setdefault((route.path, route.title), []).append(route.method)
    for socket in api.sockets:
        verbs.setdefault((socket.path, socket.title), []).append("WebSocket")
    for (path, title), found in verbs.items():
        if title:
            yield path, ", ".join(found), title
