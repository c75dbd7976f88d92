"""A process that may open few files: readers of the stream never use up what everything else needs."""

import asyncio

import websockets

from server import API, Server, wait_until

LIMIT, RESERVE = 320, 256


def test_readers_leave_descriptors_for_everybody_else(binary, tmp_path):
    program = tmp_path / "leadwire"
    program.write_text(f'#!/bin/bash\nulimit -n {LIMIT}\nexec "{binary}" "$@"\n')
    program.chmod(0o755)
    server = Server(str(program), tmp_path / "data").start()

    async def scene() -> tuple[list, list]:
        taken, refused = [], []
        for _ in range(LIMIT):
            try:
                taken.append(await websockets.connect(f"ws://localhost:{server.port}{API}/ws/live-scores"))
            except websockets.InvalidStatus as refusal:
                refused.append(refusal.response.status_code)
                if len(refused) == 20:
                    break
        is_well = lambda: server.get("/health").json["status"] == "healthy"
        await asyncio.to_thread(wait_until, is_well, "it is well")
        assert (await asyncio.to_thread(server.score, "still-scored"))["lead_id"] == "still-scored"
        for socket in taken:
            await socket.close()
        return taken, refused

    try:
        taken, refused = asyncio.run(scene())
        assert len(taken) == LIMIT - RESERVE
        assert refused == [503] * 20
    finally:
        server.stop()
