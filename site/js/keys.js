// One table of keys for the page: `key: action`, or `key: [words, action]`, and then `?` shows the words (none for null).
// Keys do nothing while someone types.
import { one } from "./dom.js";

const off = "caseboard-keys-off";
const stored = () => { try { return localStorage.getItem(off) === "yes"; } catch { return false; } };
const keep = (isOff) => { try { if (isOff) localStorage.setItem(off, "yes"); else localStorage.removeItem(off); } catch { /* this page only */ } };
const names = { Escape: "Esc", ArrowLeft: "←", ArrowRight: "→", "-": "−" };

export function mount(actions) {
  const help = one("#keys"), list = one("#keylist");
  const table = Object.fromEntries(Object.entries(actions).map(([key, value]) => [key, Array.isArray(value) ? value[1] : value]));
  // Who speaks to the computer, or types with a switch, turns single keys off.
  const choice = one("#keyson");
  let isOff = choice ? stored() : false;
  if (choice) {
    choice.checked = !isOff;
    choice.addEventListener("change", () => { isOff = !choice.checked; keep(isOff); });
  }
  one("#closekeys")?.addEventListener("click", () => help?.close());
  one("#showkeys")?.addEventListener("click", () => help?.showModal());
  if (help) table["?"] = () => (help.open ? help.close() : help.showModal());
  if (list) {
    const told = Object.entries(actions).filter(([, value]) => Array.isArray(value) && value[0]).map(([key, [words]]) => [key, words]);
    for (const [key, words] of [...told, ["?", "this list"]]) {
      const term = document.createElement("dt"), word = document.createElement("dd"), cap = document.createElement("kbd");
      cap.textContent = names[key] ?? key;
      term.append(cap);
      word.textContent = words;
      list.append(term, word);
    }
  }
  addEventListener("keydown", (event) => {
    if (event.metaKey || event.ctrlKey || event.altKey) return;
    if (event.target.matches?.("input, textarea, select")) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (isOff || (help?.open && event.key !== "?")) return;
    // A scrolling region keeps its own arrows.
    if (event.key.startsWith("Arrow") && event.target.closest?.(".scroll, pre")) return;
    const action = table[event.key];
    if (action) { event.preventDefault(); action(); }
  });
}
