// Every page of the site but canvas and report. Pages are complete without it; it adds search, filters, keys and theme.
import { all, one } from "./dom.js";
import * as age from "./age.js";
import * as filter from "./filter.js";
import * as keys from "./keys.js";
import * as search from "./search.js";
import * as theme from "./theme.js";

document.documentElement.classList.add("js");
const nextTheme = theme.mount();
age.mount();
const found = search.mount(), filters = filter.mount();
// The newest is at the right: what does not fit begins there.
for (const region of all("#strip, .scroll.wide")) region.scrollLeft = region.scrollWidth;

const links = () => all("[data-row]:not([hidden])").map((row) => one("a", row)).filter(Boolean);
const step = (by) => {
  const list = links(), now = list.indexOf(document.activeElement);
  list[now < 0 ? (by > 0 ? 0 : list.length - 1) : Math.min(list.length - 1, Math.max(0, now + by))]?.focus();
};
const places = { b: "index.html", t: "timeline/index.html", s: "services/index.html", o: "sources/index.html", a: "analytics/index.html", r: "reports/index.html" };
const root = one("#search")?.dataset.root ?? "";
let going = 0;
const went = (key) => {
  if (Date.now() - going > 1500 || !places[key]) return false;
  location.assign(root + places[key]);
  return true;
};
one("#close")?.addEventListener("click", () => one("#keys").close());
const key = (name, action) => () => { if (!went(name)) action?.(); going = name === "g" ? Date.now() : 0; };
keys.mount({
  j: () => step(1), k: () => step(-1), "/": () => found?.focus(), f: () => filters?.focus(), Escape: () => { found?.clear(); filters?.clear(); },
  g: key("g"), t: key("t", nextTheme), b: key("b"), s: key("s"), o: key("o"), a: key("a"), r: key("r"),
});
