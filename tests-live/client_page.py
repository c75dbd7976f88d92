"""A browser page with the JavaScript client in it, as a test drives it."""

import itertools
import json
import pathlib

import pytest
from selenium import webdriver

from faults import FaultProxy
from server import API, wait_until

MODULE = pathlib.Path(__file__).resolve().parent.parent / "clients/javascript/leadwire.js"
serial = itertools.count(1)

HTML = """<!doctype html><meta charset="utf-8"><title>leadwire.js</title><link rel="icon" href="data:,">
<script type="module">
import * as module from "/client/leadwire.js";
window.module = module;
window.seen = { items: [], states: [], positions: [], failure: null, isDone: false };
window.plainly = ({ name, code, retryable, closeCode, message }) => ({ name, code, retryable, closeCode, message });
window.start = (options = {}) => {
    window.client = new module.LeadwireClient({
        url: "/api/v1/ml/ws/live-scores", backoff: { minMs: 10, maxMs: 100 },
        onState: state => seen.states.push(state), onPosition: position => seen.positions.push(position), ...options });
    (async () => {
        for await (const item of client) {
            seen.items.push(item);
            await window.gate;
        }
        seen.isDone = true;
    })().catch(error => { seen.failure = plainly(error); });
};
</script>"""

PAGES = {"/client/": ("text/html", HTML.encode()), "/client/leadwire.js": ("text/javascript", MODULE.read_bytes())}


def fresh(name: str) -> str:
    return f"{name}-{next(serial)}"


def broadcast(server, text: str) -> None:
    answer = server.post(API + "/ws/broadcast", {"event_type": "custom", "data": {"text": text}})
    assert answer.status == 200, answer.body


class Page:
    """A page with the client in it, and the proxy that it reaches the server through."""

    def __init__(self, driver, proxy: FaultProxy, server):
        self.driver, self.proxy, self.server = driver, proxy, server

    def load(self) -> "Page":
        self.driver.get(self.proxy.base + "/client/")
        wait_until(lambda: self.evaluate("!!window.start"), "the module is loaded")
        return self

    def evaluate(self, expression: str):
        return self.driver.execute_script(f"return {expression}")

    def start(self, code: str = "", **options) -> "Page":
        """`code` is JavaScript, for what JSON can't say: more members of the options."""
        members = [f"{name}: {json.dumps(value)}" for name, value in options.items()] + ([code] if code else [])
        self.evaluate(f"start({{ {', '.join(members)} }})")
        return self

    def live(self, **more) -> "Page":
        self.start(**more)
        self.wait_for_state("live")
        return self

    def ask(self, call: str):
        """What a method of the client fulfils its promise with, or `{"rejected": …}`."""
        return self.driver.execute_async_script(
            f"const done = arguments[0]; client.{call}.then(done, error => done({{ rejected: plainly(error) }}))")

    @property
    def state(self) -> dict:
        return self.evaluate("client.state")

    def wait_for_state(self, name: str) -> dict:
        return wait_until(lambda: (state := self.state)["name"] == name and state, f"{name}, not {self.state}")

    @property
    def states(self) -> list[dict]:
        return self.evaluate("seen.states")

    @property
    def waits(self) -> list[dict]:
        return [state for state in self.states if state["name"] == "waiting"]

    @property
    def failure(self) -> dict | None:
        return self.evaluate("seen.failure")

    @property
    def items(self) -> list[dict]:
        """In order, with of `data` only what tells events apart."""
        return self.evaluate("seen.items.map(item => ({...item, ...(item.data && { data: "
                             "{ lead_id: item.data.lead_id, source: item.data.source, text: item.data.text } }) }))")

    def leads(self) -> list[str]:
        return [item["data"]["lead_id"] for item in self.items if item.get("event_type") == "lead_scored"]

    def items_until(self, text: str) -> list[dict]:
        """Everything before the custom event with this text."""
        def arrived():
            items = self.items
            index = next((index for index, item in enumerate(items) if item.get("data", {}).get("text") == text), None)
            return None if index is None else (items[:index],)

        return wait_until(arrived, f"the marker {text}; state {self.state}, failure {self.failure}", 60)[0]

    def mark(self) -> str:
        text = fresh("marker")
        broadcast(self.server, text)
        return text


def connections(server) -> list[dict]:
    return server.get(API + "/ws/connections?limit=1000").json["connections"]


@pytest.fixture(scope="module")
def driver(tool):
    options = webdriver.ChromeOptions()
    options.binary_location = tool("chromium", "chromium-browser", "google-chrome")
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                 "--disable-background-networking", "--disable-component-update"):
        options.add_argument(flag)
    browser = webdriver.Chrome(options=options, service=webdriver.ChromeService(tool("chromedriver")))
    browser.set_script_timeout(30)
    yield browser
    browser.get("about:blank")
    browser.quit()


@pytest.fixture
def page(driver, own_server):
    with FaultProxy(own_server.port, PAGES) as proxy:
        yield Page(driver, proxy, own_server).load()
        driver.get("about:blank")
