// Every page of the site but canvas and report. Pages are complete without it; it adds search, filters, keys and theme.
import { all, one } from "./dom.js";
import * as age from "./age.js";
import * as filter from "./filter.js";
import * as find from "./find.js";
import * as go from "./go.js";
import * as keys from "./keys.js";
import * as theme from "./theme.js";

document.documentElement.classList.add("js");
const nextTheme = theme.mount();
age.mount();
const found = find.mount(), filters = filter.mount();
// The newest is at the right: what does not fit begins there.
for (const region of all("#strip, .scroll.wide")) region.scrollLeft = region.scrollWidth;

const links = () => all("[data-row]:not([hidden])").map((row) => one("a", row)).filter(Boolean);
const step = (by) => {
  const list = links(), now = list.indexOf(document.activeElement);
  list[now < 0 ? (by > 0 ? 0 : list.length - 1) : Math.min(list.length - 1, Math.max(0, now + by))]?.focus();
};
keys.mount(go.joined({
  j: () => step(1), k: () => step(-1), "/": () => found?.focus(), f: () => filters?.focus(), Escape: () => { found?.clear(); filters?.clear(); }, t: nextTheme,
}));
