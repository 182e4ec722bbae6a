// Many marks on one lane: which are in view, how they stand as counts, how as single shapes. Times ascend.
export const DENSE = 200;
// Rank 0 is the worst and is drawn last, over all others.
export const KINDS = ["critical", "high", "medium", "low", "change", "note", "info"];

// The first index whose time is not before `ms`.
export function firstFrom(times, ms) {
  let low = 0, high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] < ms) low = middle + 1; else high = middle;
  }
  return low;
}

// Counts a bucket of `bucket` pixels for the marks from index `low` to before `high`; `x` gives the place of a time, `on` tells
// which marks count. The worst severity of each, and the index of the first mark that has it.
export function columns(times, ranks, low, high, x, width, bucket, on) {
  const size = Math.ceil(width / bucket), found = new Map();
  for (let index = low; index < high; index += 1) {
    if (!on(index)) continue;
    const place = Math.min(size - 1, Math.max(0, Math.floor(x(times[index]) / bucket)));
    const column = found.get(place);
    if (!column) found.set(place, { x: place * bucket, count: 1, rank: ranks[index], index });
    else {
      column.count += 1;
      if (ranks[index] < column.rank) { column.rank = ranks[index]; column.index = index; }
    }
  }
  return [...found.values()].sort((a, b) => a.x - b.x);
}

// Where single marks stand: neighbours keep 11 px between their middles at the cost of at most 22 px off their moment. Worst last.
export function placed(times, ranks, low, high, x) {
  const out = [];
  let last = -Infinity;
  for (let index = low; index < high; index += 1) {
    const truth = x(times[index]), pushed = last + 11;
    const at = pushed > truth && pushed - truth <= 22 ? pushed : truth;
    out.push({ x: at, index });
    last = at;
  }
  return out.sort((a, b) => ranks[b.index] - ranks[a.index] || a.x - b.x);
}

// Columns of the page's data, which hold repeated names once, as a list of marks.
export function unpacked(data) {
  if (!data?.at) return [];
  const text = (name, index) => data[name].names[data[name].of[index]];
  return data.at.map((offset, index) => ({
    at: data.first + offset, id: "", kind: text("kind", index), service: text("service", index), source: text("source", index),
    type: text("type", index), title: text("title", index),
  }));
}
