"""The board in headless Chromium. Screenshots are written to LEADWIRE_SHOTS, or to .build/board beside the sources."""

import functools
import itertools
import json
import math
import os
import pathlib
import urllib.parse

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from server import API, wait_until

ROOT = pathlib.Path(__file__).resolve().parent.parent
SHOTS = pathlib.Path(os.environ.get("LEADWIRE_SHOTS", ROOT / ".build/board"))
PHONE, DESK = (390, 844), (1280, 860)

STRONG = {"name": "Example Strong", "source": "referral", "message":
          "Pre-approved for $450k, cash is possible. We want to buy in Leander as soon as possible, this week. Can we see 12 Oak Lane tomorrow?"}
WEAK = {"name": "Example Weak", "source": "website", "message": "Just looking around, not in a rush, maybe next year."}


@pytest.fixture
def browser(tool):
    opened = []

    def open_browser(size=PHONE, dark=False):
        options = webdriver.ChromeOptions()
        options.binary_location = tool("chromium", "chromium-browser", "google-chrome")
        for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
                     "--disable-background-networking", "--disable-component-update", "--lang=en-US"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(tool("chromedriver")))
        opened.append(driver)
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": size[0], "height": size[1], "deviceScaleFactor": 2 if size == PHONE else 1, "mobile": size == PHONE})
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
            {"name": "prefers-reduced-motion", "value": "reduce"}]})
        return driver

    yield open_browser
    for driver in opened:
        driver.quit()


def load(driver, server):
    driver.get(server.base + "/")
    wait_until(lambda: driver.find_element(By.ID, "state").text == "Live", "the board is live")
    return driver


def find(driver, css):
    return driver.find_elements(By.CSS_SELECTOR, css)


def texts(driver, css) -> list[str]:
    return driver.execute_script("return [...document.querySelectorAll(arguments[0])].map(node => node.textContent)", css)


def shoot(driver, name: str) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    path = SHOTS / f"{name}.png"
    assert driver.save_screenshot(str(path)) and path.stat().st_size > 5_000


def complaints(driver) -> list[str]:
    return [entry["message"] for entry in driver.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]


def hosts_asked(driver) -> set[str]:
    asked = set()
    for entry in driver.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            asked.add(message["params"]["request"]["url"])
        elif message["method"] == "Network.webSocketCreated":
            asked.add(message["params"]["url"])
    parts = [urllib.parse.urlsplit(url) for url in asked]
    return {part.netloc for part in parts if part.scheme not in ("data", "chrome", "about", "blob")}


def shown_score(score: float) -> str:
    """As the board rounds: halves up, but never into a better class."""
    rounded = math.floor(score + 0.5)
    return str(math.floor(score) if rounded in (50, 80) else rounded)


def test_an_empty_board_shows_how_to_send_a_first_lead(own_server, browser):
    driver = load(browser(), own_server)
    wait_until(lambda: driver.find_element(By.ID, "empty").is_displayed(), "the empty board says so")
    command = driver.find_element(By.ID, "curl").text
    assert command.startswith(f"curl -X POST {own_server.base}{API}/score")
    assert '{"lead_id": "test_123", "lead_data": {"name": "Test Lead"}}' in command
    wait_until(lambda: "Prior, not learned" in driver.find_element(By.ID, "prior").text, "whose odds these are")
    shoot(driver, "phone-empty")
    assert complaints(driver) == []
    assert hosts_asked(driver) == {f"localhost:{own_server.port}"}


@pytest.mark.parametrize(("size", "dark"), [(PHONE, False), (PHONE, True), (DESK, False), (DESK, True)])
def test_a_posted_lead_appears_live_and_in_its_rank(own_server, browser, size, dark):
    driver = load(browser(size, dark), own_server)
    driver.execute_script("window.loadedOnce = true")
    weak = own_server.score("weak", **WEAK)
    wait_until(lambda: texts(driver, ".row .name") == ["Example Weak"], "the first lead appears")
    strong = own_server.score("strong", **STRONG)
    assert strong["ml_score"] > weak["ml_score"], "the table of this test"
    wait_until(lambda: texts(driver, ".row .name") == ["Example Strong", "Example Weak"], "the better lead stands above")
    own_server.score("sim_middle", name="Example Simulated", source="simulated", message="We want to buy, budget $400k.")
    wait_until(lambda: len(find(driver, ".row")) == 3, "the third lead appears")
    page = own_server.get(API + "/leads").json["leads"]
    assert texts(driver, ".row .badge b") == [shown_score(lead["ml_score"]) for lead in page], "ranked as the server ranks"
    simulated = find(driver, '.row[data-id="sim_middle"]')[0].text
    assert "Simulated" in simulated and "Simulated" not in find(driver, '.row[data-id="strong"]')[0].text
    assert driver.execute_script("return window.loadedOnce") is True, "the page was never loaded again"
    name = ("phone" if size == PHONE else "desk") + ("-dark" if dark else "-light")
    shoot(driver, name)

    find(driver, '.row[data-id="strong"] .open')[0].click()
    wait_until(lambda: find(driver, "#detail .reason"), "the reasons are shown")
    said = own_server.get(API + "/score/strong").json
    reasons = texts(driver, "#detail .reason p > span:first-child")
    assert reasons == [reason["human_explanation"] for reason in said["feature_explanations"] if reason["importance_score"] > 0]
    assert [*said["recommendations"], *said["key_insights"]] == texts(driver, "#detail .steps li")
    shown = driver.find_element(By.ID, "detail").text
    assert "Chance of a sale" in shown and "90% interval" in shown and "Expected commission" in shown
    shoot(driver, name + "-reasons")
    assert complaints(driver) == []
    assert hosts_asked(driver) == {f"localhost:{own_server.port}"}


def test_a_rescored_lead_moves_and_says_what_changed(own_server, browser):
    driver = load(browser(), own_server)
    own_server.score("moving", **WEAK)
    own_server.score("other", name="Example Other", message="We want to buy. Budget $400k.")
    wait_until(lambda: texts(driver, ".row .name") == ["Example Other", "Example Weak"], "both appear")
    own_server.score("moving", **{**STRONG, "name": "Example Weak"})
    wait_until(lambda: texts(driver, ".row .name") == ["Example Weak", "Example Other"], "the rescored lead moved up")
    wait_until(lambda: "▲" in find(driver, '.row[data-id="moving"] .meta')[0].text, "its rise is shown")
    assert len(find(driver, ".row")) == 2


def test_the_phone_panel_is_a_dialog_that_back_and_escape_close(own_server, browser):
    own_server.score("one", **STRONG)
    driver = load(browser(), own_server)
    wait_until(lambda: find(driver, ".row"), "the list is loaded")
    detail = driver.find_element(By.ID, "detail")
    for close in (driver.back, lambda: driver.switch_to.active_element.send_keys(Keys.ESCAPE),
                  lambda: find(driver, "#detail .head button")[0].click()):
        find(driver, ".row .open")[0].send_keys(Keys.ENTER)
        wait_until(lambda: find(driver, "#detail .reason"), "the reasons are shown")
        assert detail.get_attribute("role") == "dialog" and detail.get_attribute("aria-modal") == "true"
        assert driver.execute_script("return document.querySelector('main').inert") is True
        close()
        wait_until(lambda: not detail.is_displayed(), "the panel is closed")
        assert driver.switch_to.active_element.get_attribute("class") == "open", "focus is back on the row"


def test_one_tap_reviews_a_lead(own_server, browser):
    for number in range(5):
        own_server.score(f"unsure-{number}", name=f"Example {number}", message="Maybe we buy something" + "?" * number)
    waiting = own_server.get(API + "/leads?needs_review=true").json["leads"]
    assert waiting, "the table of this test: an unsure lead waits for review"
    driver = load(browser(), own_server)
    find(driver, '[data-filter="review"]')[0].click()
    wait_until(lambda: len(find(driver, ".row .confirm")) == len(waiting), "the review list is shown")
    shoot(driver, "phone-review")
    first = find(driver, ".row")[0].get_attribute("data-id")
    find(driver, ".row .confirm")[0].click()
    wait_until(lambda: len(find(driver, ".row")) == len(waiting) - 1, "the reviewed lead leaves the list")
    left = [lead["lead_id"] for lead in own_server.get(API + "/leads?needs_review=true").json["leads"]]
    assert first not in left and len(left) == len(waiting) - 1
    assert complaints(driver) == []


def test_an_outcome_is_recorded_where_the_lead_is_read(own_server, browser):
    own_server.score("sold", **STRONG)
    before = own_server.get(API + "/model/status").json["outcomes"]
    driver = load(browser(), own_server)
    to_go = before["missing_won"] + before["missing_not_won"]
    wait_until(lambda: f"{to_go} outcomes to go" in driver.find_element(By.ID, "prior").text, "the prior says what is missing")
    find(driver, ".row .open")[0].click()
    wait_until(lambda: find(driver, "#detail .reason"), "the reasons are shown")
    driver.execute_script("document.querySelector('#detail .choices').closest('details').open = true")
    next(node for node in find(driver, "#detail .choices button") if node.text == "Won").click()
    wait_until(lambda: own_server.get(API + "/model/status").json["outcomes"]["won"] == before["won"] + 1, "it is stored")
    wait_until(lambda: f"{to_go - 1} outcomes to go" in driver.execute_script("return document.getElementById('prior').textContent"),
               "the prior's note follows the stream")
    assert complaints(driver) == []


def test_the_filters_ask_the_server(own_server, browser):
    own_server.score("weak", **WEAK)
    own_server.score("strong", **STRONG)
    driver = load(browser(), own_server)
    for name in ("hot", "warm", "cold", "unqualified", "all"):
        query = "" if name == "all" else f"?classification={name}"
        expected = [lead["lead_name"] for lead in own_server.get(API + "/leads" + query).json["leads"]]
        find(driver, f'[data-filter="{name}"]')[0].click()
        wait_until(functools.partial(lambda names: texts(driver, ".row .name") == names, expected), f"the filter {name}")


def test_what_a_stranger_writes_stays_text(own_server, browser):
    hostile = '<img src=x onerror="document.title=1"><script>document.title=2</script>'
    own_server.score("<b>id</b>", name=hostile, source=hostile, message=f"We want to buy. {hostile}")
    driver = load(browser(), own_server)
    wait_until(lambda: texts(driver, ".row .name") == [hostile], "the name is shown as it was written")
    find(driver, ".row .open")[0].click()
    wait_until(lambda: find(driver, "#detail .reason"), "the reasons are shown")
    assert texts(driver, "#detail h2") == [hostile]
    assert driver.title == "Leadwire" and find(driver, "main img, #detail img, main script, #detail script") == []
    assert complaints(driver) == []


def test_it_comes_back_by_itself_and_shows_what_it_missed(own_server, browser):
    own_server.score("before", **WEAK)
    driver = load(browser(), own_server)
    wait_until(lambda: len(find(driver, ".row")) == 1, "the list is loaded")
    own_server.stop()
    wait_until(lambda: driver.find_element(By.ID, "state").text != "Live", "the board says that it is not live")
    own_server.start()
    own_server.score("missed", **STRONG)
    wait_until(lambda: driver.find_element(By.ID, "state").text == "Live", "the board is live again", 60)
    wait_until(lambda: texts(driver, ".row .name") == ["Example Strong", "Example Weak"], "what was missed is shown")


def test_an_administrators_disconnect_is_final_until_asked(own_server, browser):
    driver = load(browser(), own_server)
    connection = own_server.get(API + "/ws/connections").json["connections"][0]["id"]
    assert own_server.request("DELETE", f"{API}/ws/connections/{connection}").status == 200
    wait_until(lambda: driver.find_element(By.ID, "state").text == "Stopped", "the terminal close code is honoured")
    again = driver.find_element(By.ID, "again")
    assert again.is_displayed()
    again.click()
    wait_until(lambda: driver.find_element(By.ID, "state").text == "Live", "a tap brings it back")


READABLE = """
const luminance = ([r, g, b]) => { const f = c => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; return 0.2126 * f(r) + 0.7152 * f(g) + 0.0722 * f(b); };
const parse = text => { const n = text.match(/[\\d.]+/g).map(Number); return n.length > 3 ? n : [...n, 1]; };
const poor = [];
for (const node of document.querySelectorAll('body *')) {
  const own = [...node.childNodes].some(child => child.nodeType === 3 && child.textContent.trim());
  if (!own || !node.checkVisibility() || node.closest('.unseen, option')) continue;
  let back = [255, 255, 255, 0];
  for (let at = node; at && back[3] < 1; at = at.parentElement) back = parse(getComputedStyle(at).backgroundColor);
  const a = luminance(parse(getComputedStyle(node).color)), b = luminance(back);
  const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  if (ratio < 4.5) poor.push(node.className + ' "' + node.textContent.slice(0, 30) + '" ' + ratio.toFixed(2));
}
return poor;
"""
SMALL = """
return [...document.querySelectorAll('button, select, a, summary')].filter(node => node.checkVisibility() && !node.closest('[inert]'))
  .filter(node => { const box = node.getBoundingClientRect(); return box.height < 44 || box.width < 44; }).map(node => node.outerHTML.slice(0, 120));
"""


@pytest.mark.parametrize("dark", [False, True])
def test_it_can_be_read_and_touched(own_server, browser, dark):
    own_server.score("strong", **STRONG)
    own_server.score("weak", **WEAK)
    own_server.score("sim_unsure", name="Example Unsure", message="Maybe we buy")
    driver = load(browser(PHONE, dark), own_server)
    wait_until(lambda: len(find(driver, ".row")) == 3, "the list is loaded")
    steps = itertools.chain([None], [f'.row[data-id="{lead}"] .open' for lead in ("strong", "sim_unsure")])
    for step in steps:
        if step:
            find(driver, step)[0].click()
            wait_until(lambda: find(driver, "#detail .verdict"), "the panel is filled")
        assert driver.execute_script(READABLE) == []
        assert driver.execute_script(SMALL) == []
        assert driver.execute_script("return document.documentElement.scrollWidth <= innerWidth") is True
        if step:
            find(driver, "#detail .head button")[0].click()
            wait_until(lambda: not driver.find_element(By.ID, "detail").is_displayed(), "the panel is closed")


def test_the_docs_page_shows_every_path_without_another_host(own_server, browser):
    driver = browser()
    driver.get(own_server.base + "/docs")
    paths = own_server.get("/openapi.json").json["paths"]
    wait_until(lambda: len(find(driver, "details")) == sum(len(item) for item in paths.values()), "every operation is listed")
    assert set(texts(driver, "summary .path")) == set(paths)
    find(driver, "#score summary")[0].click()
    wait_until(lambda: any("lead_id" in body.text for body in find(driver, "#score .body")), "a path opens")
    assert driver.execute_script("return document.documentElement.scrollWidth <= innerWidth") is True
    shoot(driver, "phone-docs")
    assert complaints(driver) == []
    assert hosts_asked(driver) == {f"localhost:{own_server.port}"}
