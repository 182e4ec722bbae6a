// Search over the whole site, from disk too: the file `search/box.js`, which `find.js` loads. Its files are loaded when someone searches.
import { one } from "./dom.js";
import { marked, terms } from "./terms.js";
import { frontDecoded, nearTerms, postings, ranked, reader, shardsFor } from "./shards.js";

const shownFirst = 8, filesForPrefix = 2;
const kinds = ["", "changes", "service", "source"];

const box = one("#search"), list = one("#found"), said = one("#said");
const load = reader(box.dataset.root), opened = new Map();
let turn = 0;

// A file of terms, decoded once.
const shard = async (key) => {
  if (!opened.has(key)) {
    const value = await load(`t-${key}`), all = value.p.split(" ");
    opened.set(key, new Map(frontDecoded(value.w).map((term, index) => [term, all[index]])));
  }
  return opened.get(key);
};
const matchesOf = async (word, keys, isPrefix) => {
  const out = [];
  const own = shardsFor(word, keys, false);
  const more = isPrefix ? shardsFor(word, keys, true).filter((key) => !own.includes(key)).slice(0, filesForPrefix) : [];
  for (const key of [...own, ...more]) {
    const held = await shard(key);
    for (const [term, weight] of nearTerms(word, held.keys(), isPrefix)) out.push({ term, weight, ...postings(held.get(term)) });
  }
  if (out.length > 0) return out;
  // Nothing begins like this word: perhaps its first letters are wrong.
  const common = frontDecoded((await load("words")).words);
  for (const [term, weight] of nearTerms(word, common, false).slice(0, 3)) {
    for (const key of shardsFor(term, keys, false)) {
      const held = await shard(key);
      if (held.has(term)) out.push({ term, weight, ...postings(held.get(term)) });
    }
  }
  return out;
};

const item = (found, wanted) => {
  const entry = document.createElement("li"), link = document.createElement("a");
  link.href = box.dataset.root + found.a;
  link.dir = "auto";
  if (found.m) {
    const mark = document.createElement("i");
    mark.className = `m ${found.m}`;
    mark.textContent = found.m;
    entry.append(mark, " ");
  }
  write(link, found.t, wanted);
  const small = document.createElement("span");
  small.className = "meta";
  small.dir = "auto";
  write(small, [kinds[found.k], found.s].filter(Boolean).join(", "), wanted);
  entry.append(link, " ", small);
  const pieces = found.p.map((piece) => (typeof piece === "string" ? [piece, ""] : piece));
  const hits = pieces.map((piece) => [piece, marked(piece[0], wanted).filter((part) => part.found).length]).filter(([, count]) => count > 0)
    .sort((a, b) => b[1] - a[1]).slice(0, 3);
  for (const [[text, anchor]] of hits) {
    const line = document.createElement(anchor ? "a" : "p");
    line.className = "hit";
    line.dir = "auto";
    if (anchor) line.href = `${box.dataset.root}${found.a.split("#")[0]}${anchor}`;
    write(line, text, wanted);
    entry.append(line);
  }
  return entry;
};
const write = (element, text, wanted) => {
  for (const part of marked(text, wanted)) {
    if (!part.found) { element.append(part.text); continue; }
    const mark = document.createElement("mark");
    mark.textContent = part.text;
    element.append(mark);
  }
};

const show = async (result, wanted, from, mine) => {
  const next = result.slice(from, from + shownFirst);
  const files = await Promise.all([...new Set(next.map(([id]) => Math.floor(id / 4)))].map((number) => load(`d-${number}`)));
  if (mine !== turn) return;
  const documents = Object.assign({}, ...files.map((file) => file.r));
  list.querySelector(".more")?.remove();
  for (const [id] of next) if (documents[id]) list.append(item(documents[id], wanted));
  if (result.length > from + shownFirst) {
    const entry = document.createElement("li"), button = document.createElement("button");
    entry.className = "more";
    button.type = "button";
    button.textContent = "More";
    button.addEventListener("click", () => show(result, wanted, from + shownFirst, turn).then(() => list.children[from + shownFirst]?.querySelector("a")?.focus()));
    entry.append(button);
    list.append(entry);
  }
};

const search = async () => {
  const mine = (turn += 1), text = box.value, words = terms(text);
  const clear = (message) => { list.replaceChildren(); said.textContent = message; };
  if (words.length === 0) return clear(text.trim() ? "Go on: a word has two letters or more." : "");
  try {
    const index = await load("index"), keys = index.shards.split(" ").filter(Boolean);
    const isOpen = !/\s$/.test(text), all = [];
    for (const [place, word] of words.entries()) {
      all.push(await matchesOf(word, keys, isOpen && place === words.length - 1));
      if (mine !== turn) return;
    }
    const result = ranked(all, index.n);
    if (result.length === 0) return clear(`Nothing is found for “${text.trim()}”.`);
    list.replaceChildren();
    const wanted = [...new Set([...words, ...all.flat().filter(({ weight }) => weight < 0.5 || weight === 1).map(({ term }) => term)])];
    await show(result, wanted, 0, mine);
    if (mine === turn) said.textContent = result.length === 1 ? "One found." : `${result.length.toLocaleString("en").replaceAll(",", "\u202f")} found, best first.`;
  } catch {
    if (mine === turn) clear("The search cannot be read: its folder “search” is not beside this page.");
  }
};

let pause = 0;
box.addEventListener("input", () => { clearTimeout(pause); pause = setTimeout(search, 90); });
load("index").catch(() => {});
const links = () => [...list.querySelectorAll("a, button")];
const move = (event, by) => {
  const all = links(), now = all.indexOf(document.activeElement);
  event.preventDefault();
  if (now + by < 0) box.focus();
  else all[Math.min(all.length - 1, now + by)]?.focus();
};
for (const part of [box, list]) part.addEventListener("keydown", (event) => {
  if (event.key === "ArrowDown") move(event, 1);
  else if (event.key === "ArrowUp") move(event, -1);
  else if (event.key === "Escape") { box.value = ""; search(); box.blur(); event.stopPropagation(); }
  else if (event.key === "Enter" && part === box) links()[0]?.click();
});
if (box.value) search();
