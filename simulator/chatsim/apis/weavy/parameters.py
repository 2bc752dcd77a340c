"""The query of a call, read by the grammar; what the grammar refuses is a 400."""

from typing import Any

from chatsim.apis.weavy.errors import BadValues
from chatsim.apis.weavy.query import Parameters, QueryError, read
from chatsim.core.api import Call


def parameters(call: Call, known: Parameters) -> dict[str, Any]:
    """The set parameters by name.

    Raises BadValues where a value is not what its parameter takes.
    """
    try:
        return read(call.query, known)
    except QueryError as refused:
        raise BadValues({name: [reason] for name, reason in refused.errors.items()}) from refused
