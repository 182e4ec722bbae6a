// A span of the time axis, chosen by dragging over the plot or by typing two times.
import { one, svgElement } from "./dom.js";
import { atFraction, fractionOf, momentWords, parseMoment, sameDay, spanOf } from "./time.js";

export function mount(state, onChange) {
  const plot = one("#plot"), from = Number(plot.dataset.from), to = Number(plot.dataset.to);
  const first = one("#from"), last = one("#to"), whole = one("#whole"), help = one("#spanhelp");
  const withDay = !sameDay(from, to);
  const height = plot.height.baseVal.value;
  const brush = plot.appendChild(svgElement("rect", { class: "brush", y: 24, height: height - 24, visibility: "hidden" }));

  function show() {
    const [low, high] = state.span ?? [from, to];
    brush.setAttribute("visibility", state.span ? "visible" : "hidden");
    brush.setAttribute("x", `${fractionOf(low, from, to) * 100}%`);
    brush.setAttribute("width", `${(fractionOf(high, from, to) - fractionOf(low, from, to)) * 100}%`);
    first.value = momentWords(low, withDay);
    last.value = momentWords(high, withDay);
    whole.hidden = !state.span;
    help.hidden = !!state.span;
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
  for (const input of [first, last]) input.addEventListener("change", typed);
  one("#spanbar").addEventListener("submit", (event) => { event.preventDefault(); typed(); });
  whole.addEventListener("click", () => choose(null));

  plot.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "touch" || event.button !== 0 || event.target.closest("a")) return;
    event.preventDefault();
    const box = plot.getBoundingClientRect();
    const at = (e) => atFraction((e.clientX - box.left) / box.width, from, to);
    const start = at(event);
    const move = (e) => choose(spanOf(start, at(e), from, to));
    plot.setPointerCapture(event.pointerId);
    plot.addEventListener("pointermove", move);
    plot.addEventListener("pointerup", () => plot.removeEventListener("pointermove", move), { once: true });
    choose(null);
  });
  state.span = state.span && spanOf(state.span[0], state.span[1], from, to);
  show();
  return { clear: () => choose(null), show };
}
