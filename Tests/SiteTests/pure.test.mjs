import assert from "node:assert/strict";
import test from "node:test";
import { matches, searchable, wordsOf } from "../../site/js/text.js";
import { ageWords, atFraction, fractionOf, momentWords, parseMoment, sameDay, spanOf } from "../../site/js/time.js";
import { decode, encode } from "../../site/js/state.js";
import { after } from "../../site/js/theme.js";
import { next } from "../../site/js/zoom.js";

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
  const state = { open: "vjcc96v1g6n7496a", text: "a & b = c # d", severities: ["critical", "high"], source: "logs", span: [from, to] };
  assert.deepEqual(decode(encode(state)), state);
  assert.equal(encode({}), "");
  assert.equal(decode("#e-abc").open, "abc");
});

test("nonsense behind # is left out", () => {
  assert.deepEqual(decode("#q=%E0%A4%A&severity=worst,high&from=5&to=1&zzz&e-<script>"), { open: "", text: "", severities: ["high"], source: "", span: null });
});

test("themes and zoom levels follow each other", () => {
  assert.deepEqual(["auto", "light", "dark"].map(after), ["light", "dark", "auto"]);
  assert.deepEqual([next(1, -1), next(1, 1), next(16, 1), next(4, -1)], [1, 2, 16, 2]);
});
