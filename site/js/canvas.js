// The canvas is complete without this module; it adds filter, span, zoom, dense lanes, keys, export and theme.
import { all, one, remember } from "./dom.js";
import { decode, encode } from "./state.js";
import * as age from "./age.js";
import * as copy from "./copy.js";
import * as find from "./find.js";
import * as go from "./go.js";
import * as graph from "./graph.js";
import * as json from "./json.js";
import * as keys from "./keys.js";
import * as lanes from "./lanes.js";
import * as news from "./news.js";
import * as plot from "./plot.js";
import * as rows from "./rows.js";
import * as span from "./span.js";
import * as take from "./take.js";
import * as theme from "./theme.js";

document.documentElement.classList.add("js");
const state = decode(location.hash);
const data = JSON.parse(one("#data").textContent);
const nextTheme = theme.mount();
const copier = copy.mount(), found = find.mount();
const pieces = rows.read();
let list = null, drawing = null, saving = 0, savedAt = 0, saved = encode(state);

// Browsers allow few changes of the address a second: the first is made at once, the last of a row of them a little later.
const save = () => {
  clearTimeout(saving);
  const keep = () => {
    const address = encode(state);
    if (address === saved) return;
    saved = address;
    savedAt = Date.now();
    remember(address);
  };
  if (Date.now() - savedAt > 200) keep(); else saving = setTimeout(keep, 200);
};
const frame = plot.mount(state, (view) => { drawing?.paint(view); save(); });
drawing = lanes.mount(frame, pieces, data, state, (mark) => list?.isOn(mark) ?? true);
list = rows.mount(pieces, drawing.marks, state, { onChange: () => { frame.schedule(); save(); }, onOpen: (article) => { copier.follow(article); json.follow(article); } });
const under = (x, y, target) => {
  const id = target?.closest?.("a[href^='#e-']")?.getAttribute("href").slice(3), row = id && list?.byId.get(id);
  return row ? { mark: row, count: 1 } : drawing.under(x, y);
};
const axis = span.mount(frame, state, { onChange: () => list?.render(), under, open: (id) => list?.open(id) });
const paths = graph.mount();
list?.render();
if (state.open) list?.open(state.open);
age.mount();
take.mount(() => list?.shown() ?? []);
news.mount();

function clear() {
  Object.assign(state, { text: "", severities: [], source: "", service: "", type: "" });
  one("#take").open = false;
  paths.clear();
  axis.clear();
}
const press = (selector) => one(selector, list?.article() ?? document)?.click();
one("#clear")?.addEventListener("click", clear);
keys.mount(go.joined({
  j: ["next piece of evidence", () => list?.step(1)],
  k: ["previous piece", () => list?.step(-1)],
  "/": ["find in the evidence", () => list?.find.focus()],
  ...(found ? { s: ["search everything", found.focus] } : {}),
  Escape: ["clear filter, span and path", () => { found?.clear(); clear(); }],
  "+": ["zoom in", () => frame.zoom(2)],
  "=": [null, () => frame.zoom(2)],
  "-": ["zoom out", () => frame.zoom(0.5)],
  w: ["the whole time axis", frame.whole],
  z: ["zoom to the chosen span", axis.zoom],
  f: ["type the span", () => one("#from").select()],
  ArrowLeft: ["earlier, when zoomed in", () => frame.pan(-0.25)],
  ArrowRight: ["later", () => frame.pan(0.25)],
  l: ["lanes by service or by source", drawing.toggle],
  p: ["light the way from the change to the open piece", () => paths.toggle(state.open)],
  r: ["the open piece as JSON", () => press(".raw summary")],
  o: ["open where it came from", () => press(".out")],
  c: ["copy its id", () => copier.copy()],
  y: ["copy the address of what you see", () => copier.address()],
  e: ["export", () => { const menu = one("#take"); menu.open = !menu.open; if (menu.open) one("button", menu).focus(); }],
  n: ["go to the notes", () => one("#h-notes")?.scrollIntoView()],
  t: ["light, dark or automatic colours", nextTheme],
}));
// An address typed over this one: all of it counts when it says more than which piece is open.
addEventListener("hashchange", () => {
  const wanted = decode(location.hash);
  if (location.hash.includes("=")) {
    const { open, view, lanes: by, ...rest } = wanted;
    Object.assign(state, rest);
    drawing.by(by);
    axis.show();
    if (view) frame.show(...view); else frame.whole();
    list?.render();
  }
  if (wanted.open && wanted.open !== state.open) list?.open(wanted.open);
});
// A menu closes when one turns to something else.
for (const menu of all(".menu")) document.addEventListener("click", (event) => { if (!menu.contains(event.target)) menu.open = false; });
