"""A PostgreSQL cluster of a test's own, which it may stop, pause, fill and starve without anybody else noticing."""

import os
import pathlib
import re
import secrets
import signal
import socket
import struct
import subprocess
import urllib.parse

from conftest import missing
from server import wait_until

SCRIPT = pathlib.Path(__file__).parent.parent / "scripts" / "postgres-test-server.sh"


class Cluster:
    """The server's role `leadwire` owns database `leads`; it is no superuser, as in production."""

    def __init__(self):
        started = self.script("start", check=False)
        if started.returncode:
            missing("a PostgreSQL server to start (" + started.stderr.strip().splitlines()[-1] + ")")
        found = dict(re.findall(r"export (\w+)='([^']*)'", started.stdout))
        self.admin = found["LEADWIRE_TEST_POSTGRES"]
        self.folder = pathlib.Path(found["LEADWIRE_TEST_POSTGRES_FOLDER"])
        self.port = urllib.parse.urlsplit(self.admin).port
        self.password = secrets.token_hex(8)
        self.hogs: list[socket.socket] = []
        self.disk = self.mount_small_disk()
        self.sql(f"CREATE ROLE leadwire LOGIN PASSWORD '{self.password}'")
        if self.disk:
            self.sql(f"CREATE TABLESPACE small LOCATION '{self.disk}'")
        self.sql("CREATE DATABASE leads OWNER leadwire" + (" TABLESPACE small" if self.disk else ""))

    def address(self, port: int | None = None) -> str:
        return f"postgres://leadwire:{self.password}@127.0.0.1:{port or self.port}/leads?sslmode=disable"

    def remove(self) -> None:
        self.release()
        self.script("stop", self.folder, check=False)
        if self.disk:
            subprocess.run(["umount", "-l", self.disk], check=False, capture_output=True)
            self.disk.rmdir()

    @staticmethod
    def script(*arguments, check: bool = True) -> subprocess.CompletedProcess:
        # The server inherits no pipe of ours: reading its end would wait for the server's.
        command = ["bash", str(SCRIPT), *map(str, arguments)]
        return subprocess.run(command, check=check, capture_output=True, text=True, timeout=60)

    def sql(self, text: str) -> str:
        """As superuser, in a session that writes even where the default is to read."""
        environment = {**os.environ, "PGOPTIONS": "-c default_transaction_read_only=off"}
        command = ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", self.admin, "-c", text]
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=30, env=environment)
        return done.stdout.strip()

    # What can be wrong with a server

    def stop(self) -> None:
        self.script("down", self.folder)

    def start(self) -> None:
        self.script("up", self.folder)

    def processes(self) -> list[int]:
        """The postmaster and everything that it started."""
        postmaster = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
        found = [postmaster]
        for entry in pathlib.Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    fields = (entry / "stat").read_text().rpartition(")")[2].split()
                except OSError:
                    continue
                if int(fields[1]) == postmaster:
                    found.append(int(entry.name))
        return found

    def pause(self) -> None:
        self.paused = self.processes()
        for process in self.paused:
            os.kill(process, signal.SIGSTOP)

    def resume(self) -> None:
        for process in self.paused:
            os.kill(process, signal.SIGCONT)

    def disconnect(self) -> None:
        self.sql("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'leadwire'")

    def change_password(self) -> None:
        self.sql("ALTER ROLE leadwire PASSWORD 'another'")
        self.disconnect()

    def restore_password(self) -> None:
        self.sql(f"ALTER ROLE leadwire PASSWORD '{self.password}'")

    def set_read_only(self, value: str) -> None:
        self.sql(f"ALTER SYSTEM SET default_transaction_read_only = {value}")
        self.sql("SELECT pg_reload_conf()")

    def mount_small_disk(self) -> pathlib.Path | None:
        disk = self.folder.with_name(self.folder.name + "-disk")
        disk.mkdir()
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=40m,mode=0755", "tmpfs", str(disk)], check=False, capture_output=True)
        if mounted.returncode:
            disk.rmdir()
            return None
        subprocess.run(["chown", "postgres:", str(disk)], check=True)
        return disk

    def fill_disk(self) -> None:
        fill(self.disk / "filler")

    def empty_disk(self) -> None:
        (self.disk / "filler").unlink()

    def occupy(self) -> None:
        """Sessions of others take every connection there is: each has said hello and has yet to show its password."""
        taken = self.sql("SELECT string_agg(pid::text, ' ') FROM pg_stat_activity WHERE usename = 'leadwire'").split()
        self.fill_connections()
        for process in taken:
            os.kill(int(process), signal.SIGTERM)
        # Each that leaves makes room for one of ours, sooner or later.
        wait_until(lambda: self.fill_connections() == 0
                   and not any(pathlib.Path(f"/proc/{process}").exists() for process in taken), "no place is left")

    def fill_connections(self) -> int:
        """How many more there was room for."""
        before = len(self.hogs)
        parameters = b"user\0leadwire\0database\0leads\0\0"
        hello = struct.pack("!II", 8 + len(parameters), 196608) + parameters
        while True:
            hog = socket.create_connection(("127.0.0.1", self.port), timeout=5)
            hog.sendall(hello)
            answer = hog.recv(1)
            if answer != b"R":  # not asked for a password: refused
                hog.close()
                return len(self.hogs) - before
            self.hogs.append(hog)

    def release(self) -> None:
        for hog in self.hogs:
            hog.close()
        self.hogs = []


def fill(path: pathlib.Path) -> None:
    """A file that takes all the room there is left."""
    with path.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while file.write(b"\0" * size) == size:
                    pass
            except OSError:
                continue
