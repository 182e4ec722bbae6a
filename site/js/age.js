// Says how old the page is, once it is older than ten minutes.
import { one } from "./dom.js";
import { ageWords } from "./time.js";

export function mount() {
  const published = one("#published");
  const age = Date.now() - Date.parse(published?.dateTime ?? "");
  if (age > 600000) published.append(` (${ageWords(age)} ago)`);
}
