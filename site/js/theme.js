// Automatic, light or dark. The choice is kept if the browser allows it.
import { one } from "./dom.js";

const order = ["auto", "light", "dark"];
export const after = (theme) => order[(order.indexOf(theme) + 1) % order.length];

const key = "caseboard-theme";
const stored = () => { try { return localStorage.getItem(key); } catch { return null; } };
const keep = (theme) => { try { localStorage.setItem(key, theme); } catch { /* this page only */ } };

export function mount() {
  const button = one("#theme");
  let theme = order.includes(stored()) ? stored() : "auto";
  const show = () => {
    if (theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    if (button) button.textContent = `Theme: ${theme}`;
  };
  const next = () => { theme = after(theme); keep(theme); show(); };
  button?.addEventListener("click", next);
  show();
  return next;
}
