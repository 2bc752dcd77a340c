"""The table of APIs and routes, for a terminal and for the README."""

from collections.abc import Iterable, Iterator

from chatsim.core.api import Api


def as_text(apis: Iterable[Api]) -> str:
    """A block per API, a line per path."""
    blocks = []
    for api in apis:
        rows = [(path, title or name, verbs) for path, title, name, verbs in _rows(api)]
        width = max((len(path) for path, *_ in rows), default=0)
        lines = [f"  {path:<{width}}  {title} ({verbs})" for path, title, verbs in rows]
        blocks.append("\n".join([f"{api.title} ({api.name})", *lines]))
    return "\n\n".join(blocks) + "\n"


def as_markdown(apis: Iterable[Api]) -> str:
    """A heading and a table per API."""
    blocks = []
    for api in apis:
        rows = [f"| `{path}` | {verbs} | {title or name} |" for path, title, name, verbs in _rows(api)]
        head = [f"### {api.title}", "", f"As {api.emulates} answers.", "", "| path | | |", "|---|---|---|"]
        blocks.append("\n".join([*head, *rows]))
    return "\n\n".join(blocks) + "\n"


def _rows(api: Api) -> Iterator[tuple[str, str, str, str]]:
    """Path, title, operation and verbs; verbs of one path that do the same share a row."""
    verbs: dict[tuple[str, str, str], list[str]] = {}
    for route in api.routes:
        verbs.setdefault((route.path, route.title, route.name), []).append(route.method)
    for socket in api.sockets:
        verbs.setdefault((socket.path, socket.title, socket.name), []).append("WebSocket")
    for (path, title, name), found in verbs.items():
        yield path, title, name.replace("_", " "), ", ".join(found)
