#!/usr/bin/env bash
# The OpenAPI document that the program prints is valid, and the commands it lists exist.
set -euo pipefail
cd "$(dirname "$0")/.."
program=.build/debug/leadwire
document=$(mktemp)
trap 'rm -f "$document"' EXIT
"$program" openapi >"$document"
.build-venv/bin/python -m openapi_spec_validator "$document"
for command in serve train score predict evaluate report import-model models simulate token openapi doctor new-epoch; do
    # Not through a pipe: grep leaves at its first hit, and a program that still writes would fail the check.
    help=$("$program" "$command" --help)
    grep -qi example <<<"$help" || { echo "docs: $command --help shows no example" >&2; exit 1; }
done
echo "docs: OpenAPI valid, every command shows an example"
