"""Sends samples to a running simulator with the real curl, as the documents' readers would; the rest goes by `ask`."""

import json
import os
import re
import ssl
import subprocess
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from placeholders import filled
from samples import Sample, without_noise

SECONDS: Final = 20
_PROMPT: Final = re.compile(r"^[$>] (?=curl)", re.MULTILINE)
_NEW_OPTION: Final = re.compile(r"\\?\n(?=\s*--?[A-Za-z])")
_CURL: Final = """curl() {
  command curl -q --silent --show-error --noproxy '*' --max-time 15 --output "$SIM_BODY" --write-out '%{http_code}' "$@"
}
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; header names in small letters."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sample is sent: the server's root, and the base URL and name of the sample's own world."""

    root: str
    base_url: str
    world: str

    def fill(self, text: str, **more: str) -> str:
        return filled(text, base_url=self.base_url, world=self.world, **more)


def ask(
    method: str,
    url: str,
    headers: dict[str, str] | None = None,
    body: bytes | None = None,
    trust: ssl.SSLContext | None = None,
) -> Answer:
    """One request; every status is an answer, none is an exception. Proxies of the environment are not used."""
    handlers = [urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trust)]
    opener = urllib.request.build_opener(*handlers)
    request = urllib.request.Request(url, data=body, headers=headers or {}, method=method)  # noqa: S310  # always a simulator of ours
    try:
        with opener.open(request, timeout=SECONDS) as reply:
            return Answer(reply.status, _small(reply.headers.items()), reply.read())
    except urllib.error.HTTPError as refused:
        with refused:
            return Answer(refused.code, _small(refused.headers.items()), refused.read())


def prepare(sample: Sample, place: Place) -> None:
    """The sample's `before` steps, in order; each must answer its status."""
    for step in sample.member.get("before", ()):
        path = place.fill(step["path"])
        root = place.root if path.startswith("/_sim") else place.base_url
        headers = {name: place.fill(value) for name, value in step.get("headers", {}).items()}
        body = None
        if "body" in step:
            headers.setdefault("Content-Type", "application/json")
            body = place.fill(json.dumps(step["body"])).encode()
        answer = ask(step["method"], root + path, headers, body)
        expected = step.get("status", 200)
        assert answer.status == expected, f"before: {step['method']} {path}: {answer.status} {answer.body!r}"


def run_curl(sample: Sample, place: Place, scratch: Path) -> Answer:
    """The document's own command, run by a shell; only the substitutions of the sample are made."""
    return _shell(place.fill(command_of(sample)), scratch)


def command_of(sample: Sample) -> str:
    """The command as a shell needs it: no left-overs of a page, no prompt, all options on one line."""
    return _NEW_OPTION.sub(" ", _PROMPT.sub("", without_noise(sample.substituted())))


def send_json(sample: Sample, place: Place, scratch: Path) -> Answer:
    """A JSON request body, sent by curl as its `method`, `path`, `headers` and `form` say."""
    body_file = scratch / "request.json"
    body_file.write_text(json.dumps(sample.value()), encoding="utf-8")
    words = ["-X", sample.member["method"]]
    form: dict[str, str] = sample.member.get("form", {})
    headers: dict[str, str] = dict(sample.member.get("headers", {}))
    for name, value in form.items():
        words += ["-F", f"{name}={place.fill(value, body_file=str(body_file))}"]
    if not form:
        headers.setdefault("Content-Type", "application/json")
        words += ["--data-binary", f"@{body_file}"]
    for name, value in headers.items():
        words += ["-H", f"{name}: {place.fill(value)}"]
    return _shell('curl "$@"', scratch, *words, place.base_url + place.fill(sample.member["path"]))


def _shell(command: str, scratch: Path, *arguments: str) -> Answer:
    body = scratch / "reply"
    done = subprocess.run(
        ["sh", "-c", _CURL + command, "sh", *arguments],
        env={**os.environ, "SIM_BODY": str(body)},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return Answer(int(done.stdout), {}, body.read_bytes() if body.exists() else b"")


def run_line(command: str) -> str:
    """Run a curl line as a person would paste it, and return what it prints."""
    quiet = "curl() { command curl -q --silent --show-error --noproxy '*' --max-time 15 \"$@\"; }\n"
    done = subprocess.run(["sh", "-c", quiet + command], capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _small(headers: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in headers}
