// The part of the time axis in view. The plot is widened inside its scrolling region, so panning is the browser's own scrolling
// (by touch, wheel, keys or bar); what depends on the part in view is told at most once a frame.
import { one, svgElement } from "./dom.js";
import { ticks } from "./axis.js";
import { sameDay } from "./time.js";

// How far in: until a screen shows about two seconds.
export const deepest = (spanMs) => Math.min(512, Math.max(2, spanMs / 2000));
export const within = (scale, spanMs) => Math.min(deepest(spanMs), Math.max(1, scale));

export function mount(state, onView) {
  const plot = one("#plot"), region = one("#plotscroll"), out = one("#zoomout"), into = one("#zoomin");
  const from = Number(plot.dataset.from), to = Number(plot.dataset.to), span = to - from, withDay = !sameDay(from, to);
  const axis = plot.appendChild(svgElement("g", { class: "axis near" }));
  let scale = 1, waiting = 0, drawn = null;

  const view = () => {
    const width = region.scrollWidth || 1;
    return [from + (region.scrollLeft / width) * span, from + ((region.scrollLeft + region.clientWidth) / width) * span];
  };
  // Ticks for the part in view and half as much on both sides; drawn again when scrolling leaves it.
  function drawAxis([low, high]) {
    plot.classList.toggle("near", scale > 1);
    if (scale === 1) { axis.replaceChildren(); drawn = null; return; }
    if (drawn && drawn.scale === scale && low >= drawn.low && high <= drawn.high) return;
    const wide = high - low;
    drawn = { scale, low: Math.max(from, low - wide / 2), high: Math.min(to, high + wide / 2) };
    const count = (region.clientWidth / 105) * ((drawn.high - drawn.low) / wide);
    axis.replaceChildren(svgElement("line", { x1: 0, x2: "100%", y1: 24, y2: 24 }));
    for (const tick of ticks(drawn.low, drawn.high, count, withDay)) {
      const x = `${((tick.at - from) / span) * 100}%`;
      axis.append(svgElement("line", { x1: x, x2: x, y1: tick.label ? 16 : 19, y2: 24 }));
      if (!tick.label) continue;
      const text = svgElement("text", { x, y: 11, "text-anchor": "middle" });
      text.textContent = tick.label;
      axis.append(text);
    }
  }
  function paint() {
    waiting = 0;
    const now = view();
    drawAxis(now);
    onView(now);
  }
  const schedule = () => { waiting ||= requestAnimationFrame(paint); };

  // `at` comes to stand at `x` pixels from the left, else under the pixel it is under now; without it the middle stays.
  function zoomTo(wanted, at, x) {
    const box = region.getBoundingClientRect();
    const [low, high] = view();
    const moment = at ?? (low + high) / 2;
    const offset = x ?? ((moment - low) / (high - low || 1)) * box.width;
    scale = within(wanted, span);
    if (scale < 1.01) scale = 1;
    plot.style.setProperty("--zoom", scale);
    region.scrollLeft = ((moment - from) / span) * region.scrollWidth - offset;
    out.disabled = scale === 1;
    into.disabled = scale >= deepest(span);
    const shown = view();
    state.view = scale === 1 ? null : shown.map(Math.round);
    schedule();
  }
  function show(low, high) {
    scale = within(span / Math.max(1, high - low), span);
    plot.style.setProperty("--zoom", scale);
    region.scrollLeft = ((low - from) / span) * region.scrollWidth;
    zoomTo(scale, (low + high) / 2);
  }
  const zoom = (factor, at) => zoomTo(scale * factor, at);

  region.addEventListener("scroll", () => { if (scale > 1) state.view = view().map(Math.round); schedule(); }, { passive: true });
  region.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const [low, high] = view(), box = region.getBoundingClientRect();
    zoom(Math.exp(-event.deltaY / 300), low + ((event.clientX - box.left) / box.width) * (high - low));
  }, { passive: false });
  // Two fingers: the moment between them stays between them. One finger is the browser's own scrolling.
  let pinch = null;
  const fingers = (touches) => {
    const [a, b] = touches, left = region.getBoundingClientRect().left;
    return { apart: Math.max(24, Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY)), x: (a.clientX + b.clientX) / 2 - left };
  };
  const begin = ({ touches }) => {
    if (touches.length !== 2) { pinch = null; return; }
    const { apart, x } = fingers(touches), [low, high] = view();
    pinch = { apart, scale, at: low + (x / region.clientWidth) * (high - low) };
  };
  for (const event of ["touchstart", "touchend", "touchcancel"]) region.addEventListener(event, begin, { passive: true });
  region.addEventListener("touchmove", (event) => {
    if (!pinch) return;
    if (event.cancelable) event.preventDefault();
    const { apart, x } = fingers(event.touches);
    zoomTo((pinch.scale * apart) / pinch.apart, pinch.at, x);
  }, { passive: false });
  out.addEventListener("click", () => zoom(0.5));
  into.addEventListener("click", () => zoom(2));
  addEventListener("resize", schedule);
  // Paper shows the whole axis.
  let before = null;
  addEventListener("beforeprint", () => { before = scale > 1 ? view() : null; zoomTo(1); paint(); });
  addEventListener("afterprint", () => { if (before) show(...before); });

  out.disabled = true;
  if (state.view) show(...state.view);
  else {
    // On a narrow screen the region opens with the change, or else the first failure, in view.
    const share = parseFloat(one("line.suspect, line.moment", plot)?.getAttribute("x1") ?? "0") / 100;
    if (region.scrollWidth > region.clientWidth) region.scrollLeft = share * region.scrollWidth - region.clientWidth * 0.4;
    schedule();
  }
  const pan = (share) => { region.scrollLeft += region.clientWidth * share; };
  return { plot, region, pan, isNear: () => scale > 1, from, to, span, view, zoom, show, schedule, whole: () => zoomTo(1) };
}
