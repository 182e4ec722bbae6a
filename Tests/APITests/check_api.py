"""Judges what the demo publishes by programs that are not ours; prints one line a fact, fails on the first that is wrong."""
import asyncio
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml

import jsonschema
import referencing
from openapi_spec_validator import OpenAPIV31SpecValidator
from openapi_spec_validator.readers import read_from_filename

CASEBOARD = os.environ["CASEBOARD"]
NOW = "2026-03-10T15:20:00Z"
ATOM = "{http://www.w3.org/2005/Atom}"
BASE = "https://cases.example.org/oncall"


def fact(is_so, sentence):
    print(("ok   " if is_so else "FAIL ") + sentence)
    if not is_so:
        sys.exit(1)


def ask(*arguments):
    done = subprocess.run([CASEBOARD, *arguments, "--now", NOW], capture_output=True, text=True)
    fact(done.returncode == 0, f"caseboard {' '.join(map(str, arguments[:3]))} {done.stderr[:300]}")
    return done.stdout


def load(path):
    return json.loads(path.read_text(encoding="utf-8"))


class Schemas:
    def __init__(self, folder):
        self.schemas = {path.stem: load(path) for path in sorted(folder.glob("*.json"))}
        self.registry = referencing.Registry().with_resources(
            (f"{name}.json", referencing.Resource.from_contents(schema)) for name, schema in self.schemas.items())

    def problems(self, name, document):
        # A reference is relative to the schema's own address, which is that of its file.
        schema = {"$id": f"{name}.json", **self.schemas[name]}
        validator = jsonschema.Draft202012Validator(
            schema, registry=self.registry, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)
        return [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(document)]


def every_document(api):
    """Follows the links of the index, as a stranger would; gives each document once, with where it stands."""
    waiting, seen = [api / "index.json"], {}
    while waiting:
        path = waiting.pop().resolve()
        if path in seen or path.suffix != ".json" or "schemas" in path.parts or path.name == "openapi.json":
            continue
        fact_if_missing(path)
        seen[path] = load(path)
        waiting += [(path.parent / link).resolve() for link in links(seen[path])]
    return seen


def fact_if_missing(path):
    if not path.is_file():
        fact(False, f"a link leads to {path}, which is there")


def links(value):
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in ("href", "events_href", "next", "previous", "index", "latest", "openapi") and isinstance(inner, str):
                yield inner
            else:
                yield from links(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from links(inner)


def check_api(public):
    api = public / "api/v1"
    schemas = Schemas(api / "schemas")
    for name, schema in schemas.schemas.items():
        jsonschema.Draft202012Validator.check_schema(schema)
    fact(True, f"{len(schemas.schemas)} schemas are JSON Schema 2020-12")
    documents = every_document(api)
    problems = []
    for path, document in documents.items():
        name = document["schema"].removeprefix("caseboard.").split("/")[0]
        problems += [f"{path.relative_to(api)} {problem}" for problem in schemas.problems(name, document)]
    fact(not problems, f"{len(documents)} linked documents fit their schemas {problems[:5]}")
    published = {path.resolve() for path in api.rglob("*.json") if "schemas" not in path.parts and path.name != "openapi.json"}
    unlinked = sorted(published - set(documents))
    fact(not unlinked, f"every document is linked from another {unlinked[:3]}")

    lines = (api / "changes.jsonl").read_text(encoding="utf-8").splitlines()
    events = [json.loads(line) for line in lines]
    problems = [problem for event in events for problem in schemas.problems("change", event)]
    fact(bool(events) and not problems, f"{len(events)} changes fit their schema {problems[:3]}")
    fact(len({event["id"] for event in events}) == len(events), "no two changes have one id")

    specification, base_uri = read_from_filename(str(api / "openapi.json"))
    errors = [error.message[:300] for error in OpenAPIV31SpecValidator(specification, base_uri=base_uri).iter_errors()]
    fact(not errors, f"openapi.json is OpenAPI 3.1 {errors[:3]}")

    total = load(api / "index.json")["investigations"]["total"]
    counted, page = 0, api / "investigations/pages/1.json"
    while page:
        document = load(page)
        counted += len(document["investigations"])
        page = page.parent / document["next"] if "next" in document else None
    fact(counted == total == document["total"], f"the pages hold {total} investigations, as they say")


def check_feeds(public, base):
    feeds = sorted((public / "feeds").rglob("*.xml"))
    for path in feeds:
        feed = xml.parse(path).getroot()
        entries = feed.findall(ATOM + "entry")
        for element in [feed, *entries]:
            missing = [name for name in ("id", "title", "updated") if not element.findtext(ATOM + name)]
            assert not missing, f"{path}: {missing}"
        ids = [entry.findtext(ATOM + "id") for entry in entries]
        assert len(set(ids)) == len(ids)
        for link in feed.iter(ATOM + "link"):
            target = link.get("href")
            if base:
                assert target.startswith(base + "/"), target
                assert (public / target.removeprefix(base + "/")).is_file(), target
            else:
                assert (path.parent / target).is_file(), target
    fact(len(feeds) > 3, f"{len(feeds)} Atom feeds are complete and their links lead somewhere")
    feed = load(public / "feeds/all.json")
    fact(feed["version"] == "https://jsonfeed.org/version/1.1" and all({"id", "url", "content_text"} <= item.keys() for item in feed["items"]),
         "the JSON feed is complete")
    sitemap = public / "sitemap.xml"
    if base:
        addresses = [element.text for element in xml.parse(sitemap).getroot().iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]
        fact(bool(addresses) and all((public / a.removeprefix(base + "/")).is_file() for a in addresses), f"the sitemap's {len(addresses)} addresses are there")
    else:
        fact(not sitemap.exists(), "without a base URL there is no sitemap")


async def check_database(public):
    from datasette.app import Datasette
    app = Datasette([], immutables=[str(public / "caseboard.db")], metadata=load(public / "caseboard-metadata.json"))
    await app.invoke_startup()
    tables = (await app.client.get("/caseboard.json")).json()
    names = {table["name"] for table in tables["tables"]}
    fact({"investigations", "causes", "evidence", "events", "notes", "versions", "about"} <= names, f"Datasette opens the database: {sorted(names)}")
    views = {view["name"] if isinstance(view, dict) else view for view in tables["views"]}
    fact({"open_investigations", "timeline", "durations"} <= views, f"it has views: {sorted(views)}")
    for name in sorted(names | views):
        page = await app.client.get(f"/caseboard/{name}")
        assert page.status_code == 200, f"{name}: {page.status_code}"
    page = await app.client.get("/caseboard/investigations")
    fact("One row an investigation." in page.text, "Datasette shows the description of a table")
    described = (await app.client.get("/caseboard.json?sql=select+count(*)+from+about+where+name='investigations'")).json()
    fact(described["rows"] and list(described["rows"][0].values() if isinstance(described["rows"][0], dict) else described["rows"][0])[0] > 10, "the database explains itself")


with tempfile.TemporaryDirectory() as folder:
    workspace = pathlib.Path(folder) / "shop"
    ask("init", "--demo", workspace)
    ask("run", "-w", workspace)
    check_api(workspace / "public")
    check_feeds(workspace / "public", None)
    asyncio.run(check_database(workspace / "public"))
    with open(workspace / "caseboard.yaml", "a", encoding="utf-8") as configuration:
        configuration.write(f"\nsite: {{base_url: {BASE}/}}\n")
    ask("run", "-w", workspace)
    check_api(workspace / "public")
    check_feeds(workspace / "public", BASE)
