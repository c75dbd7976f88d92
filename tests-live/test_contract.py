"""The served description against the server itself, by schemathesis: every answer is a described one.

LEADWIRE_EXAMPLES (default 40) bounds the examples of each operation; the seed is fixed in schemathesis.toml.
"""

import json
import os
import pathlib
import re
import subprocess
import sys

from openapi_spec_validator import validate

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parent / "Sources/LeadwireServer/Resources/openapi.json"


def test_the_description_is_valid_openapi_and_is_what_the_server_serves(server):
    served = server.get("/openapi.json")
    assert served.status == 200 and served.headers["Content-Type"].startswith("application/json")
    validate(served.json)
    assert served.json == json.loads(SOURCE.read_text())


def test_every_described_path_is_answered(server):
    """No listed path may be a 404 of the router, whatever the server thinks of the request itself."""
    for path, item in server.get("/openapi.json").json["paths"].items():
        concrete = re.sub(r"\{[^}]*\}", "nobody", path)
        answer = server.request("PATCH", concrete)
        assert answer.status == 405, f"{path}: {answer.status}, so the router does not know it"
        allowed = {name.strip().lower() for name in answer.headers["Allow"].split(",")}
        assert set(item) <= allowed, f"{path}: described {sorted(item)}, allowed {sorted(allowed)}"


def test_schemathesis_finds_nothing(own_server, tmp_path):
    done = subprocess.run(
        [str(pathlib.Path(sys.executable).parent / "schemathesis"), "--config-file", "schemathesis.toml", "run",
         own_server.base + "/openapi.json", "--url", own_server.base,
         "--max-examples", os.environ.get("LEADWIRE_EXAMPLES", "40"), "--no-color"],
        cwd=HERE, capture_output=True, text=True, timeout=900,
        env={**os.environ, "PYTHONPATH": str(HERE), "PYTHONDONTWRITEBYTECODE": "1"})
    assert done.returncode == 0, f"schemathesis exits with {done.returncode}\n{done.stdout[-20000:]}\n{done.stderr[-4000:]}"
    assert "No issues found" in done.stdout or "passed" in done.stdout, done.stdout[-4000:]
