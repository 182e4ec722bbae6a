import assert from "node:assert/strict";
import test from "node:test";
import { matches, searchable, wordsOf } from "../../site/js/text.js";
import { ageWords, atFraction, fractionOf, momentWords, parseMoment, sameDay, spanOf } from "../../site/js/time.js";
import { decode, encode } from "../../site/js/state.js";
import { after } from "../../site/js/theme.js";
import { deepest, within } from "../../site/js/plot.js";
import { ticks } from "../../site/js/axis.js";
import { columns, firstFrom, placed, unpacked } from "../../site/js/density.js";
import { csv, field, markdown, plain } from "../../site/js/take.js";
import { publication, sentence } from "../../site/js/news.js";
import { tokens } from "../../site/js/json.js";
import { passes } from "../../site/js/rows.js";

const at = (text) => Date.parse(`2026-11-22T${text}Z`);
const from = at("13:50:00"), to = at("14:50:00");

test("a search finds every word in any order, without case or accents", () => {
  const text = searchable("14:04 Paiement REFUSÉ  pool");
  assert.ok(matches(text, wordsOf("refuse POOL")));
  assert.ok(!matches(text, wordsOf("refuse pools")));
  assert.deepEqual(wordsOf("   "), []);
});

test("times are said in UTC, with the day when the axis needs it", () => {
  assert.equal(momentWords(at("14:02:04"), false), "14:02:04");
  assert.equal(momentWords(at("14:02:04"), true), "22 Nov 14:02");
  assert.ok(sameDay(from, to));
  assert.ok(!sameDay(from, to + 86400000));
});

for (const [text, expected] of [
  ["14:02", at("14:02:00")], [" 14:02:10 ", at("14:02:10")], ["22 Nov 14:02", at("14:02:00")], ["22 november 14:02", at("14:02:00")],
  ["2026-11-22 14:02", at("14:02:00")], ["25:00", null], ["14:61", null], ["31 Feb 10:00", null], ["2026-02-30 10:00", null], ["x", null], ["", null],
]) test(`\`${text}\` reads as ${expected === null ? "no moment" : new Date(expected).toISOString()}`, () => assert.equal(parseMoment(text, from, to), expected));

test("a bare time on an axis over midnight is that of the day it falls on", () => {
  assert.equal(parseMoment("01:00", at("23:00:00"), at("23:00:00") + 4 * 3600000), at("01:00:00") + 86400000);
});

test("a span is ordered, inside the axis, and not too short", () => {
  assert.deepEqual(spanOf(at("14:10:00"), at("14:00:00"), from, to), [at("14:00:00"), at("14:10:00")]);
  assert.deepEqual(spanOf(from - 1000, at("14:10:00"), from, to), [from, at("14:10:00")]);
  assert.equal(spanOf(at("14:10:00"), at("14:10:05"), from, to), null);
  assert.equal(spanOf(from - 5, to + 5, from, to), null);
  assert.equal(fractionOf(atFraction(0.25, from, to), from, to), 0.25);
  assert.equal(atFraction(-3, from, to), from);
});

test("the age of a page has one unit", () => {
  assert.deepEqual([0, 59, 60, 47 * 60, 48 * 60].map((minutes) => ageWords(minutes * 60000)), ["0 min", "59 min", "1 h", "47 h", "2 d"]);
});

test("what is behind # comes back as it was", () => {
  const state = { open: "vjcc96v1g6n7496a", text: "a & b = c # d", severities: ["critical", "high"], source: "logs", service: "shop db", type: "error_burst", span: [from, to], view: [from, to], lanes: "source" };
  assert.deepEqual(decode(encode(state)), state);
  assert.equal(encode({}), "");
  assert.equal(decode("#e-abc").open, "abc");
});

test("nonsense behind # is left out", () => {
  assert.deepEqual(decode("#q=%E0%A4%A&severity=worst,high&from=5&to=1&view=9,3&lanes=moon&zzz&e-<script>"), { open: "", text: "", severities: ["high"], source: "", service: "", type: "", span: null, view: null, lanes: "" });
});

test("themes follow each other", () => assert.deepEqual(["auto", "light", "dark"].map(after), ["light", "dark", "auto"]));

test("a zoom shows at least two seconds and at most everything", () => {
  assert.equal(within(0.2, 3600000), 1);
  assert.equal(within(4, 3600000), 4);
  assert.equal(within(100, 20000), deepest(20000));
  assert.equal(deepest(20000), 10);
});

for (const [length, labels] of [
  [10000, ["14:00:00", "14:00:02", "14:00:04", "14:00:06", "14:00:08", "14:00:10"]],
  [3600000, ["14:00", "14:10", "14:20", "14:30", "14:40", "14:50", "15:00"]],
  [3 * 86400000, ["23 Nov", "12:00", "24 Nov", "12:00", "25 Nov", "12:00"]],
  [2000, ["14:00:00.000", "14:00:00.500", "14:00:01.000", "14:00:01.500", "14:00:02.000"]],
]) test(`ticks over ${length} ms stand where the drawing has them`, () => {
  const found = ticks(at("14:00:00"), at("14:00:00") + length, 8, length > 86400000);
  assert.deepEqual(found.map((tick) => tick.label).filter(Boolean), labels);
});

test("the marks in view are found in order of time", () => {
  const times = [1, 3, 3, 7, 9];
  assert.deepEqual([0, 3, 4, 9, 10].map((ms) => firstFrom(times, ms)), [0, 1, 3, 4, 5]);
});

test("counts hold every mark that is let through, and the worst of each bucket", () => {
  const times = Array.from({ length: 500 }, (_, index) => index), ranks = times.map((index) => (index === 250 ? 0 : 3));
  const found = columns(times, ranks, 0, 500, (ms) => ms, 500, 4, (index) => index % 2 === 0);
  assert.equal(found.reduce((sum, column) => sum + column.count, 0), 250);
  assert.deepEqual(found.filter((column) => column.rank === 0).map((column) => column.index), [250]);
  assert.deepEqual(found.map((column) => column.x), found.map((column) => column.x).sort((a, b) => a - b));
});

test("single marks stand at most a little off their moment, the worst last", () => {
  const times = Array.from({ length: 150 }, (_, index) => index / 10), ranks = times.map((_, index) => index % 7);
  const found = placed(times, ranks, 0, 150, (ms) => ms);
  assert.ok(found.every((mark) => Math.abs(mark.x - times[mark.index]) <= 22));
  assert.deepEqual(found.map((mark) => ranks[mark.index]), found.map((mark) => ranks[mark.index]).sort((a, b) => b - a));
});

test("columns of the data become marks again", () => {
  const names = (names, of) => ({ names, of });
  const data = { first: 100, at: [0, 5], kind: names(["high"], [0, 0]), service: names(["a", "b"], [1, 0]), source: names(["logs"], [0, 0]), type: names(["log_burst"], [0, 0]), title: names(["x", "y"], [0, 1]) };
  assert.deepEqual(unpacked(data).map((mark) => [mark.at, mark.service, mark.title]), [[100, "b", "x"], [105, "a", "y"]]);
  assert.deepEqual(unpacked({ number: 1 }), []);
});

for (const [value, expected] of [
  ["plain", "plain"], ["a,b", '"a,b"'], ['say "no"', '"say ""no"""'], ["two\nlines", '"two\nlines"'], [null, ""],
  ["=1+1", `"'=1+1"`], ["+1", `"'+1"`], ["-1", `"'-1"`], ["@SUM(A1)", `"'@SUM(A1)"`], ["  =cmd", `"'  =cmd"`], ["\t=1", `"'\t=1"`], ["\uff1d1", `"'\uff1d1"`],
]) test(`the field ${JSON.stringify(value)} is safe in a spreadsheet`, () => assert.equal(field(value), expected));

test("the timeline as CSV has a head and a line a row", () => {
  const row = { at: at("14:04:12"), kind: "critical", service: "payments", source: "logs", type: "log_burst", title: "=HYPERLINK(1)", score: ".96", id: "abc" };
  assert.equal(csv([row]), "time,severity,service,source,type,title,confidence,id\r\n2026-11-22T14:04:12.000Z,critical,payments,logs,log_burst,\"'=HYPERLINK(1)\",.96,abc\r\n");
});

test("text stays text in Markdown", () => {
  assert.equal(plain("# [x](javascript:1) | *b*\n<i>"), "\\# \\[x\\](javascript:1) \\| \\*b\\* \\<i\\>");
  assert.equal(plain("1. one"), "\\1. one");
  const text = markdown({ number: 4, title: "a|b", status: ["Open"], sentence: "S.", impact: [], course: [], causes: ["c"], suspects: [], evidence: [{ time: "14:04", kind: "high", service: "s", source: "logs", title: "t", score: ".9" }], notes: [] });
  assert.ok(text.startsWith("# #4 a\\|b\n"));
  assert.ok(text.includes("| 14:04 | high | s | logs | t | .9 |"));
  assert.ok(!text.includes("## Impact"));
});

test("the head of a page says what it is", () => {
  const head = '<meta name="caseboard-version" content="7">\n<meta name="caseboard-published" content="2026-11-22T15:10:00Z">\n<meta name="caseboard-news" content="Mara &lt;M&gt;: root cause &amp; to-dos">';
  assert.deepEqual(publication(head), { published: Date.parse("2026-11-22T15:10:00Z"), version: 7, news: "Mara <M>: root cause & to-dos" });
  assert.equal(publication("<title>503</title>"), null);
});

test("only what is newer is news, and it says who changed what", () => {
  const mine = { published: at("15:10:00"), version: 7, news: "caseboard: opened" }, theirs = { published: at("15:20:00"), version: 8, news: "Mara: root cause written" };
  assert.equal(sentence(mine, mine), "");
  assert.equal(sentence(theirs, mine), "");
  assert.equal(sentence(mine, null), "");
  assert.equal(sentence(mine, theirs), "Version 8 was published at 15:20 UTC. Mara: root cause written.");
  assert.equal(sentence(mine, { ...mine, published: theirs.published }), "This page was published anew at 15:20 UTC.");
});

test("tokens of JSON are its text again, names told from values", () => {
  const text = JSON.stringify({ a: "b: \"c\"", n: -1.5e3, list: [true, null] }, null, 2);
  assert.equal(tokens(text).map((token) => token.text).join(""), text);
  assert.deepEqual(tokens(text).filter((token) => token.kind === "name").map((token) => token.text), ['"a"', '"n"', '"list"']);
  assert.deepEqual(tokens(text).filter((token) => token.kind === "number").map((token) => token.text), ["-1500", "true", "null"]);
  assert.equal(tokens('{"cut": "off').map((token) => token.text).join(""), '{"cut": "off');
});

test("a piece passes when text, severity, source, service, type and span all let it", () => {
  const piece = { at: at("14:04:12"), kind: "high", service: "payments", source: "logs", type: "log_burst", title: "PoolTimeout" };
  const open = { severities: [], source: "", service: "", type: "", span: null };
  assert.ok(passes(piece, open, ["pooltimeout"]));
  for (const shut of [{ severities: ["low"] }, { source: "git" }, { service: "cart" }, { type: "alert" }, { span: [from, at("14:00:00")] }]) assert.ok(!passes(piece, { ...open, ...shut }, []));
  assert.ok(!passes(piece, open, ["zebra"]));
});
