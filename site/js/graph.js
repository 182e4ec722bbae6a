// Pointing at a node, or focusing it, lights the way back to the change.
import { all, one } from "./dom.js";

export function mount() {
  for (const node of all(".graph [data-path]")) {
    const light = (on) => { for (const id of node.dataset.path.split(" ")) one(`#${id}`)?.classList.toggle("hot", on); };
    for (const type of ["pointerenter", "focus"]) node.addEventListener(type, () => light(true));
    for (const type of ["pointerleave", "blur"]) node.addEventListener(type, () => light(false));
  }
}
