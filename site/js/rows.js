// The evidence list: filter, selection, and the details pane beside it.
import { one, all, remember } from "./dom.js";
import { matches, searchable, wordsOf } from "./text.js";
import { encode } from "./state.js";

export function mount(root, state, onChange) {
  const list = one("#rows", root);
  if (!list) return null;
  const find = one("#find", root), source = one("#source", root), clearButton = one("#clear", root);
  const total = one("#count", root).textContent;
  const marks = new Map();
  for (const link of all("#plot a")) marks.set(link.getAttribute("href").slice(3), link);
  const rows = all("li", list).map((element) => ({
    element, id: element.id.slice(2), at: Date.parse(one("time", element).dateTime), text: searchable(element.textContent),
    severity: one(".m", element).textContent, source: element.children[3].textContent, link: one("a", element),
    article: document.getElementById(`e-${element.id.slice(2)}`),
  }));
  const byId = new Map(rows.map((row) => [row.id, row]));
  for (const name of [...new Set(rows.map((row) => row.source))].sort()) source.add(new Option(name, name));
  let current = null;

  const isFiltered = () => state.text || state.severities.length || state.source || state.span;
  const save = () => remember(encode(state));
  function render() {
    const words = wordsOf(state.text);
    let shown = 0;
    for (const row of rows) {
      const on = matches(row.text, words) && (!state.severities.length || state.severities.includes(row.severity))
        && (!state.source || state.source === row.source) && (!state.span || (row.at >= state.span[0] && row.at <= state.span[1]));
      row.element.hidden = !on;
      marks.get(row.id)?.classList.toggle("off", !on);
      if (on) shown += 1;
    }
    for (const section of all("section", list)) section.hidden = !all("li", section).some((row) => !row.hidden);
    one("#count", root).textContent = isFiltered() ? `${shown} of ${total}` : total;
    one("#none", root).hidden = shown > 0;
    clearButton.hidden = !isFiltered();
    for (const button of all("[data-severity]", root)) button.setAttribute("aria-pressed", state.severities.includes(button.dataset.severity));
    if (find.value !== state.text) find.value = state.text;
    source.value = state.source;
    save();
  }
  function open(id, { reveal = true } = {}) {
    const row = byId.get(id);
    if (!row) return;
    if (current) { current.element.classList.remove("on"); current.article?.classList.remove("on"); marks.get(current.id)?.classList.remove("on"); }
    else one(".detail .first.on")?.classList.remove("on");
    current = row;
    state.open = id;
    row.element.classList.add("on");
    row.article?.classList.add("on");
    marks.get(id)?.classList.add("on");
    if (reveal) row.element.scrollIntoView({ block: "nearest" });
    if (row.article && matchMedia("(max-width: 47.99rem)").matches) row.article.scrollIntoView({ block: "start" });
    onChange?.(row.article);
    save();
  }
  function step(by) {
    const shown = rows.filter((row) => !row.element.hidden);
    if (!shown.length) return;
    const now = shown.indexOf(current);
    const row = shown[now < 0 ? (by > 0 ? 0 : shown.length - 1) : Math.min(shown.length - 1, Math.max(0, now + by))];
    open(row.id);
    row.link.focus({ preventScroll: true });
  }

  find.addEventListener("input", () => { state.text = find.value; render(); });
  source.addEventListener("change", () => { state.source = source.value; render(); });
  for (const button of all("[data-severity]", root)) {
    button.addEventListener("click", () => {
      const word = button.dataset.severity;
      state.severities = state.severities.includes(word) ? state.severities.filter((other) => other !== word) : [...state.severities, word];
      render();
    });
  }
  // Every link to a piece of evidence, wherever it stands on the page, opens it in the pane.
  document.addEventListener("click", (event) => {
    const href = event.target.closest?.("a[href^='#e-']")?.getAttribute("href");
    if (href && byId.has(href.slice(3)) && !event.metaKey && !event.ctrlKey) { event.preventDefault(); open(href.slice(3), { reveal: !event.target.closest("#rows") }); return; }
    const row = event.target.closest?.("#rows li");
    if (row && !String(getSelection())) open(row.id.slice(2), { reveal: false });
  });
  document.addEventListener("pointerover", (event) => {
    const link = event.target.closest?.("#plot a");
    if (!link || link.dataset.told) return;
    link.dataset.told = "yes";
    const row = byId.get(link.getAttribute("href").slice(3));
    if (!row) return;
    const title = document.createElementNS("http://www.w3.org/2000/svg", "title");
    title.textContent = [one("time", row.element).textContent, one("b", row.element).textContent, row.link.textContent].join("  ");
    link.prepend(title);
  });

  one(".detail .first", root)?.classList.add("on");
  onChange?.(one(".detail .first", root));
  render();
  if (state.open) open(state.open);
  return { render, open, step, find, current: () => current?.article ?? one(".detail .first", root) };
}
