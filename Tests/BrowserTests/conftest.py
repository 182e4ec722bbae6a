"""A demo workspace, made once, and a browser to look at it with."""
import os
import pathlib
import re
import shutil
import subprocess

import axe_playwright_python
import pytest
from playwright.sync_api import sync_playwright

import nginx

CASEBOARD = os.environ.get("CASEBOARD", ".build/debug/caseboard")
NOW = "2026-03-10T15:20:00Z"


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo") / "shop"
    subprocess.run([CASEBOARD, "init", "--demo", folder, "--now", NOW], check=True, capture_output=True)
    done = subprocess.run([CASEBOARD, "run", "-w", folder, "--now", NOW], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "public"


@pytest.fixture(scope="session")
def host(site, tmp_path_factory):
    """nginx: the site under `/under/here/`, and a folder to write in under `/under/copy/`."""
    copy = tmp_path_factory.mktemp("copy")
    with nginx.running(tmp_path_factory.mktemp("nginx"), {"/under/here/": site, "/under/copy/": copy}) as address:
        yield address, copy


@pytest.fixture(scope="session")
def served(host):
    return host[0] + "/under/here/"


@pytest.fixture(scope="session")
def browser():
    executable = shutil.which("chromium") or shutil.which("chromium-browser")
    assert executable, "chromium is missing: scripts/install-dependencies --browser"
    with sync_playwright() as playwright:
        # Everything outside file:// would be a request that leaves the page; there is no sandbox for root.
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


def pages(site: pathlib.Path):
    return [site / "index.html", *sorted(site.glob("investigations/*/*.html"))]


@pytest.fixture(scope="session")
def axe():
    """A script that gives the violations axe-core finds in a page."""
    source = (pathlib.Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
    return f"async () => {{ {source}; return (await axe.run(document, {{resultTypes: ['violations']}})).violations; }}"


def count_pages(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf))


def every_page(site: pathlib.Path):
    return sorted(site.rglob("*.html"))


def page_kinds(site: pathlib.Path):
    """One or two pages of each kind."""
    patterns = ["*.html", "investigations/*/index.html", "investigations/*/report.html", "services/*/index.html", "sources/*/index.html",
                "timeline/2*.html", "archive/*.html", "*/index.html"]
    found = []
    for pattern in patterns:
        all_of_kind = sorted(site.glob(pattern))
        found += all_of_kind if pattern in ("*.html", "*/index.html", "archive/*.html") else all_of_kind[:2] + all_of_kind[-1:]
    return list(dict.fromkeys(found))
