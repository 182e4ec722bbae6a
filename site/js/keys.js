// One table of keys for the page. Keys do nothing while someone types.
import { one } from "./dom.js";

export function mount(actions) {
  const help = one("#keys");
  const table = { ...actions };
  if (help) table["?"] = () => (help.open ? help.close() : help.showModal());
  addEventListener("keydown", (event) => {
    if (event.metaKey || event.ctrlKey || event.altKey) return;
    if (event.target.matches?.("input, textarea, select")) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (help?.open && event.key !== "?") return;
    const action = table[event.key];
    if (action) { event.preventDefault(); action(); }
  });
}
