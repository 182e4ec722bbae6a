// What a page's address remembers behind `#`: the open piece, the filter, the span.
const known = new Set(["critical", "high", "medium", "low", "info", "change", "note"]);

export function encode({ open = "", text = "", severities = [], source = "", service = "", type = "", span = null, view = null, lanes = "" }) {
  const parts = [];
  if (open) parts.push(`e-${open}`);
  if (text) parts.push(`q=${encodeURIComponent(text)}`);
  if (severities.length) parts.push(`severity=${[...severities].sort().join(",")}`);
  if (source) parts.push(`source=${encodeURIComponent(source)}`);
  if (service) parts.push(`service=${encodeURIComponent(service)}`);
  if (type) parts.push(`type=${encodeURIComponent(type)}`);
  if (lanes === "source") parts.push("lanes=source");
  if (view) parts.push(`view=${view.map(Math.round).join(",")}`);
  if (span) parts.push(`from=${Math.round(span[0])}`, `to=${Math.round(span[1])}`);
  return parts.length ? `#${parts.join("&")}` : "";
}

// Never throws: what cannot be read is left out.
export function decode(hash) {
  const state = { open: "", text: "", severities: [], source: "", service: "", type: "", span: null, view: null, lanes: "" };
  let from = NaN, to = NaN;
  for (const part of hash.replace(/^#/, "").split("&")) {
    const at = part.indexOf("=");
    if (at < 0) { if (/^[er]-[\w-]+$/.test(part)) state.open = part.slice(2); continue; }
    const value = unescaped(part.slice(at + 1));
    switch (part.slice(0, at)) {
      case "q": state.text = value; break;
      case "severity": state.severities = value.split(",").filter((word) => known.has(word)); break;
      case "source": case "service": case "type": state[part.slice(0, at)] = value; break;
      case "lanes": state.lanes = value === "source" ? value : ""; break;
      case "view": {
        const ends = value.split(",").map(Number);
        if (ends.length === 2 && ends.every(Number.isFinite) && ends[0] < ends[1]) state.view = ends;
        break;
      }
      case "from": from = Number(value); break;
      case "to": to = Number(value); break;
    }
  }
  if (Number.isFinite(from) && Number.isFinite(to) && from < to) state.span = [from, to];
  return state;
}
function unescaped(text) {
  try { return decodeURIComponent(text); } catch { return ""; }
}
