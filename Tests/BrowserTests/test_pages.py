"""The published pages as a reader meets them: from disk, under their own CSP, with hostile evidence in them."""
import re

import pytest

from conftest import page_kinds as pages

HOSTILE = ["owned", "alert("]


def open_page(browser, path, **options):
    """A page with everything recorded that should not happen."""
    context = browser.new_context(**options)
    page = context.new_page()
    trouble = []
    page.on("console", lambda message: trouble.append(f"console {message.type}: {message.text}"))
    page.on("pageerror", lambda error: trouble.append(f"error: {error}"))
    page.on("dialog", lambda dialog: (trouble.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    page.on("request", lambda request: None if request.url.startswith("file:") else trouble.append(f"request: {request.url}"))
    page.goto(path.as_uri())
    page.wait_for_load_state("load")
    return context, page, trouble


def test_the_site_has_a_board_a_canvas_and_a_report_for_each_investigation(site):
    assert (site / "index.html").is_file()
    assert len(list(site.glob("investigations/*/index.html"))) >= 3


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_says_a_word_on_the_console_asks_for_anything_or_opens_a_dialog(site, browser, scheme):
    for path in pages(site):
        context, page, trouble = open_page(browser, path, color_scheme=scheme)
        assert trouble == [], f"{path}: {trouble}"
        assert "owned" not in page.title()
        context.close()


def test_every_page_carries_a_strict_policy_and_no_handler(site):
    for path in pages(site):
        text = path.read_text(encoding="utf-8")
        policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
        assert policy, path
        assert "default-src 'none'" in policy.group(1) and "unsafe" not in policy.group(1)
        assert not re.search(r"<[^>]+\son[a-z]+\s*=", re.sub(r"(?s)<script.*?</script>", "", text)), path


def test_links_are_relative_or_http_or_mail(site, browser):
    for path in pages(site):
        context, page, _ = open_page(browser, path)
        for href in page.eval_on_selector_all("a[href]", "all => all.map(a => a.getAttribute('href'))"):
            assert re.match(r"(https?:|mailto:|#|\.{0,2}/?[\w.#/-]*$)", href), f"{path}: {href}"
        context.close()


def test_hostile_text_is_shown_as_text_and_never_becomes_an_element(site, browser):
    for path in pages(site):
        context, page, _ = open_page(browser, path)
        assert page.evaluate("document.querySelectorAll('img, iframe, object, embed, [onerror], [onload]').length") == 0
        assert page.evaluate("[...document.scripts].filter(s => s.textContent.startsWith('document.title')).length") == 0
        context.close()


def test_everything_is_there_without_scripts(site, browser):
    for path in pages(site):
        context, page, trouble = open_page(browser, path, java_script_enabled=False)
        body = page.inner_text("body")
        assert len(body) > 250 and trouble == [], path
        context.close()
    canvas = site / "investigations/1/index.html"
    context, page, _ = open_page(browser, canvas, java_script_enabled=False)
    text = page.inner_text("body").lower()
    for word in ["timeline", "evidence", "suspect changes"]:
        assert word in text
    context.close()


def test_no_page_is_wider_than_a_phone(site, browser):
    for path in pages(site):
        context, page, _ = open_page(browser, path, viewport={"width": 390, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
        context.close()


def test_the_keyboard_finds_the_evidence_and_the_hash_keeps_its_place(site, browser):
    canvas = next(p for p in sorted(site.glob("investigations/*/index.html")) if "payments" in p.read_text(encoding="utf-8"))
    context, page, trouble = open_page(browser, canvas)
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert page.evaluate("location.hash").startswith("#e-")
    assert trouble == []
    context.close()


def test_a_page_prints_to_paper(site, browser):
    context, page, trouble = open_page(browser, site / "investigations/1/index.html")
    assert page.pdf(format="A4")[:5] == b"%PDF-"
    assert trouble == []
    context.close()
