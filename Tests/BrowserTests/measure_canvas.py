"""What a canvas costs a browser: run by scripts/measure-canvas."""
import gzip
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import tempfile

from playwright.sync_api import sync_playwright

import big_case

CASEBOARD = os.environ["CASEBOARD"]


def size_besides_data(page: bytes) -> bytes:
    """The page without what is data: rows, details and the script's data. Drawn marks are no data."""
    text = page.decode()
    for pattern in [r'(?s)<li id="r-.*?</li>', r'(?s)<article id="e-.*?</article>', r'(?s)<script type="application/json".*?</script>']:
        text = re.sub(pattern, "", text)
    return text.encode()


def frames(page, action) -> list[float]:
    """Milliseconds between the frames the browser drew while `action` ran."""
    session = page.context.new_cdp_session(page)
    events = []
    done = []
    session.on("Tracing.dataCollected", lambda data: events.extend(data["value"]))
    session.on("Tracing.tracingComplete", lambda _: done.append(True))
    session.send("Tracing.start", {"traceConfig": {"includedCategories": ["devtools.timeline", "disabled-by-default-devtools.timeline", "disabled-by-default-devtools.timeline.frame"]}, "transferMode": "ReportEvents"})
    action()
    session.send("Tracing.end")
    while not done:
        page.wait_for_timeout(20)
    drawn = sorted(event["ts"] for event in events if event["name"] == "DrawFrame")
    tasks = [event.get("dur", 0) / 1000 for event in events if event["name"] == "RunTask" and event.get("dur")]
    assert tasks, "the browser traced no task"
    return [(b - a) / 1000 for a, b in zip(drawn, drawn[1:])], tasks


STEPS = {
    "zoom in and out": "async () => { for (const key of '+++++++-------') { dispatchEvent(new KeyboardEvent('keydown', {key})); await new Promise(r => setTimeout(r, 60)); } }",
    "pan": "async () => { const r = document.querySelector('#plotscroll'); for (let i = 0; i < 3; i++) dispatchEvent(new KeyboardEvent('keydown', {key: '+'})); for (let i = 0; i < 90; i++) { r.scrollLeft = i * 40; await new Promise(requestAnimationFrame); } dispatchEvent(new KeyboardEvent('keydown', {key: 'w'})); }",
    "filter": "async () => { const s = [...document.querySelectorAll('[data-severity]')]; for (let i = 0; i < 12; i++) { s[i % s.length].click(); await new Promise(r => setTimeout(r, 80)); } }",
    "lanes": "async () => { for (let i = 0; i < 8; i++) { dispatchEvent(new KeyboardEvent('keydown', {key: 'l'})); await new Promise(r => setTimeout(r, 80)); } }",
}


def brush(page):
    box = page.locator("#plot").bounding_box()
    page.mouse.move(box["x"] + 200, box["y"] + 150)
    page.mouse.down()
    for step in range(60):
        page.mouse.move(box["x"] + 200 + step * 8, box["y"] + 150)
    page.mouse.up()
    page.keyboard.press("Escape")


def measure(browser, path: pathlib.Path, count: int):
    bytes_ = path.read_bytes()
    rest = size_besides_data(bytes_)
    print(f"{count} pieces: {len(bytes_) // 1000} KB, {len(gzip.compress(bytes_, 9)) // 1000} KB gzipped; "
          f"besides data {len(rest) // 1000} KB, {len(gzip.compress(rest, 9)) // 1000} KB gzipped")
    paints, interactive = [], []
    for _ in range(5):
        page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        page.goto(path.as_uri())
        page.wait_for_timeout(400)
        times = page.evaluate("() => ({paint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime, ready: performance.timing.domContentLoadedEventEnd - performance.timing.navigationStart})")
        paints.append(times["paint"])
        interactive.append(times["ready"])
        page.context.close()
    print(f"  first paint {statistics.median(paints):.0f} ms, script done {statistics.median(interactive):.0f} ms (medians of 5)")
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.goto(path.as_uri())
    page.wait_for_timeout(300)
    for name, action in [*((name, lambda code=code: page.evaluate(f"({code})()")) for name, code in STEPS.items()), ("brush", lambda: brush(page))]:
        gaps, tasks = frames(page, action)
        # Waiting on purpose between two steps is no frame that came late.
        print(f"  {name}: {len(gaps) + 1} frames, longest task {max(tasks, default=0):.0f} ms, median {statistics.median(gaps or [0]):.1f} ms between frames")
    page.context.close()


if __name__ == "__main__":
    executable = shutil.which("chromium") or shutil.which("chromium-browser")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox", "--disable-gpu"])
        for count in [500, 10_000]:
            case = pathlib.Path(folder) / str(count)
            big_case.write(case, count)
            subprocess.run([CASEBOARD, "investigate", case, "--out", case / "out", "--now", "2026-03-10T15:20:00Z"], check=True, capture_output=True)
            measure(browser, case / "out" / "index.html", count)
        browser.close()
