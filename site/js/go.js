// `g`, then a letter: to another part of the site.
import { one } from "./dom.js";

const places = { b: "index.html", t: "timeline/index.html", s: "services/index.html", o: "sources/index.html", a: "analytics/index.html", r: "reports/index.html" };
const patience = 1500;

// A table of keys, as `keys.js` takes it, with these among them. Without a bar it stays as it was.
export function joined(actions) {
  const root = one("#search")?.dataset.root;
  if (root === undefined) return actions;
  const out = { ...actions };
  let since = 0;
  for (const [key, address] of Object.entries(places)) {
    const [words, action] = Array.isArray(actions[key]) ? actions[key] : [null, actions[key]];
    out[key] = [words, () => { if (Date.now() - since < patience) location.assign(root + address); else action?.(); }];
  }
  out.g = ["then b t s o a r: board, timeline, services, sources, analytics, reports", () => { since = Date.now(); }];
  return out;
}
