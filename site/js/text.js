// Finding words in text, without regard to case and accents.
const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

export const searchable = (text) => plain(text).replace(/\s+/g, " ").trim();
export const wordsOf = (query) => searchable(query).split(" ").filter(Boolean).slice(0, 20);
// True when every word is somewhere in the (searchable) text.
export const matches = (text, words) => words.every((word) => text.includes(word));
