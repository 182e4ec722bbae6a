"""Pictures of the canvas for people to look at: run by scripts/canvas-pictures."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from playwright.sync_api import sync_playwright

import big_case

CASEBOARD, NOW = os.environ["CASEBOARD"], "2026-03-10T15:20:00Z"
FOLDER = pathlib.Path(sys.argv[1])


def picture(browser, path, name, width=1440, scheme="light", keys="", anchor="", whole=True, element=None):
    page = browser.new_context(viewport={"width": width, "height": 1330 if width > 1000 else 844}, color_scheme=scheme).new_page()
    page.clock.set_fixed_time("2026-03-10T15:21:00Z")
    page.goto(path.as_uri() + anchor)
    for key in keys:
        page.keyboard.press(key)
    page.wait_for_timeout(300)
    target = FOLDER / f"{name}.png"
    if element:
        page.locator(element).screenshot(path=target)
    else:
        page.screenshot(path=target, full_page=whole)
    page.context.close()
    return target


def details(browser, path):
    """One picture a kind of evidence."""
    page = browser.new_context(viewport={"width": 1440, "height": 1400}).new_page()
    page.goto(path.as_uri())
    kinds = page.evaluate("() => Object.fromEntries([...document.querySelectorAll('#rows li')].reverse().map(r => [r.dataset.type, r.id.slice(2)]))")
    for kind, id_ in sorted(kinds.items()):
        page.locator(f"#r-{id_} a").click()
        page.locator("#detail").screenshot(path=FOLDER / f"details-{kind}.png")
    page.context.close()


if __name__ == "__main__":
    executable = shutil.which("chromium") or shutil.which("chromium-browser")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        root = pathlib.Path(folder)
        subprocess.run([CASEBOARD, "init", "--demo", root / "shop", "--now", NOW], check=True, capture_output=True)
        subprocess.run([CASEBOARD, "run", "-w", root / "shop", "--now", NOW], check=True, capture_output=True)
        canvas = next(p for p in sorted(root.glob("shop/public/investigations/*/index.html")) if "CartSession" in p.read_text(encoding="utf-8"))
        big_case.write(root / "big", 10_000)
        subprocess.run([CASEBOARD, "investigate", root / "big", "--out", root / "out", "--now", NOW], check=True, capture_output=True)
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox", "--disable-gpu"])
        first = picture(browser, canvas, "canvas", whole=False)
        shutil.copy(first, pathlib.Path(__file__).parents[2] / "docs" / "pictures" / "canvas.png")
        picture(browser, canvas, "canvas-whole")
        picture(browser, canvas, "canvas-dark", scheme="dark")
        picture(browser, canvas, "canvas-phone", width=390)
        picture(browser, canvas, "canvas-sources", keys="l", element="section.a")
        picture(browser, canvas, "graph-way", keys="jp", element="section.g")
        picture(browser, canvas, "keys", keys="?", whole=False)
        picture(browser, root / "out/index.html", "many", whole=False)
        picture(browser, root / "out/index.html", "many-zoomed", keys="++++", element="section.a")
        details(browser, canvas)
        page = browser.new_page()
        page.goto(canvas.as_uri())
        page.pdf(path=FOLDER / "paper.pdf", format="A4", prefer_css_page_size=True)
        browser.close()
