// Times are UTC, in milliseconds; spans are [from, to].
const DAY = 86400000;
const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const two = (n) => String(n).padStart(2, "0");

export const sameDay = (from, to) => Math.floor(from / DAY) === Math.floor((to - 1) / DAY);

// `14:02:10`, or `22 Nov 14:02` when the axis runs over more than one day.
export function momentWords(ms, withDay) {
  const d = new Date(ms);
  const clock = `${two(d.getUTCHours())}:${two(d.getUTCMinutes())}`;
  if (!withDay) return `${clock}:${two(d.getUTCSeconds())}`;
  const month = MONTHS[d.getUTCMonth()];
  return `${d.getUTCDate()} ${month[0].toUpperCase()}${month.slice(1)} ${clock}`;
}

// Reads `14:02`, `14:02:10`, `22 Nov 14:02` or `2026-11-22 14:02` as a moment near the span; null when it is none.
export function parseMoment(text, from, to) {
  const read = /^(?:(\d{4})-(\d{2})-(\d{2})[T ]|(\d{1,2}) ([a-z]{3})[a-z]* )?(\d{1,2}):(\d{2})(?::(\d{2}))?$/i.exec(text.trim());
  if (!read) return null;
  const [, year, month, day, shortDay, shortMonth, hour, minute, second = "0"] = read;
  if (+hour > 23 || +minute > 59 || +second > 59) return null;
  const inDay = ((+hour * 60 + +minute) * 60 + +second) * 1000;
  if (year) return checked(+year, +month - 1, +day, inDay);
  if (shortDay) {
    const index = MONTHS.indexOf(shortMonth.toLowerCase());
    if (index < 0) return null;
    const years = [new Date(from).getUTCFullYear(), new Date(to).getUTCFullYear()];
    const found = years.map((y) => checked(y, index, +shortDay, inDay)).filter((ms) => ms !== null);
    return found.find((ms) => ms >= from && ms <= to) ?? found[0] ?? null;
  }
  const first = Math.floor(from / DAY) * DAY + inDay;
  return first < from && first + DAY <= to ? first + DAY : first;
}
function checked(year, month, day, inDay) {
  const ms = Date.UTC(year, month, day);
  return new Date(ms).getUTCDate() === day && new Date(ms).getUTCMonth() === month ? ms + inDay : null;
}

export const atFraction = (fraction, from, to) => from + Math.min(1, Math.max(0, fraction)) * (to - from);
export const fractionOf = (ms, from, to) => Math.min(1, Math.max(0, (ms - from) / (to - from)));
// A span in order and inside the axis; null when it is too short to mean anything or covers everything.
export function spanOf(a, b, from, to) {
  const low = Math.max(from, Math.min(a, b)), high = Math.min(to, Math.max(a, b));
  return high - low < (to - from) / 200 || (low <= from && high >= to) ? null : [low, high];
}

// `3 h`, `20 min`: one unit is enough for the age of a page.
export function ageWords(ms) {
  const minutes = Math.floor(ms / 60000);
  if (minutes < 60) return `${Math.max(0, minutes)} min`;
  return minutes < 2880 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 1440)} d`;
}
