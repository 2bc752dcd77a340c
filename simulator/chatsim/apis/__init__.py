"""The emulated services, one package each; `discover` finds them, so that none is named anywhere else."""

import importlib
import pkgutil

from chatsim.core.api import Api


def discover(package: str = __name__) -> tuple[Api, ...]:
    """Return the `API` value of every sub-package of `package`, in alphabetical order.

    Raises:
        ImportError: a sub-package without an `API`: an unfinished API must not start silently.
    """
    root = importlib.import_module(package)
    found = []
    for module in sorted(pkgutil.iter_modules(root.__path__), key=lambda module: module.name):
        if not module.ispkg:
            continue
        name = f"{package}.{module.name}"
        api = getattr(importlib.import_module(name), "API", None)
        if not isinstance(api, Api):
            raise ImportError(f"{name} has no API: each sub-package of {package} declares `API = Api(…)`", name=name)
        found.append(api)
    return tuple(found)
