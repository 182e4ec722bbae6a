// Lanes drawn by script, over the SVG: those too dense for single marks; all of them when the pieces are many, when zoomed in, where marks that were moved
// apart find back to their moment, and when the lanes are the sources. Only the part in view is drawn, so ten thousand marks cost
// what one screen of them costs.
import { all, one } from "./dom.js";
import { DENSE, KINDS, columns, firstFrom, placed, unpacked } from "./density.js";

const HEAD = 62, LANE = 52;

function grouped(items, key) {
  const groups = new Map();
  for (const item of items) {
    const name = key(item);
    if (groups.has(name)) groups.get(name).push(item); else groups.set(name, [item]);
  }
  return groups;
}
function lane(name, marks) {
  marks.sort((a, b) => a.at - b.at);
  return { name, marks, times: Float64Array.from(marks, (mark) => mark.at), ranks: Uint8Array.from(marks, (mark) => KINDS.indexOf(mark.kind)) };
}

export function mount(frame, rows, data, state, isOn) {
  const { plot, region } = frame, list = one("#lanes"), select = one("#lanesby");
  const canvas = document.createElement("canvas"), pen = canvas.getContext("2d");
  canvas.className = "near-marks";
  canvas.setAttribute("aria-hidden", "true");
  region.prepend(canvas);
  const marks = [...rows, ...unpacked(data)];
  const own = all(".lane", list);
  const groups = all(".marks", plot);
  const signals = marks.filter((mark) => mark.kind !== "change" && mark.kind !== "note");
  // A lane is a service; `data-lane=""` holds what names none, the one without the attribute all others.
  const known = new Set(groups.map((group) => group.dataset.lane));
  const held = grouped(signals, (mark) => (known.has(mark.service) ? mark.service : "\0rest"));
  const services = groups.map((group, index) => (
    { ...lane(group.dataset.lane ?? "", held.get(group.dataset.lane ?? "\0rest") ?? []), group, top: HEAD + index * LANE, height: LANE }));
  const isDense = (item) => rows.length >= DENSE || item.marks.length >= DENSE;
  const height = plot.height.baseVal.value, area = services.length * LANE;
  let sources = null, painted = [];

  function sourceLanes() {
    if (sources) return sources;
    const found = [...grouped(marks, (mark) => mark.source)].sort((a, b) => b[1].length - a[1].length || (a[0] < b[0] ? -1 : 1)).map(([name, list]) => lane(name, list));
    const each = Math.max(30, Math.min(LANE, area / found.length));
    found.forEach((item, index) => { item.top = HEAD + index * each; item.height = each; });
    sources = found;
    return found;
  }
  const shown = () => (state.lanes === "source" ? sourceLanes() : frame.isNear() ? services : services.filter(isDense));

  function colours() {
    const of = (kind) => {
      const style = getComputedStyle(one(`#m-${kind}`));
      return { line: style.color, fill: style.fill, path: shape(one(`#m-${kind} > *`)) };
    };
    const style = getComputedStyle(plot);
    return { kinds: KINDS.map(of), ink: style.color, rule: getComputedStyle(own[0] ?? list).borderBottomColor, accent: getComputedStyle(one("#plot .brush") ?? plot).stroke };
  }
  // The same outlines as the drawing's own symbols.
  function shape(element) {
    if (element.tagName === "path") return new Path2D(element.getAttribute("d"));
    const path = new Path2D();
    path.arc(0, 0, element.r.baseVal.value, 0, 2 * Math.PI);
    return path;
  }

  function paint([low, high]) {
    const lanes = shown();
    const width = region.clientWidth, ratio = devicePixelRatio || 1, tall = plot.height.baseVal.value;
    canvas.hidden = lanes.length === 0;
    painted = [];
    if (!lanes.length) return;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(tall * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(tall * ratio);
      canvas.style.width = `${width}px`;
      canvas.style.height = `${tall}px`;
    }
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, tall);
    const { kinds, rule, accent } = colours(), perMs = width / (high - low || 1), x = (ms) => (ms - low) * perMs;
    const pad = 12 / perMs;
    for (const item of lanes) {
      let first = firstFrom(item.times, low), end = firstFrom(item.times, high + 1);
      const asCounts = end - first >= DENSE;
      // Single shapes reach over the edges.
      if (!asCounts) { first = firstFrom(item.times, low - pad); end = firstFrom(item.times, high + pad); }
      if (state.lanes === "source") {
        pen.strokeStyle = rule;
        pen.beginPath();
        pen.moveTo(0, item.top + item.height - 0.5);
        pen.lineTo(width, item.top + item.height - 0.5);
        pen.stroke();
      }
      const found = { top: item.top, bottom: item.top + item.height, item, places: [] };
      painted.push(found);
      if (asCounts) {
        const room = Math.min(24, item.height - 10), counts = columns(item.times, item.ranks, first, end, x, width, 4, (index) => isOn(item.marks[index]));
        const most = Math.max(1, ...counts.map((column) => column.count));
        for (const column of counts) {
          const tallness = Math.max(3, (room - 4) * (column.count / most)), top = item.top + room - tallness;
          pen.fillStyle = kinds[column.rank].fill;
          pen.strokeStyle = kinds[column.rank].line;
          pen.fillRect(column.x, top, 3, tallness);
          pen.strokeRect(column.x + 0.5, top + 0.5, 2, Math.max(0, tallness - 1));
          found.places.push({ x: column.x + 1.5, reach: 3, mark: item.marks[column.index], count: column.count });
        }
      } else {
        const middle = item.top + (state.lanes === "source" ? item.height / 2 : 10);
        for (const place of placed(item.times, item.ranks, first, end, x)) {
          const kind = kinds[item.ranks[place.index]], mark = item.marks[place.index];
          pen.globalAlpha = isOn(mark) ? 1 : 0.15;
          pen.setTransform(ratio, 0, 0, ratio, place.x * ratio, middle * ratio);
          pen.lineWidth = 1.25;
          pen.fillStyle = kind.fill;
          pen.strokeStyle = kind.line;
          pen.fill(kind.path);
          pen.stroke(kind.path);
          if (mark.id && mark.id === state.open) { pen.strokeStyle = accent; pen.lineWidth = 2; pen.strokeRect(-9.5, -9.5, 19, 19); }
          found.places.push({ x: place.x, reach: 8, mark, count: 1 });
        }
        pen.setTransform(ratio, 0, 0, ratio, 0, 0);
        pen.globalAlpha = 1;
        pen.lineWidth = 1;
      }
    }
  }

  // What is drawn under a point of the plot, nearest first; null where nothing is.
  function under(clientX, clientY) {
    const box = canvas.getBoundingClientRect(), x = clientX - box.left, y = clientY - box.top;
    const lane = painted.find((item) => y >= item.top && y < item.bottom);
    const near = lane?.places.filter((place) => Math.abs(place.x - x) <= place.reach).sort((a, b) => Math.abs(a.x - x) - Math.abs(b.x - x));
    return near?.[0] ?? null;
  }

  function arrange() {
    const bySource = state.lanes === "source", lanes = bySource ? sourceLanes() : [];
    const grown = bySource ? lanes.reduce((sum, item) => sum + item.height, 0) - area : 0;
    select.value = bySource ? "source" : "service";
    plot.classList.toggle("by-source", bySource);
    plot.setAttribute("height", height + grown);
    one(".foot", plot)?.setAttribute("transform", `translate(0 ${grown})`);
    for (const item of own) item.hidden = bySource;
    for (const item of all(".of-source", list)) item.remove();
    const after = own.at(-1) ?? list.firstElementChild;
    for (const item of [...lanes].reverse()) {
      const label = document.createElement("li"), name = document.createElement("b"), count = document.createElement("span");
      label.className = "of-source";
      label.style.height = `${item.height}px`;
      name.textContent = item.name;
      count.textContent = item.marks.length === 1 ? "1 event" : `${String(item.marks.length).replace(/\B(?=(\d{3})+$)/g, "\u202f")} events`;
      label.append(name, item.height > 34 ? count : "");
      after.after(label);
    }
    for (const item of services) item.group.classList.toggle("elsewhere", isDense(item));
    frame.schedule();
  }
  const by = (lanes) => { state.lanes = lanes; arrange(); };
  select.addEventListener("change", () => by(select.value === "source" ? "source" : ""));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", frame.schedule);
  new MutationObserver(frame.schedule).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  let kept = "";
  addEventListener("beforeprint", () => { kept = state.lanes; by(""); });
  addEventListener("afterprint", () => by(kept));
  arrange();
  return { paint, under, by, toggle: () => by(state.lanes === "source" ? "" : "source"), marks };
}
