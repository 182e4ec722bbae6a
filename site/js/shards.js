// The files of the search: read once, by a script element, since pages from disk may read no other way.
import { distance, route, tolerance } from "./terms.js";

const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// Words by how many characters each shares with the one before, and the rest.
export function frontDecoded(text) {
  const out = [];
  let last = [];
  for (const entry of text.split(" ")) {
    if (!entry) continue;
    last = [...last.slice(0, parseInt(entry[0], 36)), ...entry.slice(1)];
    out.push(last.join(""));
  }
  return out;
}

// { documents: how many have the term, list: [document, strength] }
export function postings(text) {
  let at = 0;
  const number = () => {
    let value = 0, shift = 1, digit;
    do {
      digit = digits.indexOf(text[at]);
      at += 1;
      value += (digit & 31) * shift;
      shift *= 32;
    } while (digit >= 32);
    return value;
  };
  const documents = number(), list = [];
  let id = 0;
  while (at < text.length) {
    id += number();
    list.push([id, digits.indexOf(text[at])]);
    at += 1;
  }
  return { documents, list };
}

// The files that may hold a term, or any that begins with it.
export function shardsFor(term, keys, isPrefix) {
  const way = route(term);
  return keys.filter((key) => {
    const whole = key.endsWith(".");
    const bare = whole ? key.slice(0, -1) : key;
    if (whole) return way === bare || (isPrefix && bare.startsWith(way));
    return way.startsWith(bare) || (isPrefix && bare.startsWith(way));
  });
}

// Terms of a file near a word: [term, how much it counts].
export function nearTerms(word, terms, isPrefix) {
  const limit = tolerance(word), out = [];
  for (const term of terms) {
    if (term === word) out.push([term, 1]);
    else if (isPrefix && term.startsWith(word)) out.push([term, 0.8 - Math.min(0.3, ([...term].length - [...word].length) * 0.03)]);
    else if (limit > 0) {
      const far = distance(word, term, limit);
      if (far <= limit) out.push([term, far === 1 ? 0.45 : 0.25]);
    }
  }
  return out.sort((a, b) => b[1] - a[1]).slice(0, 40);
}

// Scores by document: for each word its best term; documents with more of the words come first.
export function ranked(words, total) {
  const scores = new Map();
  for (const matches of words) {
    const best = new Map();
    for (const { weight, documents, list } of matches) {
      const rarity = Math.log(1 + (total - documents + 0.5) / (documents + 0.5));
      for (const [id, strength] of list) {
        const score = weight * rarity * strength;
        if (score > (best.get(id) ?? 0)) best.set(id, score);
      }
    }
    for (const [id, score] of best) {
      const known = scores.get(id) ?? { score: 0, words: 0 };
      scores.set(id, { score: known.score + score, words: known.words + 1 });
    }
  }
  return [...scores].sort(([a, x], [b, y]) => y.words - x.words || y.score - x.score || b - a).map(([id, { score }]) => [id, score]);
}

export function reader(root) {
  const waiting = new Map(), known = new Map();
  globalThis.caseboardFound = (value) => {
    const name = value.t !== undefined ? `t-${value.t}` : value.d !== undefined ? `d-${value.d}` : value.words !== undefined ? "words" : "index";
    known.set(name, value);
  };
  return (name) => {
    if (!waiting.has(name)) {
      waiting.set(name, new Promise((resolve, reject) => {
        const script = document.createElement("script");
        script.src = `${root}search/${name}.js`;
        script.onload = () => (known.has(name) ? resolve(known.get(name)) : reject(new Error(name)));
        script.onerror = () => { waiting.delete(name); reject(new Error(name)); };
        document.head.append(script);
      }));
    }
    return waiting.get(name);
  };
}
