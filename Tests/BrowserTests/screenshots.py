"""Pictures of every kind of page of a site: screenshots.py PUBLIC_DIR OUT_DIR [NAME…]"""
import pathlib
import shutil
import sys

from playwright.sync_api import sync_playwright

from conftest import page_kinds

site, out = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
wanted = sys.argv[3:]
out.mkdir(parents=True, exist_ok=True)
LOOKS = {
    "light": dict(viewport={"width": 1440, "height": 900}, color_scheme="light"),
    "dark": dict(viewport={"width": 1440, "height": 900}, color_scheme="dark"),
    "phone": dict(viewport={"width": 390, "height": 844}, color_scheme="light", has_touch=True, is_mobile=True),
}
with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"])
    for path in page_kinds(site):
        name = str(path.relative_to(site)).removesuffix(".html").removesuffix("/index").replace("/", "-")
        if wanted and not any(word in name for word in wanted):
            continue
        for look, options in LOOKS.items():
            context = browser.new_context(**options)
            page = context.new_page()
            page.goto(path.as_uri())
            page.screenshot(path=out / f"{name}-{look}.png", full_page=True)
            if look == "light":
                page.pdf(path=out / f"{name}-print.pdf", format="A4")
            context.close()
    for text in ["payments pool", "chekout"]:
        context = browser.new_context(**LOOKS["light"])
        page = context.new_page()
        page.goto((site / "index.html").as_uri())
        page.fill("#search", text)
        page.wait_for_timeout(800)
        page.screenshot(path=out / f"search-{text.replace(' ', '-')}.png")
        context.close()
    browser.close()
