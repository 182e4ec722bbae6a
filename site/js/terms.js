// Text cut into the terms of the search, exactly as Sources/Rendering/Search/SearchTerms.swift cuts it.
const accents = /[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u064b-\u065f\u0670]/g;
const dense = /[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\u{20000}-\u{3134f}]/u;
const run = /[\p{L}\p{N}\p{M}]+/gu;
const longest = 40;

export const fold = (text) => text.normalize("NFKD").replace(accents, "").normalize("NFC").toLowerCase().replaceAll("ς", "σ");
export const isDense = (character) => dense.test(character);

// A run of letters as pieces that are dense throughout or not at all.
function pieces(word) {
  const out = [];
  for (const character of word) {
    const kind = dense.test(character), last = out.at(-1);
    if (last && last.kind === kind) last.text.push(character);
    else out.push({ kind, text: [character] });
  }
  return out;
}
const kept = (text) => (/^[0-9a-f]{16,}$/.test(text) && /\d/.test(text) ? text.slice(0, 12) : text);

// The terms of a query, in order, each once.
export function terms(text) {
  const out = [];
  for (const word of fold(text).match(run) ?? []) {
    for (const { kind, text: characters } of pieces(word)) {
      if (!kind) { if (characters.length > 1) out.push(kept(characters.slice(0, longest).join(""))); }
      else if (characters.length === 1) out.push(characters[0]);
      else for (let i = 0; i + 1 < characters.length; i += 1) out.push(characters[i] + characters[i + 1]);
    }
  }
  return [...new Set(out)].slice(0, 12);
}

export function route(term) {
  let out = "";
  for (const character of term) {
    const code = character.codePointAt(0);
    out += code < 128 ? character : `_${(code >> 8).toString(16)}-${(code & 255).toString(16)}`;
  }
  return out;
}

// Optimal string alignment: how many letters are wrong, missing, added or swapped; more than `limit` is `limit + 1`.
export function distance(a, b, limit) {
  const s = [...a], t = [...b];
  if (Math.abs(s.length - t.length) > limit) return limit + 1;
  let before = [], last = Array.from({ length: t.length + 1 }, (_, i) => i);
  for (let i = 1; i <= s.length; i += 1) {
    const now = [i];
    let least = i;
    for (let j = 1; j <= t.length; j += 1) {
      let cost = Math.min(last[j] + 1, now[j - 1] + 1, last[j - 1] + (s[i - 1] === t[j - 1] ? 0 : 1));
      if (i > 1 && j > 1 && s[i - 1] === t[j - 2] && s[i - 2] === t[j - 1]) cost = Math.min(cost, before[j - 2] + 1);
      now.push(cost);
      if (cost < least) least = cost;
    }
    if (least > limit) return limit + 1;
    before = last;
    last = now;
  }
  return Math.min(last[t.length], limit + 1);
}
export const tolerance = (term) => { const n = [...term].length; return n >= 8 ? 2 : n >= 4 ? 1 : 0; };

// Text as [plain or found] parts: words that are, begin with or hold one of the terms.
export function marked(text, wanted) {
  const out = [];
  let at = 0;
  const push = (part, found) => { if (part) out.push({ text: part, found }); };
  for (const match of text.matchAll(run)) {
    const word = match[0], folded = fold(word);
    if (dense.test(folded)) {
      if (!wanted.some((term) => folded.includes(term))) continue;
      push(text.slice(at, match.index), false);
      // Character by character where folding keeps their number; else the whole run.
      const from = [...word], to = [...folded];
      if (from.length !== to.length) push(word, true);
      else {
        const hit = new Array(to.length).fill(false);
        for (const term of wanted) {
          const n = [...term].length;
          for (let i = 0; i + n <= to.length; i += 1) if (to.slice(i, i + n).join("") === term) hit.fill(true, i, i + n);
        }
        for (let i = 0; i < from.length; i += 1) {
          const last = out.at(-1);
          if (last && i > 0 && last.found === hit[i]) last.text += from[i];
          else push(from[i], hit[i]);
        }
      }
    } else {
      if (!wanted.some((term) => folded.startsWith(term) || (term.length > 3 && folded.includes(term)) || term.startsWith(folded) && /^[0-9a-f]{7,}$/.test(folded))) continue;
      push(text.slice(at, match.index), false);
      push(word, true);
    }
    at = match.index + word.length;
  }
  push(text.slice(at), false);
  return out;
}
