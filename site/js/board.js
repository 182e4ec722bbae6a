// The board is complete without this module; it adds the filter of the ended list, keys and theme.
import { all, one, remember } from "./dom.js";
import { matches, searchable, wordsOf } from "./text.js";
import { decode, encode } from "./state.js";
import * as age from "./age.js";
import * as keys from "./keys.js";
import * as theme from "./theme.js";

document.documentElement.classList.add("js");
const nextTheme = theme.mount();
age.mount();
const strip = one("#strip");
if (strip) strip.scrollLeft = strip.scrollWidth;

const find = one("#find");
if (find) {
  const state = decode(location.hash);
  const count = one("#count"), total = count.textContent;
  const rows = all("#past tbody tr").map((element) => ({ element, text: searchable(element.textContent), severity: one(".m", element).textContent }));
  const render = () => {
    const words = wordsOf(state.text);
    let shown = 0;
    for (const row of rows) {
      row.element.hidden = !(matches(row.text, words) && (!state.severities.length || state.severities.includes(row.severity)));
      if (!row.element.hidden) shown += 1;
    }
    const isFiltered = words.length > 0 || state.severities.length > 0;
    count.textContent = isFiltered ? `${shown} of the ${rows.length} shown` : total;
    one("#none").hidden = shown > 0;
    for (const button of all("[data-severity]")) button.setAttribute("aria-pressed", state.severities.includes(button.dataset.severity));
    if (find.value !== state.text) find.value = state.text;
    remember(encode(state));
  };
  find.addEventListener("input", () => { state.text = find.value; render(); });
  for (const button of all("[data-severity]")) {
    button.addEventListener("click", () => {
      const word = button.dataset.severity;
      state.severities = state.severities.includes(word) ? state.severities.filter((other) => other !== word) : [...state.severities, word];
      render();
    });
  }
  const links = () => all(".open h3 a, #past tbody tr:not([hidden]) a");
  const step = (by) => {
    const list = links(), now = list.indexOf(document.activeElement);
    list[now < 0 ? (by > 0 ? 0 : list.length - 1) : Math.min(list.length - 1, Math.max(0, now + by))]?.focus();
  };
  keys.mount({ j: () => step(1), k: () => step(-1), "/": () => find.focus(), Escape: () => { state.text = ""; state.severities = []; render(); }, t: nextTheme });
  if (state.text || state.severities.length) render();
} else {
  keys.mount({ t: nextTheme });
}
