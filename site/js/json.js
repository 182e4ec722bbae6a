// The raw JSON of a piece, its names told apart from its values once it is opened.
import { one } from "./dom.js";

// Pieces of JSON text: `name`, `text`, `number` (and true, false, null) and `rest`. Joined they are the text again.
export function tokens(text) {
  const out = [];
  let rest = 0;
  const pattern = /("(?:[^"\\]|\\.)*")(\s*:)?|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\b(?:true|false|null)\b/g;
  for (const match of text.matchAll(pattern)) {
    if (match.index > rest) out.push({ kind: "rest", text: text.slice(rest, match.index) });
    out.push({ kind: match[1] ? (match[2] ? "name" : "text") : "number", text: match[1] ?? match[0] });
    if (match[2]) out.push({ kind: "rest", text: match[2] });
    rest = match.index + match[0].length;
  }
  if (rest < text.length) out.push({ kind: "rest", text: text.slice(rest) });
  return out;
}

export function follow(article) {
  const raw = article && one(".raw", article);
  if (!raw || raw.dataset.seen) return;
  raw.dataset.seen = "yes";
  raw.addEventListener("toggle", () => {
    const pre = one("pre", raw);
    if (!raw.open || pre.firstElementChild) return;
    pre.replaceChildren(...tokens(pre.textContent).map(({ kind, text }) => {
      if (kind === "rest") return text;
      const span = document.createElement("span");
      span.className = `j-${kind}`;
      span.textContent = text;
      return span;
    }));
  });
}
