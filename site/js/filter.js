// Filters the rows of a page: words, severities, statuses, one service. The address keeps what is chosen.
import { all, one, remember } from "./dom.js";
import { matches, searchable, wordsOf } from "./text.js";

export const encode = ({ text, severities, statuses, service }) => {
  const out = new URLSearchParams();
  if (text) out.set("q", text);
  if (severities.length) out.set("severity", [...severities].sort().join(","));
  if (statuses.length) out.set("status", [...statuses].sort().join(","));
  if (service) out.set("service", service);
  return out.size ? `#${out}` : "";
};
export const decode = (hash) => {
  const read = new URLSearchParams(hash.replace(/^#/, ""));
  const list = (name) => (read.get(name) ?? "").split(",").filter((word) => /^[a-z_]+$/.test(word));
  return { text: read.get("q") ?? "", severities: list("severity"), statuses: list("status"), service: read.get("service") ?? "" };
};
export const isEmpty = (state) => encode(state) === "";

export function mount() {
  const bar = one("#filters");
  if (!bar) return null;
  const find = one("#find"), select = one("#service"), clear = one("#clear"), count = one("#count"), none = one("#none");
  const rows = all("[data-row]").map((element) => ({
    element, text: searchable(element.textContent), severity: one(".m", element)?.textContent ?? "", status: element.dataset.row,
    services: (element.dataset.services ?? "").split("\n").filter(Boolean),
  }));
  const names = [...new Set(rows.flatMap((row) => row.services))].sort();
  for (const name of names) select.append(new Option(name, name));
  select.hidden = names.length < 2 || rows.every((row) => row.services.length === 1 && row.services[0] === one("th, a", row.element)?.textContent);
  // `#e-…` is an event of the page, not a filter.
  let state = /^#?[\w-]*$/.test(location.hash) ? decode("") : decode(location.hash);
  const groups = all("tbody").filter((body) => one(".hour", body));

  const render = () => {
    const words = wordsOf(state.text);
    let shown = 0;
    for (const row of rows) {
      const fits = matches(row.text, words) && (!state.severities.length || state.severities.includes(row.severity))
        && (!state.statuses.length || state.statuses.includes(row.status)) && (!state.service || row.services.includes(state.service));
      row.element.hidden = !fits;
      if (fits) shown += 1;
    }
    for (const body of groups) body.hidden = !one("[data-row]:not([hidden])", body);
    const filtered = !isEmpty(state);
    count.textContent = filtered ? `${shown} of ${rows.length}` : "";
    clear.hidden = !filtered;
    none.hidden = shown > 0;
    for (const button of all("[data-severity]", bar)) button.setAttribute("aria-pressed", state.severities.includes(button.dataset.severity));
    for (const button of all("[data-status]", bar)) button.setAttribute("aria-pressed", state.statuses.includes(button.dataset.status));
    if (find.value !== state.text) find.value = state.text;
    if (select.value !== state.service) select.value = names.includes(state.service) ? state.service : "";
    remember(encode(state));
  };
  const toggle = (list, word) => (list.includes(word) ? list.filter((other) => other !== word) : [...list, word]);
  find.addEventListener("input", () => { state.text = find.value; render(); });
  select.addEventListener("change", () => { state.service = select.value; render(); });
  for (const button of all("[data-severity]", bar)) button.addEventListener("click", () => { state.severities = toggle(state.severities, button.dataset.severity); render(); });
  for (const button of all("[data-status]", bar)) button.addEventListener("click", () => { state.statuses = toggle(state.statuses, button.dataset.status); render(); });
  const reset = () => { state = decode(""); render(); };
  clear.addEventListener("click", reset);
  addEventListener("hashchange", () => { if (!/^#[\w-]*$/.test(location.hash)) { state = decode(location.hash); render(); } });
  if (!isEmpty(state)) render();
  return { focus: () => find.focus(), clear: () => { if (!isEmpty(state)) reset(); } };
}
