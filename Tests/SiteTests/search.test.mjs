import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { distance, fold, marked, route, terms, tolerance } from "../../site/js/terms.js";
import { frontDecoded, nearTerms, postings, ranked, shardsFor } from "../../site/js/shards.js";
import { decode, encode, isEmpty } from "../../site/js/filter.js";

const table = JSON.parse(readFileSync(new URL("./search-terms.json", import.meta.url), "utf8"));
for (const [text, ofIndex, ofQuery = ofIndex] of table) {
  test(`a query is cut like the index: ${text.slice(0, 30)}`, () => assert.deepEqual(terms(text), ofQuery.slice(0, 12)));
}

test("case and accents do not count", () => assert.equal(fold("ÜBER Café ΣΟΦΟΣ"), "uber cafe σοφοσ"));

for (const [a, b, expected] of [["payment", "payments", 1], ["dayments", "payments", 1], ["paymnets", "payments", 1], ["connecshun", "connection", 3], ["pool", "loop", 2], ["same", "same", 0]]) {
  test(`${a} is ${expected > 2 ? "more than two" : expected} from ${b}`, () => assert.equal(distance(a, b, 2), expected));
}

test("one letter may be wrong from four letters on, two from eight on", () => {
  assert.deepEqual(["the", "pool", "connect", "payments"].map(tolerance), [0, 1, 1, 2]);
});

test("words are unpacked by what they share with the one before", () => assert.deepEqual(frontDecoded("0pay 3ment 7s 1ool"), ["pay", "payment", "payments", "pool"]));

test("postings are unpacked", () => assert.deepEqual(postings("CBcoBB"), { documents: 2, list: [[1, 28], [41, 1]] }));

test("a word is looked for in the file of its beginning, and an unfinished one in all that begin like it", () => {
  const keys = ["a", "pa.", "paa", "pay", "po", "_65-2f"];
  assert.deepEqual(shardsFor("payments", keys, false), ["pay"]);
  assert.deepEqual(shardsFor("pa", keys, false), ["pa."]);
  assert.deepEqual(shardsFor("pa", keys, true), ["pa.", "paa", "pay"]);
  assert.equal(route("支a"), "_65-2fa");
  assert.deepEqual(shardsFor("支付", keys, false), ["_65-2f"]);
});

test("the word itself comes before words that begin like it, and these before words with a wrong letter", () => {
  assert.deepEqual(nearTerms("pool", ["pool", "pools", "poll", "queue"], true).map(([term]) => term), ["pool", "pools", "poll"]);
  assert.deepEqual(nearTerms("the", ["thy"], false), []);
});

test("a document with both words comes before one with a rarer single word", () => {
  const common = { weight: 1, documents: 50, list: [[1, 20], [2, 20]] }, rare = { weight: 1, documents: 1, list: [[3, 60]] }, other = { weight: 1, documents: 50, list: [[1, 20]] };
  assert.deepEqual(ranked([[common, rare], [other]], 100).map(([id]) => id)[0], 1);
});

test("of equal ones the newer comes first", () => {
  assert.deepEqual(ranked([[{ weight: 1, documents: 2, list: [[1, 9], [2, 9]] }]], 10).map(([id]) => id), [2, 1]);
});

test("what was found is marked, in any script", () => {
  const parts = (text, wanted) => marked(text, wanted).map(({ text: part, found }) => (found ? `[${part}]` : part)).join("");
  assert.equal(parts("Payments fail: PoolTimeout", ["payments", "timeout"]), "[Payments] fail: [PoolTimeout]");
  assert.equal(parts("Die Überlastung", ["uberlastung"]), "Die [Überlastung]");
  assert.equal(parts("支付服务超时", ["服务"]), "支付[服务]超时");
  assert.equal(parts("<b>pay</b>", ["pay"]), "<b>[pay]</b>");
});

test("a filter comes back from the address as it went in, and anything else is no filter", () => {
  const state = { text: "pool & 漢", severities: ["critical", "high"], statuses: ["open"], service: "a b" };
  assert.deepEqual(decode(encode(state)), state);
  assert.ok(isEmpty(decode("#severity=%3Cscript%3E&status=1&x=y")));
  assert.equal(encode(decode("")), "");
});
