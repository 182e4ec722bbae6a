// Copies the id of the open piece of evidence.
import { one } from "./dom.js";

export function mount() {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  const reset = () => { button.textContent = "copy"; };
  reset();
  async function copy() {
    const id = button.previousElementSibling?.textContent;
    if (!id) return;
    try { await navigator.clipboard.writeText(id); button.textContent = "copied"; } catch { getSelection().selectAllChildren(button.previousElementSibling); button.textContent = "selected"; }
    setTimeout(reset, 2000);
  }
  button.addEventListener("click", copy);
  return { copy, follow: (article) => { const id = article && one(".id", article); if (id) { reset(); id.after(button); } } };
}
