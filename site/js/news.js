// A page open over http(s) asks its own address, when it is looked at again and each minute while it is seen, whether it was
// published anew: one conditional request for its first kilobytes. From disk it stays silent.
import { one } from "./dom.js";
import { momentWords } from "./time.js";

const EVERY = 60000, APART = 10000, BYTES = 6143;
const entities = { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'" };

// What the head of a page says of its publication; null when it says nothing.
export function publication(text) {
  const read = (name) => new RegExp(`<meta name="caseboard-${name}" content="([^"]*)">`).exec(text)?.[1].replace(/&(?:amp|lt|gt|quot|#39);/g, (entity) => entities[entity]);
  const published = Date.parse(read("published") ?? "");
  return Number.isFinite(published) ? { published, version: Number(read("version")) || 0, news: read("news") ?? "" } : null;
}
// The sentence for the reader; empty when there is nothing newer.
export function sentence(mine, theirs) {
  if (!mine || !theirs || theirs.published <= mine.published) return "";
  const when = momentWords(theirs.published, false).slice(0, 5);
  if (theirs.news === mine.news && theirs.version === mine.version) return `This page was published anew at ${when} UTC.`;
  const version = theirs.version > mine.version ? `Version ${theirs.version}` : "A newer page";
  return `${version} was published at ${when} UTC${theirs.news ? `. ${theirs.news}` : ""}.`;
}

async function head() {
  const answer = await fetch(location.pathname + location.search, {
    headers: { Range: `bytes=0-${BYTES}`, "If-Modified-Since": new Date(document.lastModified).toUTCString() }, cache: "no-store", credentials: "same-origin",
  });
  if (!answer.ok || !answer.body) { answer.body?.cancel(); return ""; }
  // A host that knows no ranges sends everything; the beginning is read and the rest refused.
  const reader = answer.body.getReader(), decoder = new TextDecoder();
  let text = "";
  while (text.length < BYTES) {
    const { done, value } = await reader.read();
    if (done) break;
    text += decoder.decode(value, { stream: true });
  }
  reader.cancel();
  return text;
}

export function mount() {
  if (!/^https?:$/.test(location.protocol)) return;
  const bar = one("#news"), mine = publication(document.head.outerHTML.slice(0, 20000));
  if (!bar || !mine) return;
  let asked = Date.now(), timer = 0;
  async function ask() {
    asked = Date.now();
    try {
      const said = sentence(mine, publication(await head()));
      if (!said) return;
      const again = document.createElement("button");
      again.type = "button";
      again.textContent = "Show it";
      again.addEventListener("click", () => location.reload());
      bar.replaceChildren(said, " ", again);
      bar.hidden = false;
      clearInterval(timer);
    } catch { /* no network: the page is as it was */ }
  }
  const look = () => { if (document.visibilityState === "visible" && bar.hidden && Date.now() - asked >= APART) ask(); };
  document.addEventListener("visibilitychange", look);
  addEventListener("focus", look);
  addEventListener("pageshow", (event) => { if (event.persisted) look(); });
  timer = setInterval(look, EVERY);
}
