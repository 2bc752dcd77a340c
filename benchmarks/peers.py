"""What a user would otherwise pick, configured to the same contract: Prism and WireMock, both from npm. Knows how they
are installed and set up, not what is measured.
"""

import json
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from benchmarks.scenarios import Contract
from benchmarks.servers import Server

HERE: Final = Path(__file__).parent
MODULES: Final = HERE / "node_modules"


class NotInstallable(Exception):
    """The peers cannot be had on this machine; the text says why."""


def install() -> None:
    """What package.json names, beside it; does nothing where that is done.

    Raises:
        NotInstallable: without npm, or when npm fails.
    """
    done_at = MODULES / ".package-lock.json"
    if done_at.exists() and done_at.stat().st_mtime >= (HERE / "package.json").stat().st_mtime:
        return
    npm = shutil.which("npm")
    if npm is None:
        raise NotInstallable("npm is not installed")
    quiet = ["--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"]
    done = subprocess.run([npm, "install", *quiet], cwd=HERE, check=False, capture_output=True, text=True, timeout=600)
    if done.returncode:
        raise NotInstallable(f"npm install failed: {done.stderr.strip()[-300:]}")


def prism(contracts: Iterable[Contract], folder: Path) -> Server:
    """Prism with its log off, answering the example of an OpenAPI document that is written to `folder`.

    Raises:
        NotInstallable: without Node.js.
    """
    node = _found("node", "Prism")
    document = folder / "openapi.json"
    document.write_text(json.dumps(_openapi(contracts)))
    main = MODULES / "@stoplight" / "prism-cli" / "dist" / "index.js"
    return Server(
        "Prism",
        lambda port: [
            node,
            str(main),
            "mock",
            "--port",
            str(port),
            "--verboseLevel",
            "silent",
            "--errors",
            str(document),
        ],
    )


def wiremock(contracts: Iterable[Contract], folder: Path) -> Server:
    """WireMock with its own log off and a journal as long as the simulator's, its stubs written to `folder`.

    Raises:
        NotInstallable: without Java.
    """
    java = _found("java", "WireMock")
    (folder / "mappings").mkdir()
    for number, contract in enumerate(contracts):
        (folder / "mappings" / f"{number}.json").write_text(json.dumps(_stub(contract)))
    (jar,) = (MODULES / "wiremock" / "build").glob("wiremock-standalone-*.jar")
    options = ["--disable-banner", "--disable-request-logging", "--max-request-journal-entries", "10000"]
    options += ["--use-chunked-encoding", "never"]  # the others send Content-Length too
    return Server(
        "WireMock",
        lambda port: [java, "-jar", str(jar), "--port", str(port), "--root-dir", str(folder), *options],
        warm_up_s=10,
    )


def _found(program: str, needed_by: str) -> str:
    if path := shutil.which(program):
        return path
    raise NotInstallable(f"{program}, which {needed_by} needs, is not installed")


def _openapi(contracts: Iterable[Contract]) -> dict[str, Any]:
    paths: dict[str, Any] = {}
    for contract in contracts:
        answer = {"schema": contract.reply_schema, "example": contract.reply}
        paths.setdefault(contract.path, {})[contract.method.lower()] = {
            "security": [{"token": []}] if contract.bearer else [],
            "requestBody": {"required": True, "content": {"application/json": {"schema": contract.body_schema}}},
            "responses": {"200": {"description": "Answered", "content": {"application/json": answer}}},
        }
    schemes = {"token": {"type": "http", "scheme": "bearer"}}
    information = {"title": "The measured operations", "version": "1"}
    return {"openapi": "3.1.0", "info": information, "paths": paths, "components": {"securitySchemes": schemes}}


def _stub(contract: Contract) -> dict[str, Any]:
    headers = {"Content-Type": {"contains": "application/json"}}
    if contract.bearer:
        headers["Authorization"] = {"matches": "Bearer .+"}
    body = {"matchesJsonSchema": json.dumps(contract.body_schema), "schemaVersion": "V202012"}
    return {
        "request": {"method": contract.method, "urlPath": contract.path, "headers": headers, "bodyPatterns": [body]},
        "response": {"status": 200, "jsonBody": contract.reply, "headers": {"Content-Type": "application/json"}},
    }
