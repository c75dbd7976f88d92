#!/usr/bin/env bash
# All tests: one debug build, the Swift tests, then the built server as its users meet it (curl, Python, a browser).
set -euo pipefail
cd "$(dirname "$0")/.."

swift build --build-tests --explicit-target-dependency-import-check error
swift test --skip-build
LEADWIRE_BIN=$PWD/.build/debug/leadwire .build-venv/bin/python -m pytest -q tests-live
