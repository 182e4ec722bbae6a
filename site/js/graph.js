// Pointing at a node, or focusing it, lights the way back to the change; a click keeps it lit and dims the rest.
import { all, one } from "./dom.js";

export function mount() {
  const drawing = one(".graph"), nodes = all(".graph [data-path]");
  let kept = null;
  const each = (node, name, on) => { for (const id of node.dataset.path.split(" ")) one(`#${id}`)?.classList.toggle(name, on); };
  const clear = () => {
    if (kept) each(kept, "way", false);
    kept = null;
    drawing?.classList.remove("kept");
  };
  const keep = (node) => {
    const again = kept === node;
    clear();
    if (again) return;
    kept = node;
    each(node, "way", true);
    drawing.classList.add("kept");
  };
  for (const node of nodes) {
    for (const type of ["pointerenter", "focus"]) node.addEventListener(type, () => each(node, "hot", true));
    for (const type of ["pointerleave", "blur"]) node.addEventListener(type, () => each(node, "hot", false));
    node.addEventListener("click", () => keep(node));
  }
  // The way to the node of the open piece, else to the last one.
  const toggle = (id) => {
    const node = nodes.find((node) => node.getAttribute("href") === `#e-${id}`) ?? nodes.at(-1);
    if (kept) clear(); else if (node) keep(node);
    drawing?.scrollIntoView({ block: "nearest" });
  };
  return { clear, toggle };
}
