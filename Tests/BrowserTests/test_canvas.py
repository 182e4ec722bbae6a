"""One canvas as a reader uses it: pointer, keyboard, address, paper, with ten thousand pieces and with names of all kinds."""
import csv
import functools
import http.server
import io
import json
import os
import pathlib
import re
import shutil
import subprocess
import threading

import pytest

import big_case
from conftest import CASEBOARD, NOW, count_pages
from test_pages import open_page

WIDE = {"width": 1440, "height": 900}


@pytest.fixture(scope="module")
def canvas(site):
    return next(p for p in sorted(site.glob("investigations/*/index.html")) if "CartSession" in p.read_text(encoding="utf-8"))


@pytest.fixture
def page(browser, canvas):
    context, page, trouble = open_page(browser, canvas, viewport=WIDE)
    yield page
    context.close()
    assert trouble == []


def bundle(folder, out):
    subprocess.run([CASEBOARD, "investigate", folder, "--out", out, "--now", NOW], check=True, capture_output=True)
    return out / "index.html"


@pytest.fixture(scope="module")
def big(tmp_path_factory):
    folder = tmp_path_factory.mktemp("big")
    big_case.write(folder / "case", 10_000)
    return bundle(folder / "case", folder / "out")


def rows(page):
    return page.locator("#rows li:visible")


def settled(page):
    """The address follows a little later, since browsers allow few changes a second."""
    page.wait_for_timeout(350)
    return page.evaluate("decodeURIComponent(location.hash)")


# Filter, span, address


def test_each_filter_leaves_what_it_names_and_the_address_keeps_it(page):
    total = rows(page).count()
    for select, column in [("#service", "b"), ("#source", "small")]:
        value = page.locator(f"{select} option").nth(1).get_attribute("value")
        page.select_option(select, value)
        assert 0 < rows(page).count() < total
        assert set(page.eval_on_selector_all("#rows li:not([hidden])", f"all => all.map(r => r.querySelector('{column}').textContent)")) == {value}
        assert f"{select[1:]}={value}" in settled(page)
        page.keyboard.press("Escape")
        page.locator("body").press("Escape")
    page.select_option("#type", "test_failure")
    assert set(page.eval_on_selector_all("#rows li:not([hidden])", "all => all.map(r => r.dataset.type)")) == {"test_failure"}
    page.click("#clear")
    assert rows(page).count() == total
    page.click("[data-severity=critical]")
    assert set(page.eval_on_selector_all("#rows li:not([hidden])", "all => all.map(r => r.querySelector('.m').textContent)")) == {"critical"}
    assert "severity=critical" in settled(page)


def test_an_address_brings_back_what_was_seen(browser, canvas, page):
    page.keyboard.press("j")
    page.select_option("#source", "logs")
    page.fill("#find", "order")
    page.locator("#find").press("Escape")
    page.keyboard.press("+")
    page.keyboard.press("l")
    address, shown = settled(page), rows(page).count()
    assert all(part in address for part in ["#e-", "q=order", "source=logs", "lanes=source", "view="])
    context, again, trouble = open_page(browser, canvas, viewport=WIDE)
    # First typed over the address of the open page, then opened anew.
    for step in [lambda: again.goto(canvas.as_uri() + page.evaluate("location.hash")), again.reload]:
        step()
        again.wait_for_timeout(100)
        assert rows(again).count() == shown
        assert "by-source" in again.locator("#plot").get_attribute("class")
        assert again.evaluate("document.querySelector('#plotscroll').scrollWidth > document.querySelector('#plotscroll').clientWidth * 1.9")
        assert settled(again) == address
    assert trouble == []
    context.close()


def test_two_typed_times_are_a_span(page):
    total = rows(page).count()
    page.fill("#from", "14:09")
    page.fill("#to", "14:11")
    page.locator("#to").press("Enter")
    assert 0 < rows(page).count() < total
    page.fill("#from", "25:00")
    page.locator("#from").press("Enter")
    assert page.locator("#from").get_attribute("aria-invalid") == "true"
    page.locator("#from").press("Escape")
    page.keyboard.press("Escape")
    assert rows(page).count() == total


def test_a_drag_over_the_plot_is_a_span_and_z_zooms_to_it(page):
    box = page.locator("#plot").bounding_box()
    page.mouse.move(box["x"] + 300, box["y"] + 200)
    page.mouse.down()
    page.mouse.move(box["x"] + 420, box["y"] + 200, steps=6)
    page.mouse.up()
    assert page.locator(".brush").get_attribute("visibility") == "visible"
    assert re.search(r"from=\d+&to=\d+", settled(page))
    page.keyboard.press("z")
    page.wait_for_timeout(100)
    assert page.evaluate("document.querySelector('#plotscroll').scrollWidth / document.querySelector('#plotscroll').clientWidth") > 4
    assert page.locator(".axis.near text").count() >= 4
    page.keyboard.press("w")
    page.wait_for_timeout(100)
    assert page.locator(".axis.near text").count() == 0


def test_two_fingers_zoom_about_the_moment_between_them_and_one_finger_scrolls(browser, canvas):
    context, page, trouble = open_page(browser, canvas, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    region = page.locator("#plotscroll")
    region.scroll_into_view_if_needed()
    box = region.bounding_box()
    share = "x => { const r = document.querySelector('#plotscroll'); return (r.scrollLeft + x) / r.scrollWidth; }"
    wide = "document.querySelector('#plotscroll').scrollWidth"
    middle, y = 200, box["y"] + 120
    before, width = page.evaluate(share, middle), page.evaluate(wide)
    opened = page.evaluate("location.hash")
    touch = page.context.new_cdp_session(page)

    def fingers(kind, *places):
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": box["x"] + x, "y": y, "id": number} for number, x in enumerate(places)]})

    fingers("touchStart", middle - 30)
    fingers("touchStart", middle - 30, middle + 30)
    for step in range(1, 10):
        fingers("touchMove", middle - 30 - step * 10, middle + 30 + step * 10)
    fingers("touchEnd")
    page.wait_for_timeout(100)
    assert 3.5 < page.evaluate(wide) / width < 4.5
    assert abs(page.evaluate(share, middle) - before) < 0.01
    assert page.evaluate("visualViewport.scale") == 1 and "#e-" not in page.evaluate("location.hash").replace(opened, "")
    zoomed, left = page.evaluate(wide), region.evaluate("r => r.scrollLeft")
    fingers("touchStart", 250)
    for step in range(1, 10):
        fingers("touchMove", 250 - step * 15)
    fingers("touchEnd")
    page.wait_for_timeout(400)
    assert page.evaluate(wide) == zoomed and region.evaluate("r => r.scrollLeft") > left + 60
    assert trouble == []
    context.close()


def test_arrows_pan_and_the_ticks_follow(page):
    for _ in range(4):
        page.keyboard.press("+")
    page.wait_for_timeout(100)
    before = page.locator(".axis.near text").all_text_contents()
    for _ in range(8):
        page.keyboard.press("ArrowLeft")
    page.wait_for_timeout(100)
    assert page.locator(".axis.near text").all_text_contents() != before


def test_lanes_by_source_hold_every_event(page):
    page.select_option("#lanesby", "source")
    counts = [int(text.split()[0]) for text in page.locator(".of-source span").all_inner_texts()]
    names = page.locator(".of-source b").all_inner_texts()
    assert "logs" in names and "metrics" in names
    if len(counts) == len(names):
        assert sum(counts) == rows(page).count()
    page.select_option("#lanesby", "service")
    assert page.locator(".of-source").count() == 0


# Details, graph, keys


def test_every_kind_of_evidence_opens_with_what_its_source_gave(page):
    wanted = {"logs": ".log .hit", "metrics": "svg.mc .band", "traces": "svg.wf", "git": ".files", "ci": ".log", "alerts": ".out", "manual": ".prose"}
    for source, inside in wanted.items():
        page.locator(f"#rows li:has(small:text-is('{source}')) a").first.click()
        assert page.locator(f"#detail article.on {inside}").first.is_visible(), source
        assert page.locator("#detail article:visible").count() == 1


def test_the_raw_json_opens_by_key_and_is_the_event(page):
    page.keyboard.press("j")
    page.keyboard.press("r")
    raw = page.locator("#detail article.on .raw pre")
    raw.locator(".j-name").first.wait_for()
    assert json.loads(raw.text_content())["fingerprint"] == page.locator("#rows li.on").get_attribute("id")[2:]


def test_a_click_on_a_node_lights_the_way_from_the_change_and_escape_clears_it(page):
    node = page.locator(".graph [data-path]").last
    way = set(node.get_attribute("data-path").split())
    node.locator("rect").click()
    assert set(page.eval_on_selector_all(".graph .way", "all => all.map(n => n.id)")) == way
    assert node.get_attribute("href") == "#" + page.locator("#detail article.on").get_attribute("id")
    page.keyboard.press("Escape")
    assert page.locator(".graph .way").count() == 0


def test_the_question_mark_lists_every_key_and_each_does_something_or_nothing_wrong(page):
    page.keyboard.press("?")
    keys = page.locator("#keylist kbd").all_inner_texts()
    assert len(keys) > 15 and len(keys) == len(set(keys)) == page.locator("#keylist dd").count()
    page.keyboard.press("?")
    page.evaluate("window.print = () => {}")
    for key in keys:
        if key in "?to":
            continue
        page.keyboard.press({"Esc": "Escape", "←": "ArrowLeft", "→": "ArrowRight", "−": "-"}.get(key, key))
        page.evaluate("document.activeElement.blur()")


# Export, paper


def taken(page, form):
    page.click("#take summary")
    with page.expect_download() as download:
        page.click(f"[data-take={form}]")
    return pathlib.Path(download.value.path()).read_bytes().decode("utf-8")


def test_the_timeline_leaves_as_csv_without_formulas(page):
    table = list(csv.DictReader(io.StringIO(taken(page, "csv"), newline="")))
    assert len(table) == rows(page).count()
    assert set(table[0]) == {"time", "severity", "service", "source", "type", "title", "confidence", "id"}
    assert not any(re.match(r"\s*[=+\-@]", value) for row in table for value in row.values())


def test_the_page_leaves_as_json_and_markdown_as_it_is_filtered(page):
    page.select_option("#source", "traces")
    case = json.loads(taken(page, "json"))
    assert len(case["evidence"]) == rows(page).count() and all(item["event"]["source"] == "traces" for item in case["evidence"])
    text = taken(page, "md")
    assert text.startswith(f"# #{case['number']} ") and "## Probable causes" in text and text.count("| traces |") == len(case["evidence"])


def test_paper_shows_everything_on_few_pages(page):
    page.keyboard.press("+")
    page.keyboard.press("l")
    assert count_pages(page.pdf(format="A4", prefer_css_page_size=True)) <= 12
    assert page.locator("#plot.by-source").count() == 1


# Without scripts, small, read aloud


def test_without_scripts_the_address_opens_the_details_and_no_control_is_dead(browser, canvas):
    anchor = re.search(r'id="(e-[^"]+)"', canvas.read_text(encoding="utf-8")).group(1)
    context, page, trouble = open_page(browser, canvas, java_script_enabled=False, viewport=WIDE)
    page.goto(f"{canvas.as_uri()}#{anchor}")
    assert page.locator("#detail article:visible").count() == 1 and page.locator(f"#{anchor}").is_visible()
    assert page.locator("button:visible, input:visible, select:visible").count() == 0
    assert trouble == []
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 900, 320])
def test_axe_finds_nothing_and_nothing_is_cut_off(browser, canvas, axe, scheme, width):
    context, page, trouble = open_page(browser, canvas, viewport={"width": width, "height": 900}, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = page.evaluate(axe)
    assert [(rule["id"], [node["target"] for node in rule["nodes"]][:3]) for rule in found] == []
    assert trouble == []
    context.close()


# Many, and strange


def test_ten_thousand_pieces_are_drawn_zoomed_filtered_and_named(browser, big):
    context, page, trouble = open_page(browser, big, viewport=WIDE)
    ink = "() => { const c = document.querySelector('.near-marks'); const o = new OffscreenCanvas(c.width, c.height).getContext('2d', {willReadFrequently: true}); o.drawImage(c, 0, 0); return o.getImageData(0, 0, c.width, c.height).data.some(v => v) }"
    page.wait_for_timeout(200)
    assert page.evaluate(ink)
    # Every event is somewhere: lanes by source count them.
    page.select_option("#lanesby", "source")
    assert sum(int(re.sub(r"\D", "", text)) for text in page.locator(".of-source span").all_inner_texts()) >= 10_000
    page.select_option("#lanesby", "service")
    for _ in range(6):
        page.keyboard.press("+")
    page.wait_for_timeout(200)
    assert page.evaluate(ink)
    box = page.locator("#plotscroll").bounding_box()
    words = set()
    for x in range(60, 700, 8):
        page.mouse.move(box["x"] + x, box["y"] + 62 + 10)
        words.add(page.locator("#told").inner_text())
    assert any(re.match(r"14:\d\d:\d\d +\w+ +\w+: \w+", word) for word in words)
    page.click("[data-severity=critical]")
    assert "critical" in settled(page)
    assert trouble == []
    context.close()


def test_folded_details_open_with_and_without_scripts_and_leave_with_the_export(browser, big):
    context, page, trouble = open_page(browser, big, viewport=WIDE)
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert page.locator("#detail article.on .kv").is_visible()
    case = json.loads(taken(page, "json"))
    assert len(case["evidence"]) == 200 and all(item["event"]["fingerprint"] == item["fingerprint"] for item in case["evidence"])
    anchor = page.locator("#detail article").last.get_attribute("id")
    assert trouble == []
    context.close()
    context, page, trouble = open_page(browser, big, java_script_enabled=False, viewport=WIDE)
    page.goto(f"{big.as_uri()}#{anchor}")
    assert page.locator(f"#{anchor} .kv").is_visible() and page.locator("#detail article:visible").count() == 1
    assert trouble == []
    context.close()


NAMES = ["خدمة-الدفع", "שירות", "支払い", "платежи", "결제", "πληρωμές", "การชำระเงิน", "ödeme", "płatności", "paiement-été", "🔥-cart", "👩‍👩‍👧-team"]


def test_names_of_all_scripts_keep_their_place(browser, tmp_path):
    (tmp_path / "alerts").mkdir()
    with (tmp_path / "alerts" / "a.jsonl").open("w", encoding="utf-8") as out:
        for index, name in enumerate(NAMES * 3):
            out.write(json.dumps({"time": 1773151200 + index * 20, "title": f"{name} ⇄ {NAMES[index % 12]} failed", "service": name, "severity": "high",
                                  "labels": {"n": str(index)}}, ensure_ascii=False) + "\n")
    (tmp_path / "topology.csv").write_text("caller,callee\n" + "".join(f"{a},{b}\n" for a, b in zip(NAMES, NAMES[1:])), encoding="utf-8")
    path = bundle(tmp_path, tmp_path / "out")
    for width in [1440, 320]:
        context, page, trouble = open_page(browser, path, viewport={"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        text = page.inner_text("body")
        assert all(name in text for name in NAMES)
        assert trouble == []
        context.close()


# A newer publication


class Quiet(http.server.SimpleHTTPRequestHandler):
    asked: list = []

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.asked.append((self.path, self.headers.get("If-Modified-Since"), self.headers.get("Range")))
        super().do_GET()


@pytest.fixture
def noted(canvas, tmp_path):
    folder = tmp_path / "under" / "a" / "path"
    folder.mkdir(parents=True)
    shutil.copy(canvas, folder / "index.html")
    Quiet.asked = []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=tmp_path))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/under/a/path/index.html", folder / "index.html"
    server.shutdown()


def look_again(page):
    page.clock.fast_forward(15_000)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_timeout(400)


def test_an_open_page_says_who_changed_what_once_it_is_published_anew(browser, noted):
    address, path = noted
    context = browser.new_context(viewport=WIDE)
    page = context.new_page()
    trouble = []
    page.on("console", lambda message: trouble.append(message.text))
    page.clock.install()
    page.goto(address)
    look_again(page)
    assert page.locator("#news").is_hidden()
    text = path.read_text(encoding="utf-8")
    text = re.sub(r'(<meta name="caseboard-version" content=")\d+', r"\g<1>99", text)
    text = re.sub(r'(<meta name="caseboard-published" content=")[^"]*', r"\g<1>2026-03-10T16:05:00.000Z", text)
    text = re.sub(r'(<meta name="caseboard-news" content=")[^"]*', r"\g<1>Mara &lt;b&gt;: root cause written", text)
    path.write_text(text, encoding="utf-8")
    os.utime(path, (2_000_000_000, 2_000_000_000))
    look_again(page)
    assert page.locator("#news").inner_text().startswith("Version 99 was published at 16:05 UTC. Mara <b>: root cause written.")
    asked = [entry for entry in Quiet.asked if entry[1]]
    assert len(asked) == 2 and all(entry[2] == "bytes=0-6143" for entry in asked)
    page.click("#news button")
    page.wait_for_load_state("load")
    assert page.locator("#news").is_hidden()
    assert trouble == []
    context.close()


def test_nginx_answers_the_question_for_news_by_its_date(browser, canvas, host):
    address, copy = host
    path = copy / "index.html"
    shutil.copy(canvas, path)
    context = browser.new_context(viewport=WIDE)
    page = context.new_page()
    answers = []
    page.on("response", lambda response: answers.append(response.status))
    page.clock.install()
    page.goto(f"{address}/under/copy/index.html")
    look_again(page)
    assert answers == [200, 304] and page.locator("#news").is_hidden()
    path.write_text(re.sub(r'(<meta name="caseboard-published" content=")[^"]*', r"\g<1>2026-03-10T16:05:00.000Z", path.read_text(encoding="utf-8")), encoding="utf-8")
    os.utime(path, (2_000_000_000, 2_000_000_000))
    look_again(page)
    assert answers == [200, 304, 206] and "at 16:05 UTC" in page.locator("#news").inner_text()
    context.close()


def test_a_page_on_disk_asks_nothing(browser, canvas):
    context, page, trouble = open_page(browser, canvas, viewport=WIDE)
    page.evaluate("Date.now = () => 4e12")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_timeout(200)
    assert trouble == [] and page.locator("#news").is_hidden()
    context.close()


def test_only_a_canvas_of_the_site_may_ask_and_only_itself(site, big):
    for path in site.glob("investigations/*/*.html"):
        policy = re.search(r'Content-Security-Policy" content="([^"]*)"', path.read_text(encoding="utf-8")).group(1)
        assert ("connect-src 'self'" in policy) == (path.name == "index.html")
        assert "unsafe" not in policy and "*" not in policy
    assert "connect-src" not in big.read_text(encoding="utf-8").split("<style>")[0]
