// The box of the search. What it does is a file of its own, which all pages share and which is loaded when someone turns to it: by
// a script element, since pages from disk may read no other way.
import { one } from "./dom.js";

export function mount() {
  const box = one("#search");
  if (!box) return null;
  let waiting = false;
  const load = () => {
    if (waiting) return;
    waiting = true;
    const script = document.createElement("script");
    script.src = `${box.dataset.root}search/box.js`;
    script.onerror = () => {
      waiting = false;
      one("#said").textContent = "The search cannot be read: its folder “search” is not beside this page.";
    };
    document.head.append(script);
  };
  for (const event of ["focus", "input"]) box.addEventListener(event, load);
  box.addEventListener("keydown", (event) => { if (event.key === "Escape") box.blur(); });
  if (box.value) load();
  const clear = () => {
    if (!box.value) return;
    box.value = "";
    box.dispatchEvent(new Event("input"));
  };
  return { focus: () => { box.focus(); box.select(); }, clear };
}
