// A span of the time axis, chosen by dragging over the plot or by typing two times; and what is under the pointer, in words.
import { one, svgElement } from "./dom.js";
import { atFraction, fractionOf, momentWords, parseMoment, sameDay, spanOf } from "./time.js";

export function mount(frame, state, { onChange, under, open }) {
  const { plot, from, to } = frame;
  const first = one("#from"), last = one("#to"), whole = one("#whole"), closer = one("#closer"), told = one("#told"), usual = told.textContent;
  const withDay = !sameDay(from, to);
  const brush = plot.appendChild(svgElement("rect", { class: "brush", y: 24, height: "100%", visibility: "hidden" }));

  function show() {
    state.span = state.span && spanOf(state.span[0], state.span[1], from, to);
    const [low, high] = state.span ?? [from, to];
    brush.setAttribute("visibility", state.span ? "visible" : "hidden");
    brush.setAttribute("x", `${fractionOf(low, from, to) * 100}%`);
    brush.setAttribute("width", `${(fractionOf(high, from, to) - fractionOf(low, from, to)) * 100}%`);
    first.value = momentWords(low, withDay);
    last.value = momentWords(high, withDay);
    whole.hidden = closer.hidden = !state.span;
  }
  function choose(span) { state.span = span; show(); onChange(); }
  function typed() {
    const times = [first, last].map((input) => {
      const ms = parseMoment(input.value, from, to);
      input.setAttribute("aria-invalid", ms === null);
      return ms;
    });
    if (times.every((ms) => ms !== null)) choose(spanOf(times[0], times[1], from, to));
  }
  const zoom = () => { if (state.span) frame.show(...state.span); };
  for (const input of [first, last]) input.addEventListener("change", typed);
  one("#spanbar").addEventListener("submit", (event) => { event.preventDefault(); typed(); });
  whole.addEventListener("click", () => choose(null));
  closer.addEventListener("click", zoom);

  // A finger opens what is under it when it leaves where it came; a second finger, or scrolling, takes that back.
  let tap = null;
  plot.addEventListener("pointercancel", () => { tap = null; });
  plot.addEventListener("pointerup", (event) => {
    if (tap && Math.hypot(event.clientX - tap.x, event.clientY - tap.y) < 10) open(tap.id);
    tap = null;
  });
  // A drag is a span; a press that does not move opens what is under it.
  plot.addEventListener("pointerdown", (event) => {
    tap = null;
    if (event.button !== 0 || event.target.closest("a")) return;
    const hit = under(event.clientX, event.clientY);
    if (event.pointerType === "touch") {
      if (event.isPrimary && hit?.mark.id) tap = { id: hit.mark.id, x: event.clientX, y: event.clientY };
      return;
    }
    event.preventDefault();
    const box = plot.getBoundingClientRect(), startX = event.clientX;
    const at = (e) => atFraction((e.clientX - box.left) / box.width, from, to);
    const start = at(event), before = state.span;
    let moved = false, waiting = 0, latest = event;
    const move = (e) => {
      if (!moved && Math.abs(e.clientX - startX) < 3) return;
      moved = true;
      latest = e;
      waiting ||= requestAnimationFrame(() => { waiting = 0; choose(spanOf(start, at(latest), from, to)); });
    };
    plot.setPointerCapture(event.pointerId);
    plot.addEventListener("pointermove", move);
    plot.addEventListener("pointerup", (e) => {
      plot.removeEventListener("pointermove", move);
      cancelAnimationFrame(waiting);
      if (moved) choose(spanOf(start, at(e), from, to));
      else if (hit?.mark.id) open(hit.mark.id);
      else if (!hit && before) choose(null);
    }, { once: true });
  });

  const words = (mark, count) => [momentWords(mark.at, withDay), mark.service, mark.title, count > 1 ? `and ${count - 1} more here` : ""].filter(Boolean).join("  ");
  plot.addEventListener("pointermove", (event) => {
    if (event.buttons) return;
    const hit = under(event.clientX, event.clientY, event.target);
    told.textContent = hit ? words(hit.mark, hit.count) : usual;
    plot.classList.toggle("over", !!hit);
  });
  plot.addEventListener("pointerleave", () => { told.textContent = usual; });
  show();
  return { clear: () => choose(null), zoom, show };
}
