"""`leadwire doctor` and `leadwire new-epoch`, before, while and after a server runs."""

import asyncio
import json
import os
import re
import shutil
import socket
import sqlite3
import subprocess

import pytest
import websockets

from cluster import Cluster
from nodes import own_redis  # noqa: F401 (a fixture)
from server import API, Server, free_port


@pytest.fixture(scope="module")
def cluster(tool):
    tool("psql")
    own = Cluster()
    yield own
    own.remove()


def run(binary: str, folder, *arguments: str) -> subprocess.CompletedProcess:
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("LEADWIRE_", "PG"))}
    return subprocess.run(
        [binary, *arguments], capture_output=True, text=True, timeout=60, env=environment, cwd=folder)


def examine(binary: str, folder, *arguments: str, port: int | None = None) -> tuple[int, dict]:
    """The exit code, and the findings by `subject, question`."""
    done = run(binary, folder, "doctor", "--json", "--port", str(port or free_port()), *arguments)
    assert done.stdout, done.stderr
    report = json.loads(done.stdout)
    found = {f"{finding['subject']}, {finding['question']}": finding for finding in report["findings"]}
    assert done.returncode == (1 if report["status"] == "broken" else 0), report
    for finding in report["findings"]:
        assert finding["verdict"] == "well" or finding["advice"] or finding["question"] == "damage", finding
    return done.returncode, found


def verdict(found: dict, key: str) -> str:
    return found[key]["verdict"]


def test_where_nothing_is_yet_nothing_is_broken_and_nothing_is_made(binary, tmp_path):
    code, found = examine(binary, tmp_path, "--data", "new")
    assert code == 0 and verdict(found, "data folder, there") == "warning"
    assert "makes it" in found["data folder, there"]["advice"]
    assert list(tmp_path.iterdir()) == []


def test_beside_a_running_server_all_is_well(binary, tmp_path):
    server = Server(binary, tmp_path / "data").start()
    try:
        server.score("one")
        (tmp_path / "data").chmod(0o700)
        code, found = examine(binary, tmp_path, "--data", "data", port=server.port)
        assert code == 0, found
        assert found["database, in use"]["found"] == "a running server has it open"
        assert found["machine, port"]["found"].startswith("a running Leadwire answers")
        assert verdict(found, "database, damage") == "well"
        server.score("still-serving")
    finally:
        server.stop()


def test_people_read_a_line_for_each_thing(binary, tmp_path):
    (tmp_path / "data").mkdir(mode=0o755)
    done = run(binary, tmp_path, "doctor", "--port", str(free_port()))
    assert done.returncode == 0 and "to look at" in done.stderr
    assert re.search(r"^warning data folder, owner: open to others \(mode 755\)\n +-> chmod 700 it", done.stdout, re.M)
    assert re.search(r"^ok +model, self-test: ", done.stdout, re.M)


def test_what_is_wrong_with_files_is_named(binary, tmp_path):
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    (data / "leadwire.sqlite").write_bytes(b"something else entirely " * 20)
    code, found = examine(binary, tmp_path, "--data", "data")
    assert code == 1 and "not an SQLite database" in found["database, opens"]["found"]

    server = Server(binary, tmp_path / "whole" / "data").start()
    for number in range(30):
        server.score(f"lead-{number}", message="x" * 4000)
    server.stop()
    file = tmp_path / "whole" / "data" / "leadwire.sqlite"
    sqlite3.connect(file).execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with file.open("r+b") as bytes_:
        bytes_.seek(8 * 4096)
        bytes_.write(os.urandom(16 * 4096))
    code, found = examine(binary, tmp_path, "--data", str(file.parent))
    assert code == 1 and verdict(found, "database, damage") == "broken", found

    (tmp_path / "model.leadwire").write_bytes(b"not a model")
    code, found = examine(binary, tmp_path, "--model", "model.leadwire")
    assert code == 1 and verdict(found, "model, loads") == "broken"


def test_a_folder_that_can_only_be_read_is_broken(binary, tmp_path, request):
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    if os.geteuid() == 0:  # whom no mode keeps out
        bound = subprocess.run(
            f"mount --bind {folder} {folder} && mount -o remount,ro,bind {folder}", shell=True, check=False,
            capture_output=True)
        if bound.returncode:
            pytest.skip("NOT RUN: the right to mount is missing, and root can write everything")
        request.addfinalizer(lambda: subprocess.run(["umount", "-l", folder], check=False))
    else:
        folder.chmod(0o500)
    code, found = examine(binary, tmp_path, "--data", "data")
    assert code == 1 and verdict(found, "data folder, writable") == "broken"


def test_a_port_that_another_program_holds_is_broken(binary, tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        code, found = examine(binary, tmp_path, port=other.getsockname()[1])
    assert code == 1 and "taken by another program" in found["machine, port"]["found"]


def test_keys_are_read_as_a_start_reads_them(binary, tmp_path):
    (tmp_path / "short").write_text("short")
    code, found = examine(binary, tmp_path, "--auth", "jwt", "--jwt-secret-file", "short")
    assert code == 1 and "32" in found["keys, readable"]["found"]
    run(binary, tmp_path, "token", "--new-secret", "--secret-file", "secret")
    code, found = examine(binary, tmp_path, "--auth", "jwt", "--jwt-secret-file", "secret")
    assert code == 0 and verdict(found, "keys, readable") == verdict(found, "keys, secret") == "well"
    (tmp_path / "secret").chmod(0o644)
    code, found = examine(binary, tmp_path, "--auth", "jwt", "--jwt-secret-file", "secret")
    assert code == 0 and verdict(found, "keys, secret") == "warning"
    code, found = examine(binary, tmp_path, "--auth", "jwt")
    assert code == 1 and "--jwt-secret-file" in found["settings, start"]["advice"]


@pytest.mark.parametrize("arguments", [("--auth", "jwtt"), ("--database", "mysql://x"), ("--colour", "blue")])
def test_settings_that_make_no_sense_exit_with_2(binary, tmp_path, arguments):
    done = run(binary, tmp_path, "doctor", *arguments)
    assert done.returncode == 2 and done.stdout == "" and done.stderr


def test_a_database_is_asked_step_by_step(binary, tmp_path, cluster):
    code, found = examine(binary, tmp_path, "--database", cluster.address())
    assert code == 1 and "CREATE SCHEMA leadwire" in found["database, tables"]["advice"] or code == 0
    server = Server(binary, tmp_path / "data", arguments=("--database", cluster.address())).start()
    server.stop()
    code, found = examine(binary, tmp_path, "--database", cluster.address())
    assert code == 0, found
    for question in ("connection", "version", "writable", "tables", "write", "connections left", "clock", "round trip"):
        assert verdict(found, f"database, {question}") == "well", found[f"database, {question}"]
    assert cluster.password not in json.dumps(found)

    wrong = cluster.address().replace(cluster.password, "wrong")
    code, found = examine(binary, tmp_path, "--database", wrong)
    assert code == 1 and "password is wrong" in found["database, connection"]["found"]
    assert verdict(found, "machine, clock") == "well", "the rest is asked all the same"

    cluster.set_read_only("on")
    try:
        code, found = examine(binary, tmp_path, "--database", cluster.address())
        assert code == 1 and verdict(found, "database, writable") == verdict(found, "database, write") == "broken"
    finally:
        cluster.set_read_only("off")

    cluster.sql("ALTER ROLE leadwire CONNECTION LIMIT 0")
    code, found = examine(binary, tmp_path, "--database", cluster.address())
    cluster.sql("ALTER ROLE leadwire CONNECTION LIMIT -1")
    assert code == 1 and "too many connections" in found["database, connection"]["found"]

    cluster.stop()
    try:
        code, found = examine(binary, tmp_path, "--database", cluster.address())
        assert code == 1 and "Connection refused" in found["database, connection"]["found"]
    finally:
        cluster.start()


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_after_a_restore_a_new_epoch_tells_clients_that_the_past_changed(binary, tmp_path, kind, request):
    cluster = request.getfixturevalue("cluster") if kind == "postgres" else None
    where = ("--database", cluster.address()) if cluster else ("--data", str(tmp_path / "data"))
    server = Server(binary, tmp_path / "data", arguments=where if cluster else ()).start()
    try:
        server.score("kept")
        server.stop()
        if cluster:
            dump = tmp_path / "backup.dump"
            tool = request.getfixturevalue("tool")
            subprocess.run(
                [tool("pg_dump"), "-Fc", "--schema", "leadwire", "-f", dump, cluster.address()], check=True)
        else:
            shutil.copytree(tmp_path / "data", tmp_path / "backup")
        server.start()
        server.score("lost")
        position = asyncio.run(subscribe(server))
        server.stop()

        if cluster:
            cluster.disconnect()
            subprocess.run(
                [tool("pg_restore"), "--clean", "--single-transaction", "-d", cluster.address(), dump], check=True)
        else:
            shutil.rmtree(tmp_path / "data")
            shutil.copytree(tmp_path / "backup", tmp_path / "data")
        renewed = run(binary, tmp_path, "new-epoch", *where)
        assert renewed.returncode == 0 and "begins a new epoch" in renewed.stderr, renewed.stderr

        server.start()
        server.score("other")
        reply = asyncio.run(subscribe(server, {"epoch": position["epoch"], "offset": position["offset"]}))
        assert reply["reset"] and reply["epoch"] != position["epoch"]
        refused = run(binary, tmp_path, "new-epoch", *where)
        assert cluster or refused.returncode == 1 and "in use" in refused.stderr
    finally:
        server.stop()


async def subscribe(server: Server, since: dict | None = None) -> dict:
    """The position that the answer names, and whether the server said that the past changed."""
    async with websockets.connect(f"ws://localhost:{server.port}{API}/ws/live-scores") as socket_:
        message = {"type": "subscribe", "events": ["lead_scored"], **({"since": since} if since else {})}
        await socket_.send(json.dumps(message))
        reply = json.loads(await asyncio.wait_for(socket_.recv(), 10))
        reset = False
        if since:
            reset = json.loads(await asyncio.wait_for(socket_.recv(), 10)).get("type") == "reset"
        return {"epoch": reply["epoch"], "offset": reply["offset"], "reset": reset}


def test_redis_is_asked_what_serving_will_ask(binary, own_redis, tmp_path):
    code, found = examine(binary, tmp_path, "--redis", own_redis.address)
    assert code == 0
    assert [verdict(found, f"Redis, {what}") for what in ("connection", "version", "rights")] == ["well"] * 3
    assert verdict(found, "Redis, memory") == "warning" and "maxmemory" in found["Redis, memory"]["advice"]
    before = own_redis.command("KEYS", "*")
    assert before == "lw1:control", "nothing else is left there"

    wrong = own_redis.address.replace(own_redis.password, "wrong")
    code, found = examine(binary, tmp_path, "--redis", wrong)
    assert code == 1 and "redis_auth" in found["Redis, connection"]["found"]
    assert "wrong" not in json.dumps(found).replace("wrong user", "")

    own_redis.command("ACL", "SETUSER", "few", "on", ">few", "~lw1:*", "+@connection", "+info", "+set", "+getdel")
    few = own_redis.address.replace(f":{own_redis.password}@", "few:few@")
    code, found = examine(binary, tmp_path, "--redis", few)
    assert code == 1 and found["Redis, rights"]["found"] == "redis_denied"

    own_redis.kill()
    code, found = examine(binary, tmp_path, "--redis", own_redis.address)
    assert code == 1 and "redis_refused" in found["Redis, connection"]["found"]
    own_redis.start()


def test_without_redis_the_doctor_says_that_there_is_none(binary, tmp_path):
    code, found = examine(binary, tmp_path)
    assert code == 0 and verdict(found, "Redis, configured") == "well"


def table(folder, rows: int = 400, extra: str = "") -> str:
    lines = ["channel,visits,closed_on,converted"]
    for row in range(rows):
        won = row % 5 == 0
        closed = f"2026-03-{row % 28 + 1:02d}" if won else ""
        lines.append(f"{'web' if row % 3 else 'phone'},{row * 7 % 11},{closed},{'won' if won else 'lost'}")
    (folder / "history.csv").write_text("\n".join(lines) + "\n" + extra)
    return "history.csv"


def test_a_table_is_examined_and_training_leaves_out_what_leaks(binary, tmp_path):
    file = table(tmp_path)
    done = run(binary, tmp_path, "doctor", file, "--label", "converted", "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    columns = {column["name"]: column for column in report["columns"]}
    assert report["status"] == "trainable" and report["label"]["base_rate"] == 0.2
    assert columns["closed_on"]["verdict"] == "leaks" and columns["closed_on"]["evidence"]
    assert columns["visits"]["verdict"] == "safe" and columns["visits"]["used"]
    people = run(binary, tmp_path, "doctor", file, "--label", "converted")
    assert people.returncode == 0 and "LEAKS" in people.stdout and "leaking: closed_on" in people.stdout
    arguments = ("train", file, "--label", "converted", "--out", "m.leadwire", "--budget", "1s", "--json")
    trained = run(binary, tmp_path, *arguments)
    assert trained.returncode == 0, trained.stderr
    used = {column["name"]: column for column in json.loads(trained.stdout)["columns"]}
    assert not used["closed_on"]["used"] and used["closed_on"]["verdict"] == "leaks"
    assert "closed_on" in trained.stderr and "left out" in trained.stderr
    allowed = run(binary, tmp_path, *arguments, "--allow", "closed_on")
    assert {column["name"]: column["used"] for column in json.loads(allowed.stdout)["columns"]}["closed_on"]


def test_a_table_that_training_refuses_exits_with_1_and_says_where(binary, tmp_path):
    file = table(tmp_path, extra="web,3\nweb;3;;won\n")
    done = run(binary, tmp_path, "doctor", file, "--label", "converted", "--json")
    report = json.loads(done.stdout)
    assert done.returncode == 1 and report["status"] == "refused" and report["obstacles"]
    assert report["table"]["wrong_cell_count"] == {"count": 2, "lines": [402, 403]}
    trained = run(binary, tmp_path, "train", file, "--label", "converted", "--out", "m.leadwire")
    assert trained.returncode == 1 and "leadwire doctor history.csv" in trained.stderr


@pytest.mark.parametrize("arguments", [
    ("history.csv",), ("history.csv", "--label", "converted", "--port", "8000"), ("--label", "converted")])
def test_a_table_and_a_machine_are_not_mixed(binary, tmp_path, arguments):
    table(tmp_path)
    done = run(binary, tmp_path, "doctor", *arguments)
    assert done.returncode == 2 and done.stdout == "" and done.stderr
