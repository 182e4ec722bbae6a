// The plot stretches: zooming widens it inside its scrolling region, around what is in the middle.
import { one } from "./dom.js";

export const levels = [1, 2, 4, 8, 16];
export const next = (level, by) => levels[Math.min(levels.length - 1, Math.max(0, levels.indexOf(level) + by))];

export function mount() {
  const plot = one("#plot"), region = one("#plotscroll"), out = one("#zoomout"), into = one("#zoomin");
  let level = 1;
  // On a narrow screen the region opens with the change, or else the first failure, in view.
  const focus = one(".suspect, .moment", plot)?.getBBox().x ?? 0;
  if (region.scrollWidth > region.clientWidth) region.scrollLeft = (focus / 840) * region.scrollWidth - region.clientWidth * 0.4;
  const zoom = (by) => {
    const middle = (region.scrollLeft + region.clientWidth / 2) / region.scrollWidth;
    level = next(level, by);
    plot.style.width = level === 1 ? "" : `${level * 100}%`;
    region.scrollLeft = middle * region.scrollWidth - region.clientWidth / 2;
    out.disabled = level === levels[0];
    into.disabled = level === levels.at(-1);
  };
  out.addEventListener("click", () => zoom(-1));
  into.addEventListener("click", () => zoom(1));
  zoom(0);
  return zoom;
}
