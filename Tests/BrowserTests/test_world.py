"""Names of the world on every page of the site: nothing is cut off, nothing runs over, and no name turns its neighbours round."""
import subprocess

import pytest

import world
from conftest import CASEBOARD, NOW, every_page, page_kinds
from test_pages import open_page


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("world") / "shop"
    folder.mkdir()
    world.write(folder)
    done = subprocess.run([CASEBOARD, "run", "-w", folder, "--now", NOW], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "public"


def test_every_name_is_on_the_pages_that_tell_of_it(shop):
    text = {path: path.read_text(encoding="utf-8") for path in every_page(shop)}
    for service, title, author in world.NAMES:
        own = [path for path in shop.glob("investigations/*/index.html") if service in text[path]]
        assert any(title in text[path] for path in own), title
        assert any(author.split()[0] in text[path] for path in own), author
        assert service in text[shop / "services/index.html"], service


@pytest.mark.parametrize("width", [320, 1440])
def test_no_name_makes_a_page_wider_or_is_cut_off(shop, browser, width):
    # What is cut with an ellipsis on purpose says the whole in its title; drawings bear shortened words.
    cut = """() => [...document.querySelectorAll('body *:not(svg *)')].filter(e => {
        const s = getComputedStyle(e);
        return e.children.length === 0 && e.textContent.trim() && s.overflowX !== 'visible' && s.overflowX !== 'auto' && s.textOverflow !== 'ellipsis'
            && !e.closest('.vh, .m') && e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 1 }).map(e => e.outerHTML.slice(0, 120))"""
    for path in [*page_kinds(shop), *sorted(shop.glob("investigations/*/*.html"))]:
        context, page, trouble = open_page(browser, path, viewport={"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert page.evaluate(cut) == [], path
        assert trouble == [], path
        context.close()


# A text that runs from right to left stands in an element of its own that is isolated, or alone in its line. Sentences, which name
# things as they go, are read as one.
TURNED = """() => {
    const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        if (!/[\\u0590-\\u08ff]/.test(node.data) || node.parentElement.closest('script, style, svg, option, noscript, .say, .why, .harm, .report')) continue;
        let element = node.parentElement;
        while (getComputedStyle(element).display.startsWith('inline') && getComputedStyle(element).unicodeBidi === 'normal') element = element.parentElement;
        if (getComputedStyle(element).unicodeBidi !== 'normal' && getComputedStyle(element).display.startsWith('inline')) continue;
        const rest = [...element.childNodes].filter(other => !other.contains(node)).map(other => other.nodeType === 3 ? other.data : other.nodeType === 1 && getComputedStyle(other).display.startsWith('inline') && getComputedStyle(other).unicodeBidi === 'normal' ? other.textContent : '').join('').trim();
        if (rest) found.push(element.outerHTML.slice(0, 160));
    }
    return found;
}"""


def test_no_name_turns_its_neighbours_round(shop, browser):
    for path in page_kinds(shop):
        context, page, _ = open_page(browser, path, viewport={"width": 1440, "height": 800})
        assert page.evaluate(TURNED) == [], path
        context.close()


@pytest.mark.parametrize("text, expected", [("支払い", "支払い"), ("платеж", "Платёж"), ("התשלום", "התשלום"), ("Odeme", "Ödeme"), ("भुगतान", "भुगतान")])
def test_each_is_found_by_its_own_words(shop, browser, text, expected):
    from test_site import search

    context, page, trouble = open_page(browser, shop / "index.html")
    assert any(expected in item for item in search(page, text)), text
    assert trouble == []
    context.close()
