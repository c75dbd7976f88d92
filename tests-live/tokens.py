"""Servers in JWT mode and tokens for them, signed here: `leadwire token` makes none that has ended."""

import base64
import hashlib
import hmac
import json
import pathlib
import secrets
import time

from server import Server

# A token is believed for LEEWAY seconds after its end (clocks differ); its connection is closed after GRACE.
LEEWAY, GRACE = 30, 25


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Issuer:
    """A secret in a file, and HS256 tokens signed with it."""

    def __init__(self, folder: pathlib.Path):
        folder.mkdir(parents=True, exist_ok=True)
        self.file = folder / "jwt.secret"
        self.secret = secrets.token_hex(32).encode()
        self.file.write_bytes(self.secret + b"\n")

    def token(self, user: str, role: str = "agent", ends_in: float = 3_600, **claims) -> str:
        """`ends_in` seconds from now; less than 0 for one that has ended."""
        now = int(time.time())
        claims = {"sub": user, "role": role, "tenant": "default", "exp": now + int(ends_in), **claims}
        signed = f"{encode(json.dumps({'alg': 'HS256', 'typ': 'JWT'}).encode())}.{encode(json.dumps(claims).encode())}"
        return f"{signed}.{encode(hmac.digest(self.secret, signed.encode(), hashlib.sha256))}"

    def server(self, binary: str, data: pathlib.Path) -> Server:
        """Asks for everything as an administrator."""
        return Server(binary, data, arguments=("--auth", "jwt", "--jwt-secret-file", str(self.file)),
                      token=self.token("boss", "admin"))
