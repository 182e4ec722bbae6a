// The canvas is complete without this module; it adds filter, span, keys, zoom and theme.
import { one } from "./dom.js";
import { decode } from "./state.js";
import * as age from "./age.js";
import * as copy from "./copy.js";
import * as graph from "./graph.js";
import * as keys from "./keys.js";
import * as rows from "./rows.js";
import * as span from "./span.js";
import * as theme from "./theme.js";
import * as zoom from "./zoom.js";

document.documentElement.classList.add("js");
const state = decode(location.hash);
const nextTheme = theme.mount();
const copier = copy.mount();
let list = null;
const axis = span.mount(state, () => list?.render());
const zoomBy = zoom.mount();
list = rows.mount(document, state, copier.follow);
graph.mount();
age.mount();

function clear() {
  state.text = ""; state.severities = []; state.source = "";
  axis.clear();
}
one("#clear")?.addEventListener("click", clear);
keys.mount({
  j: () => list?.step(1), k: () => list?.step(-1), "/": () => list?.find.focus(), Escape: clear,
  "+": () => zoomBy(1), "=": () => zoomBy(1), "-": () => zoomBy(-1), c: () => copier.copy(), t: nextTheme,
});
addEventListener("hashchange", () => {
  const wanted = decode(location.hash);
  if (wanted.open && wanted.open !== state.open) list?.open(wanted.open);
});
