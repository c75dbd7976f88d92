#!/usr/bin/env bash
# All tests: one debug build, the Swift tests, then the built server as its users meet it (curl, Python, a browser).
set -euo pipefail
cd "$(dirname "$0")/.."

swift build --build-tests --explicit-target-dependency-import-check error
# Tests of whole servers wait for sockets with deadlines, so they run one by one and not beside the arithmetic.
live='LeadwireServerTests|RealtimeTests|StoreSQLiteTests|StorePostgresTests|LeadwireClientTests'
live+='|RedisTests'
swift test --skip-build --skip "$live"
with_servers() { scripts/postgres-test-server.sh run scripts/redis-test-server.sh run "$@"; }
with_servers swift test --skip-build --no-parallel --filter "$live"
LEADWIRE_BIN=$PWD/.build/debug/leadwire with_servers .build-venv/bin/python -m pytest -q tests-live
