"""What JSON Schema can't say about the contract, told to schemathesis so that its valid data is valid.

- The same field twice (flat and in `lead_data`, or under its older name) with different values is a 422.
- `cursor` and `since` are opaque: only the server makes one.
- An empty path segment is another path, and `.` and `..` never reach a server (RFC 3986, section 5.2.4).

These rules have tests of their own; nothing else is filtered, and nothing is filtered from negative data.
"""

import json

import schemathesis
from schemathesis.generation import GenerationMode

ALIASES = {"lead_name": "name", "message_content": "message", "outcome_at": "at"}


def is_valid_data(case) -> bool:
    return case.meta is None or case.meta.generation.mode == GenerationMode.POSITIVE


def without_contradictions(body: dict) -> dict:
    nested = body.get("lead_data")
    inner = nested if isinstance(nested, dict) else {}
    seen = {ALIASES.get(name, name) for name in inner if name not in ALIASES}
    inner = {name: value for name, value in inner.items() if name not in ALIASES or ALIASES[name] not in inner}
    seen = {ALIASES.get(name, name) for name in inner}
    flat = {
        name: value for name, value in body.items()
        if name == "lead_data" or (ALIASES.get(name, name) not in seen and not (name in ALIASES and ALIASES[name] in body))
    }
    if "lead_id" in body:
        flat["lead_id"] = body["lead_id"]
        inner.pop("lead_id", None)
    return {**flat, "lead_data": inner} if isinstance(nested, dict) else flat


@schemathesis.hook
def before_call(context, case, kwargs) -> None:
    if not is_valid_data(case):
        return
    if isinstance(case.body, dict) and "lead_id" in case.body:
        case.body = without_contradictions(case.body)
    if case.query:
        case.query.pop("cursor", None)
        case.query.pop("since", None)


@schemathesis.serializer("application/x-ndjson")
def ndjson(context, value) -> bytes:
    """Text as it stands; any other value as one line of JSON."""
    return value.encode() if isinstance(value, str) else json.dumps(value).encode()
