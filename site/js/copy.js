// Copies the id of the open piece of evidence, or the address of what is seen.
import { one } from "./dom.js";

export function mount() {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  const reset = () => { button.textContent = "copy"; };
  reset();
  async function copied(text) {
    try { await navigator.clipboard.writeText(text); return true; } catch { return false; }
  }
  async function copy() {
    const id = button.previousElementSibling;
    if (!id?.textContent) return;
    if (await copied(id.textContent)) button.textContent = "copied";
    else { getSelection().selectAllChildren(id); button.textContent = "selected"; }
    setTimeout(reset, 2000);
  }
  async function address() {
    const told = one("#told"), before = told.textContent;
    told.textContent = await copied(location.href) ? "address copied" : location.href;
    setTimeout(() => { told.textContent = before; }, 2000);
  }
  button.addEventListener("click", copy);
  return { copy, address, follow: (article) => { const id = article && one(".id", article); if (id) { reset(); id.after(button); } } };
}
