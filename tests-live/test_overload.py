"""More than the server can do: what it takes it answers in good time, and the rest hears so at once."""

import statistics
import threading
import time

import pytest

from load import Load
from server import Server, request

LIMIT = 16


@pytest.fixture
def server(binary, tmp_path):
    (tmp_path / "leadwire.yaml").write_text(f"max_concurrent_scores: {LIMIT}\n")
    own = Server(binary, tmp_path / "data", arguments=("--config", str(tmp_path / "leadwire.yaml"))).start()
    yield own
    own.stop()


def test_three_times_too_much_is_shed_and_what_is_taken_stays_quick(server):
    Load(server.port, 1).run(1)  # warm
    alone = Load(server.port, 1).run(3)
    full = Load(server.port, LIMIT).run(4)
    assert full.statuses().keys() == {200}
    capacity = full.statuses()[200] / 4
    overload = Load(server.port, 4 * LIMIT, rate=3 * capacity)
    thread = threading.Thread(target=overload.run, args=(6,))
    thread.start()
    spared = []
    while thread.is_alive():
        for path in ("/health/live", "/health", "/metrics"):
            began = time.monotonic()
            answer = request(server.base, "GET", path)
            spared.append((path, answer.status, time.monotonic() - began))
    thread.join()
    metrics = request(server.base, "GET", "/metrics").body.decode()
    shed = int(metrics.split("\nleadwire_scores_shed_total ")[1].split("\n")[0])

    taken, refused = overload.statuses()[200], overload.statuses()[503]
    p99, quiet = overload.quantile(0.99), alone.quantile(0.99)
    print(f"\nalone p50 {alone.quantile(0.5) * 1000:.1f} p99 {quiet * 1000:.1f} ms; {capacity:.0f} scores/s with {LIMIT} "
          f"in flight, p99 {full.quantile(0.99) * 1000:.1f} ms; at {3 * capacity:.0f}/s: {taken / 6:.0f}/s taken, p50 "
          f"{overload.quantile(0.5) * 1000:.1f} p99 {p99 * 1000:.1f} ms ({p99 / quiet:.1f}x), {refused / 6:.0f}/s refused, "
          f"p50 {overload.quantile(0.5, 503) * 1000:.1f} p99 {overload.quantile(0.99, 503) * 1000:.1f} ms, "
          f"{overload.late} never sent; live p50 "
          f"{statistics.median(s for path, _, s in spared if path == '/health/live') * 1000:.1f} ms")
    assert overload.statuses().keys() == {200, 503} and refused > taken * 0.3
    assert all(sample.retry_after for sample in overload.samples if sample.status == 503)
    assert shed >= refused
    assert all(status == 200 for _, status, _ in spared), "who asks how it is, is never shed"
    assert taken / 6 > 0.25 * capacity, "refusing costs little"
    # With all that is offered in flight it would be four times as long as with what fits. A debug build on a shared machine
    # stands still now and then, so the p99 of a release build stands in docs/operations.md.
    assert overload.quantile(0.5) < 3 * full.quantile(0.5) + 0.1
    assert overload.quantile(0.95) < max(25 * quiet, 2.0)
