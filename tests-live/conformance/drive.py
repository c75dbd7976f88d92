"""Runs the translated cases against a WebSocket echo, one connection a case, in order.

drive.py CASES URL OUT PATTERN...: CASES is what port.py made, PATTERN `6.*` or `6.4.1`. Writes OUT, a JSON object from
case number to `{"behavior", "behaviorClose", "remoteCloseCode", "duration", "result", "resultClose"}`, as the suite's
own runner does in its index.
"""

import json
import sys
import time
import warnings

warnings.filterwarnings("ignore")
import txaio  # noqa: E402

txaio.use_twisted()
from autobahn.twisted.websocket import WebSocketClientFactory, WebSocketClientProtocol, connectWS  # noqa: E402
from autobahn.websocket.protocol import WebSocketProtocol  # noqa: E402
from twisted.internet import reactor  # noqa: E402

sys.path[:0] = [sys.argv[1] + "/cases"]
import case as suite  # noqa: E402
from caseset import CaseSet  # noqa: E402

# It pickles both sides and compares the pickles; equal strings needn't pickle alike.
suite.Case.compare = lambda self, one, other: one == other


def octets(text):
    return text.encode("latin-1") if isinstance(text, str) else text


def characters(data):
    return data.decode("latin-1") if isinstance(data, (bytes, bytearray)) else data


class CaseProtocol(WebSocketClientProtocol):
    """One case's connection: bytes on the side of the socket, one character a byte on the side of the case."""

    def connectionMade(self):
        self.connectionWasOpen = False
        self.createWirelog = False
        self.wirelog = []
        self.txFrameStats = {}
        self.started = time.monotonic()
        super().connectionMade()

    def connectionLost(self, reason):
        super().connectionLost(reason)
        try:
            self.runCase.onConnectionLost(self.failedByMe)
        except Exception as error:  # the case's own code: a failure of the case, and the others go on
            self.runCase.behavior, self.runCase.result = "FAILED", repr(error)
        self.factory.record(self)

    def onOpen(self):
        self.connectionWasOpen = True
        self.runCase.onOpen()

    def onMessage(self, payload, isBinary):
        self.runCase.onMessage(characters(payload), isBinary)

    def onPing(self, payload):
        self.runCase.onPing(characters(payload))

    def onPong(self, payload):
        self.runCase.onPong(characters(payload))

    def onClose(self, wasClean, code, reason):
        self.runCase.onClose(wasClean, code, reason)

    # What the cases call.

    def sendFrame(self, opcode, payload=b"", payload_len=None, **more):
        payload = octets(payload)
        if payload_len is not None:
            payload = (payload * (payload_len // len(payload) + 1))[:payload_len]
        return super().sendFrame(opcode=opcode, payload=payload, **more)

    def sendMessage(self, payload, *arguments, **more):
        return super().sendMessage(octets(payload), *arguments, **more)

    def sendPing(self, payload=None):
        return super().sendPing(octets(payload))

    def sendMessageFrameData(self, payload, sync=False):
        return super().sendMessageFrameData(octets(payload), sync)

    def sendCloseFrame(self, code=None, reasonUtf8=None, isReply=False):
        return super().sendCloseFrame(code=code, reasonUtf8=octets(reasonUtf8), isReply=isReply)

    def enableWirelog(self, enable):
        pass

    def logTxFrame(self, frameHeader, payload, repeatLength, chopsize, sync):
        self.txFrameStats[frameHeader.opcode] = self.txFrameStats.get(frameHeader.opcode, 0) + 1

    def later(self, delay, act):
        def unless_closed():
            if self.state != WebSocketProtocol.STATE_CLOSED:
                act()

        reactor.callLater(delay, unless_closed)

    def continueLater(self, delay, fun, tag=None):
        self.later(delay, fun)

    def killAfter(self, delay):
        self.later(delay, self.failConnection)

    def closeAfter(self, delay):
        self.later(delay, self.sendClose)


class Runner(WebSocketClientFactory):
    """A new connection for every case; the reactor ends with the last."""

    def __init__(self, url, patterns):
        super().__init__(url)
        self.logOctets = False
        self.logFrames = True
        self.setProtocolOptions(failByDrop=False)
        self.cases = CaseSet(
            suite.CaseSetname, suite.CaseBasename, suite.Cases, suite.CaseCategories, suite.CaseSubCategories)
        self.wanted = self.cases.parseSpecCases({"cases": [f"^{pattern}$" for pattern in patterns if "*" in pattern]
                                                 + [pattern for pattern in patterns if "*" not in pattern]})
        self.position = 0
        self.results = {}

    def buildProtocol(self, address):
        protocol = CaseProtocol()
        protocol.factory = self
        protocol.Case = self.cases.CasesById[self.wanted[self.position]]
        protocol.runCase = protocol.Case(protocol)
        return protocol

    def record(self, protocol):
        done = protocol.runCase
        self.results[self.wanted[self.position]] = {
            "behavior": done.behavior, "behaviorClose": done.behaviorClose, "result": done.result,
            "resultClose": done.resultClose, "remoteCloseCode": protocol.remoteCloseCode,
            "duration": round((time.monotonic() - protocol.started) * 1000)}

    def clientConnectionLost(self, connector, reason):
        self.position += 1
        if self.position < len(self.wanted):
            connector.connect()
        else:
            reactor.stop()

    def clientConnectionFailed(self, connector, reason):
        print(f"no connection for case {self.wanted[self.position]}: {reason.getErrorMessage()}", file=sys.stderr)
        reactor.stop()


def main():
    _, _, url, out, *patterns = sys.argv
    runner = Runner(url, patterns)
    if runner.wanted:
        reactor.callWhenRunning(connectWS, runner)
        reactor.run()
    with open(out, "w", encoding="utf-8") as file:
        json.dump(runner.results, file, indent=1)


if __name__ == "__main__":
    main()
