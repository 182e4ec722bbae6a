// The page as Markdown, JSON or CSV: what is shown, as it is filtered.
import { all, one } from "./dom.js";
import { unfolded } from "./rows.js";

// A field of CSV (RFC 4180). What a spreadsheet would take for a formula begins with an apostrophe instead.
export function field(value) {
  let text = String(value ?? "");
  if (/^[\s\u0000]*[=+\-@\uff1d\uff0b\uff0d\uff20]/.test(text) || /^[\t\r\n]/.test(text)) text = `'${text}`;
  return /[",;\r\n\t']/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
export const csv = (rows) => [
  ["time", "severity", "service", "source", "type", "title", "confidence", "id"],
  ...rows.map((row) => [new Date(row.at).toISOString(), row.kind, row.service, row.source, row.type, row.title, row.score, row.id]),
].map((fields) => `${fields.map(field).join(",")}\r\n`).join("");

// Text in Markdown that stays text, on one line.
export const plain = (text) => String(text ?? "").replace(/\s+/g, " ").trim().replace(/[\\\x60*_{}[\]<>#|~!]/g, "\\$&").replace(/^([-+]|\d+[.)])(?= )/, "\\$1");

export function markdown(it) {
  const list = (heading, items) => (items.length ? `\n## ${heading}\n\n${items.join("\n")}\n` : "");
  const bullets = (heading, items) => list(heading, items.map((item) => `- ${plain(item)}`));
  const rows = it.evidence.map((row) => `| ${[row.time, row.kind, row.service, row.source, row.title, row.score].map(plain).join(" | ")} |`);
  return `# #${it.number} ${plain(it.title)}\n\n${it.status.map(plain).join(" · ")}\n\n${plain(it.sentence)}\n`
    + bullets("Impact", it.impact) + bullets("Course (UTC)", it.course) + bullets("Probable causes", it.causes) + bullets("Suspect changes", it.suspects)
    + list("Evidence", rows.length ? ["| Time (UTC) | Mark | Service | Source | What | Score |", "|---|---|---|---|---|---|", ...rows] : [])
    + bullets("Notes", it.notes);
}

const words = (element) => (element?.innerText ?? element?.textContent ?? "").replace(/\s+/g, " ").trim();
const texts = (selector) => all(selector).map(words).filter(Boolean);

export function page(number, rows) {
  return {
    number, title: words(one("h1")), status: texts(".case > span"), sentence: words(one(".say")), impact: texts(".harm li"), course: texts(".life li"),
    causes: all(".hyp").map((cause) => [one(".score", cause), one("h3", cause), one(".why", cause)].map(words).join(" ")),
    suspects: all(".sus-list > li").map((suspect) => [one(".top", suspect), one(".meta", suspect), one(".why", suspect)].map(words).filter(Boolean).join("; ")),
    evidence: rows, notes: texts(".note, .prose > p"),
  };
}

function event(row) {
  const text = one(".raw pre", unfolded(row.article) ?? document.createElement("p"))?.textContent ?? "";
  try { return JSON.parse(text); } catch { return { title: row.title }; /* a very long one is cut on the page */ }
}
const bare = ({ id, at, kind, service, source, type, title, score }) => ({ fingerprint: id, occurred_at: new Date(at).toISOString(), mark: kind, service, source, type, title, confidence: score });

const forms = {
  md: (number, rows) => ["text/markdown", markdown(page(number, rows))],
  csv: (number, rows) => ["text/csv", csv(rows)],
  json: (number, rows) => ["application/json", `${JSON.stringify({ ...page(number, []), schema: "caseboard.canvas/1", evidence: rows.map((row) => ({ ...bare(row), event: event(row) })) }, null, 2)}\n`],
};

export function mount(shown) {
  const number = JSON.parse(one("#data").textContent).number;
  for (const button of all("[data-take]")) {
    button.addEventListener("click", () => {
      one("#take").open = false;
      const form = button.dataset.take;
      if (form === "print") { print(); return; }
      const [type, text] = forms[form](number, shown());
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
      link.download = `investigation-${number}.${form}`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    });
  }
}
