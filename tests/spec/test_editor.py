"""An editor's YAML language server with our schema: completion, hover, and mistakes underlined.

Needs `yaml-language-server` (npm) on the PATH; without it the same is held, as far as the schema
goes, by test_json_schema.py.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import pytest

from pantheon.spec import json_schema

SERVER = shutil.which("yaml-language-server")
pytestmark = pytest.mark.skipif(SERVER is None, reason="yaml-language-server is not installed")

TEXT = """\
# yaml-language-server: $schema=schema.json
version: 1
agents:
  triage:
    input: {text: string}
    output: {team: string}
    teirs: [specialist]
    pr
"""


@dataclass
class Editor:
    """As much of an editor as asks a language server."""

    process: subprocess.Popen[bytes]
    folder: Path
    last: int = 0
    told: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def ask(self, method: str, params: dict[str, Any]) -> Any:
        """The server's answer to a request; what it asks meanwhile is answered with nothing."""
        self.last += 1
        self.send({"id": self.last, "method": method, "params": params})
        while True:
            message = self.read()
            if message.get("id") == self.last and "method" not in message:
                assert "error" not in message, message
                return message["result"]
            self.attend(message)

    def attend(self, message: dict[str, Any]) -> None:
        """Answer what the server asks, keep what it tells."""
        if "id" in message:
            items = message.get("params", {}).get("items", [])
            self.send({"id": message["id"], "result": [{} for _ in items] or None})
        else:
            self.told.append(message)

    def wait_for(self, method: str) -> dict[str, Any]:
        """The next thing it tells of that kind."""
        while not (found := [m for m in self.told if m["method"] == method]):
            self.attend(self.read())
        self.told.remove(found[0])
        return found[0]["params"]

    def send(self, message: dict[str, Any]) -> None:
        """One message, framed."""
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def read(self) -> dict[str, Any]:
        """One message."""
        out: IO[bytes] | None = self.process.stdout
        assert out
        size = 0
        while (line := out.readline().strip()) or not size:
            if line.lower().startswith(b"content-length:"):
                size = int(line.split(b":")[1])
        return json.loads(out.read(size))

    def open(self, name: str, text: str) -> str:
        """Open a file in the editor; its address."""
        (self.folder / name).write_text(text)
        uri = (self.folder / name).as_uri()
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self.send({"method": "textDocument/didOpen", "params": {"textDocument": document}})
        return uri

    def at(self, uri: str, line: int, character: int) -> dict[str, Any]:
        """A place in a file, counted from 0."""
        return {
            "textDocument": {"uri": uri},
            "position": {"line": line, "character": character},
        }


@pytest.fixture
def editor(tmp_path: Path) -> Generator[Editor]:
    """A server that knows the folder with our schema in it."""
    (tmp_path / "schema.json").write_text(json.dumps(json_schema()))
    assert SERVER
    with subprocess.Popen(
        [SERVER, "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        editor = Editor(process, tmp_path)
        completion = {"completionItem": {"documentationFormat": ["markdown"]}}
        capabilities = {"textDocument": {"completion": completion, "hover": {}}}
        root = {"uri": tmp_path.as_uri(), "name": "project"}
        editor.ask(
            "initialize",
            {
                "processId": None,
                "rootUri": root["uri"],
                "workspaceFolders": [root],
                "capabilities": capabilities,
            },
        )
        editor.send({"method": "initialized", "params": {}})
        settings = {"yaml": {"validate": True, "completion": True, "hover": True}}
        editor.send(
            {"method": "workspace/didChangeConfiguration", "params": {"settings": settings}}
        )
        yield editor
        process.kill()


def test_keys_are_completed_with_what_they_mean(editor: Editor) -> None:
    """Inside an agent its keys are offered, each with its description."""
    uri = editor.open("pantheon.yaml", TEXT)
    found = editor.ask("textDocument/completion", editor.at(uri, 7, 6))
    offered = {item["label"]: item for item in found["items"]}
    assert {"promise", "privacy"} <= offered.keys()
    assert "may differ from the cloud" in json.dumps(offered["promise"])


def test_hovering_tells_what_a_key_means(editor: Editor) -> None:
    """Over `input` of an agent stands its description."""
    uri = editor.open("pantheon.yaml", TEXT)
    hover = editor.ask("textDocument/hover", editor.at(uri, 4, 6))
    assert "Contract of the input" in json.dumps(hover)


def test_an_unknown_key_is_underlined(editor: Editor) -> None:
    """The mistake is on its line, before anything is run."""
    uri = editor.open("pantheon.yaml", TEXT)
    while not (params := editor.wait_for("textDocument/publishDiagnostics"))["diagnostics"]:
        pass
    assert params["uri"] == uri
    lines = {d["range"]["start"]["line"] for d in params["diagnostics"]}
    assert 6 in lines


def test_scaffolded_files_are_clean(editor: Editor) -> None:
    """What `pantheon init` writes has no mistake in the editor's eyes."""
    from pantheon.scaffold import TEMPLATES, project_files

    for template in TEMPLATES:
        for file in project_files(template, cloud=None):
            if not file.path.endswith(".yaml") or file.path.startswith("tests/"):
                continue
            first, _, rest = file.text.partition("\n")
            assert first.startswith("# yaml-language-server: $schema=")
            name = f"{template}-{file.path.replace('/', '-')}"
            editor.open(name, f"# yaml-language-server: $schema=schema.json\n{rest}")
            params = editor.wait_for("textDocument/publishDiagnostics")
            assert (file.path, params["diagnostics"]) == (file.path, [])
