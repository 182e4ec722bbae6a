// The part of the time axis in view: where the labelled ticks are. The same steps and labels as the drawing itself has.
const SECOND = 1000, MINUTE = 60000, HOUR = 3600000, DAY = 86400000;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
// [between labels, parts between two labels]
const STEPS = [
  [1, 2], [2, 2], [5, 5], [10, 2], [20, 2], [50, 5], [100, 2], [200, 2], [500, 5],
  [SECOND, 2], [2 * SECOND, 2], [5 * SECOND, 5], [10 * SECOND, 2], [15 * SECOND, 3], [30 * SECOND, 3], [MINUTE, 2], [2 * MINUTE, 2], [5 * MINUTE, 5],
  [10 * MINUTE, 2], [15 * MINUTE, 3], [30 * MINUTE, 3], [HOUR, 2], [2 * HOUR, 2], [3 * HOUR, 3], [6 * HOUR, 2], [12 * HOUR, 2], [DAY, 2], [2 * DAY, 2],
  [7 * DAY, 7], [14 * DAY, 2], [28 * DAY, 4], [91 * DAY, 2], [364 * DAY, 4], [3640 * DAY, 10],
];
const two = (n) => String(n).padStart(2, "0");

function label(ms, step, withDay) {
  const at = new Date(ms), day = `${at.getUTCDate()} ${MONTHS[at.getUTCMonth()]}`;
  if (step >= 364 * DAY) return `${MONTHS[at.getUTCMonth()]} ${at.getUTCFullYear()}`;
  if (step >= DAY || (withDay && ms % DAY === 0)) return day;
  const minute = `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}`;
  if (step >= MINUTE) return minute;
  const second = `${minute}:${two(at.getUTCSeconds())}`;
  return step >= SECOND ? second : `${second}.${String(at.getUTCMilliseconds()).padStart(3, "0")}`;
}

// At most about `labels` labelled ticks from `from` to `to`, and the unlabelled ones between.
export function ticks(from, to, labels, withDay) {
  const wanted = (to - from) / Math.max(1, labels);
  const [step, parts] = STEPS.find(([ms]) => ms >= wanted) ?? STEPS.at(-1);
  const minor = step / parts, out = [];
  for (let at = Math.ceil(from / minor) * minor; at <= to && out.length < 400; at += minor) {
    out.push({ at, label: Math.round(at) % step === 0 ? label(Math.round(at), step, withDay) : "" });
  }
  return out;
}
