"""`leadwire report` in headless Chromium: the page as a reader gets it, on a telephone, at a desk, in the dark, on paper.

Screenshots are written to LEADWIRE_SHOTS, or to .build/report beside the sources.
"""

import base64
import csv
import json
import math
import os
import pathlib
import random
import subprocess

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By

ROOT = pathlib.Path(__file__).resolve().parent.parent
SHOTS = pathlib.Path(os.environ.get("LEADWIRE_SHOTS", ROOT / ".build/report"))
PHONE, TABLET, DESK = (390, 844), (768, 1024), (1280, 900)
EVIL = "<script>document.title='run'</script>"


def table(path: pathlib.Path, rows: int, seed: int, start: int) -> None:
    """Invented leads with a known law; the group decides nothing, but comes with fewer visits."""
    chance = random.Random(seed)
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["created", "channel", EVIL, "visits", "budget", "closed_on", "volunteered_group", "won"])
        for row in range(rows):
            channel = chance.choice(["web", "phone", "referral", "a fair with a rather long name that has to break"])
            group = chance.choice(["north", "south", ""])
            visits = chance.randrange(6 if group == "south" else 10)
            budget = "" if chance.random() < 0.1 else chance.randrange(200, 900)
            log_odds = -3 + 0.35 * visits + (1.2 if channel == "referral" else 0) + (0.5 if budget == "" else budget / 900)
            won = chance.random() < 1 / (1 + math.exp(-log_odds))
            month, day = divmod(start + row * 330 // rows, 28)
            out.writerow([
                f"2025-{month + 1:02d}-{day + 1:02d}", channel, chance.choice(["x<y", "x&y", "\"quoted\""]), visits, budget,
                "2026-01-01" if won else "", group, "yes" if won else "no"])


@pytest.fixture(scope="module")
def report(binary, tmp_path_factory):
    """The page and the figures of a model on newer leads."""
    folder = tmp_path_factory.mktemp("report")
    table(folder / "old.csv", 2_500, seed=1, start=0)
    table(folder / "new.csv", 2_000, seed=2, start=2)

    def run(*arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run([binary, *arguments], cwd=folder, capture_output=True, text=True, timeout=300)

    trained = run(
        "train", "old.csv", "--label", "won", "--time", "created", "--exclude", "volunteered_group", "--budget", "1s",
        "--out", "m.leadwire")
    assert trained.returncode == 0, trained.stderr
    options = ["--label", "won", "--time", "created", "--source", "channel", "--group", f"volunteered_group,{EVIL}"]
    made = run("report", "new.csv", "--model", "m.leadwire", *options, "--out", "report.html", "--json", "report.json")
    assert made.returncode == 0, made.stderr
    refused = run("report", "old.csv", "--model", "m.leadwire", *options, "--out", "no.html")
    assert refused.returncode == 1 and "the rows that the model was trained on" in refused.stderr
    assert not (folder / "no.html").exists()
    return folder, made.stderr


@pytest.fixture
def browser(tool):
    opened = []

    def open_page(folder, size, dark=False):
        options = webdriver.ChromeOptions()
        options.binary_location = tool("chromium", "chromium-browser", "google-chrome")
        for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
                     "--disable-background-networking", "--disable-component-update", "--lang=en-US"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(tool("chromedriver")))
        opened.append(driver)
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": size == PHONE})
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]})
        driver.get((folder / "report.html").as_uri())
        return driver

    yield open_page
    for driver in opened:
        driver.quit()


def shoot(driver, name: str, height: int = 3_000) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    width = driver.execute_script("return innerWidth")
    shot = driver.execute_cdp_cmd("Page.captureScreenshot", {
        "format": "png", "captureBeyondViewport": True,
        "clip": {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}})
    path = SHOTS / f"{name}.png"
    path.write_bytes(base64.b64decode(shot["data"]))
    assert path.stat().st_size > 20_000


# Everything with text of its own, against the window; a label of a drawing against its drawing's card.
OVERFLOW = """
const outside = [];
for (const node of document.querySelectorAll('body *')) {
  const own = [...node.childNodes].some(child => child.nodeType === 3 && child.textContent.trim());
  if (!own || !node.getClientRects().length) continue;
  const box = node.getBoundingClientRect();
  const frame = (node.closest('svg') || document.documentElement).getBoundingClientRect();
  const slack = node.closest('svg') ? 3 : 0.5;
  const isCut = !node.closest('svg') && getComputedStyle(node).display !== 'inline' && node.clientWidth > 0
      && node.scrollWidth > node.clientWidth + 1;
  if (isCut || box.left < frame.left - slack || box.right > frame.right + slack) outside.push(node.tagName + ' ' + node.textContent);
}
return outside;
"""

CONTRAST = """
const light = colour => {
  const [r, g, b] = colour.match(/[\\d.]+/g).slice(0, 3).map(v => v / 255).map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
  return .2126 * r + .7152 * g + .0722 * b;
};
const behind = node => {
  for (; node; node = node.parentElement) {
    const colour = getComputedStyle(node).backgroundColor;
    if (!colour.endsWith(', 0)')) return colour;
  }
  return getComputedStyle(document.documentElement).backgroundColor;
};
const poor = [];
for (const node of document.querySelectorAll('h1, h2, h3, p, td, th, small, .badge, dt, dd, li, figcaption, .legend span')) {
  if (!node.getClientRects().length) continue;
  const [a, b] = [light(getComputedStyle(node).color), light(behind(node))].sort((x, y) => y - x);
  if ((a + .05) / (b + .05) < 4.5) poor.push(node.className + ' ' + node.textContent.slice(0, 40));
}
return poor;
"""


@pytest.mark.parametrize("size,dark", [(PHONE, False), (PHONE, True), (TABLET, False), (DESK, False), (DESK, True)])
def test_the_page_is_legible_quiet_and_alone(report, browser, size, dark):
    folder, _ = report
    driver = browser(folder, size, dark)
    shoot(driver, f"report-{size[0]}-{'dark' if dark else 'light'}")
    assert [entry for entry in driver.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")] == []
    asked = [json.loads(entry["message"])["message"] for entry in driver.get_log("performance")]
    urls = {entry["params"]["request"]["url"] for entry in asked if entry["method"] == "Network.requestWillBeSent"}
    assert {url for url in urls if not url.startswith("data:")} == {(folder / "report.html").as_uri()}

    drawings = driver.find_elements(By.TAG_NAME, "svg")
    assert len(drawings) >= 10
    for drawing in drawings:
        assert drawing.is_displayed() and drawing.size["width"] > 250 and drawing.size["height"] > 20
        assert drawing.get_attribute("aria-label")
    assert driver.execute_script("return document.documentElement.scrollWidth") <= size[0]
    assert driver.execute_script(OVERFLOW) == []
    assert driver.execute_script(CONTRAST) == []
    page = driver.execute_script("return getComputedStyle(document.documentElement).backgroundColor")
    assert (sum(int(part) for part in page[4:-1].split(",")) < 150) == dark


def test_what_a_file_holds_stays_text(report, browser):
    driver = browser(report[0], DESK)
    assert driver.find_elements(By.TAG_NAME, "script") == []
    assert driver.title.startswith("Leadwire report") and EVIL in driver.find_element(By.TAG_NAME, "body").text


def test_the_page_and_the_json_say_the_same(report, browser):
    folder, said = report
    figures = json.loads((folder / "report.json").read_text())
    driver = browser(folder, DESK)
    assert driver.find_element(By.TAG_NAME, "h1").text == figures["headline"] == said.strip().splitlines()[-1]
    assert figures["rows"] == 2_000 and figures["window_from"].startswith("2025-")
    low, high = figures["found_in_first"][1]["interval"]
    assert low <= figures["found_in_first"][1]["share_found"] <= high
    assert {column["column"] for column in figures["left_out"]} >= {"closed_on"}
    groups = {group["name"]: group for group in figures["fair_housing"][0]["groups"]}
    assert groups["north"]["verdict"] == "best" and groups["south"]["verdict"] == "below_four_fifths"
    # The model reads the second of the two columns, which is a finding of its own.
    assert [impact["is_model_input"] for impact in figures["fair_housing"]] == [False, True]
    assert [entry["key"] for entry in figures["baselines"]][0] == "model"


def test_folded_rows_open_without_a_script_and_stand_on_paper(report, browser):
    driver = browser(report[0], DESK)
    paper = base64.b64decode(driver.print_page())
    assert paper.startswith(b"%PDF") and len(paper) > 50_000
    for fold in driver.find_elements(By.TAG_NAME, "summary"):
        fold.click()
    assert all(fold.get_attribute("open") for fold in driver.find_elements(By.TAG_NAME, "details"))
