// The evidence list: filter, selection, and the details pane beside it.
import { one, all } from "./dom.js";
import { matches, searchable, wordsOf } from "./text.js";

const PICKED = ["service", "source", "type"];

// The rows of the page as values; what they say is read once.
export function read(root = document) {
  return all("#rows li", root).map((element) => {
    const [time, mark, service, source, link, score] = element.children;
    let text = null;
    return {
      get text() { return text ??= searchable(element.textContent); },
      element, link, id: element.id.slice(2), at: Date.parse(time.dateTime), time: time.textContent, kind: mark.textContent,
      service: service.textContent, source: source.textContent, type: element.dataset.type, title: link.textContent.trim(), score: score.textContent, article: document.getElementById(`e-${element.id.slice(2)}`),
    };
  });
}
// Of many pieces the details are made when they are first needed: a browser with scripts reads `<noscript>` as text.
export function unfolded(article) {
  const folded = article?.firstElementChild?.matches("noscript") && article.firstElementChild;
  if (folded) article.innerHTML = folded.textContent;
  return article;
}
// True when the filter lets a piece of evidence through; `words` are those of the text searched for.
export function passes(piece, state, words) {
  return (!words.length || matches(piece.text ?? (piece.text = searchable(`${piece.title} ${piece.service} ${piece.source}`)), words))
    && (!state.severities.length || state.severities.includes(piece.kind))
    && PICKED.every((name) => !state[name] || state[name] === piece[name])
    && (!state.span || (piece.at >= state.span[0] && piece.at <= state.span[1]));
}

export function mount(rows, marks, state, { onChange, onOpen }) {
  const list = one("#rows");
  if (!list) return null;
  const find = one("#find"), clearButton = one("#clear"), count = one("#count"), total = count.textContent;
  const drawn = new Map();
  for (const link of all("#plot a")) {
    const id = link.getAttribute("href").slice(3);
    drawn.set(id, [...(drawn.get(id) ?? []), link]);
  }
  const byId = new Map(rows.map((row) => [row.id, row]));
  const picks = PICKED.map((name) => one(`#${name}`));
  for (const pick of picks) {
    const names = [...new Set(marks.map((mark) => mark[pick.id]))].filter(Boolean).sort();
    for (const name of names) pick.add(new Option(pick.id === "type" ? name.replaceAll("_", " ") : name, name));
    pick.hidden = names.length < 2;
  }
  const sections = all("section", list), sectionOf = new Map();
  for (const section of sections) for (const element of all("li", section)) sectionOf.set(element, section);
  let current = null, words = [], off = new Set();

  const isFiltered = () => state.text || state.severities.length || state.span || PICKED.some((name) => state[name]);
  const isOn = (mark) => passes(mark, state, words);
  function render() {
    words = wordsOf(state.text);
    // Only rows that come or go are touched, so that a drag over the plot filters two thousand of them in a frame.
    const gone = new Set(isFiltered() ? rows.filter((row) => !isOn(row)) : []), left = new Set();
    for (const row of rows) {
      const on = !gone.has(row);
      if (on) left.add(sectionOf.get(row.element));
      if (on !== off.has(row)) continue;
      row.element.hidden = !on;
      for (const link of drawn.get(row.id) ?? []) link.classList.toggle("off", !on);
    }
    for (const section of sections) section.hidden = !left.has(section);
    off = gone;
    const shown = rows.length - gone.size;
    count.textContent = isFiltered() ? `${shown} of ${total}` : total;
    one("#none").hidden = shown > 0;
    clearButton.hidden = !isFiltered();
    for (const button of all("[data-severity]")) button.setAttribute("aria-pressed", state.severities.includes(button.dataset.severity));
    if (find.value !== state.text) find.value = state.text;
    for (const pick of picks) {
      if (state[pick.id] && ![...pick.options].some((option) => option.value === state[pick.id])) state[pick.id] = "";
      pick.value = state[pick.id];
      pick.classList.toggle("set", !!pick.value);
    }
    onChange();
  }
  addEventListener("beforeprint", () => { for (const row of rows) unfolded(row.article); });
  function light(row, on) {
    if (on) unfolded(row.article);
    row.element.classList.toggle("on", on);
    row.article?.classList.toggle("on", on);
    for (const link of drawn.get(row.id) ?? []) link.classList.toggle("on", on);
  }
  function open(id, { reveal = true } = {}) {
    const row = byId.get(id);
    if (!row) return;
    if (current) light(current, false); else one(".detail .first.on")?.classList.remove("on");
    current = row;
    state.open = id;
    light(row, true);
    if (reveal) row.element.scrollIntoView({ block: "nearest" });
    if (row.article && matchMedia("(max-width: 47.99rem)").matches) row.article.scrollIntoView({ block: "start" });
    onOpen(row.article);
    onChange();
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
  for (const pick of picks) pick.addEventListener("change", () => { state[pick.id] = pick.value; render(); });
  for (const button of all("[data-severity]")) {
    button.addEventListener("click", () => {
      const word = button.dataset.severity;
      state.severities = state.severities.includes(word) ? state.severities.filter((other) => other !== word) : [...state.severities, word];
      render();
    });
  }
  // Every link to a piece of evidence, wherever it stands on the page, opens it in the pane.
  document.addEventListener("click", (event) => {
    const href = event.target.closest?.("a[href^='#e-']")?.getAttribute("href");
    if (href && byId.has(href.slice(3)) && !event.metaKey && !event.ctrlKey) { event.preventDefault(); open(href.slice(3), { reveal: !event.target.closest("#rows, .detail") }); return; }
    const row = event.target.closest?.("#rows li");
    if (row && !String(getSelection())) open(row.id.slice(2), { reveal: false });
  });

  one(".detail .first")?.classList.add("on");
  onOpen(one(".detail .first"));
  const article = () => current?.article ?? one(".detail .first");
  return { render, open, step, find, byId, isOn, article, shown: () => rows.filter((row) => !row.element.hidden) };
}
