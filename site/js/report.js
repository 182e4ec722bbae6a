// A report is complete without it; it adds search, keys and theme.
import * as age from "./age.js";
import * as find from "./find.js";
import * as go from "./go.js";
import * as keys from "./keys.js";
import * as theme from "./theme.js";

document.documentElement.classList.add("js");
const nextTheme = theme.mount(), found = find.mount();
age.mount();
keys.mount(go.joined({ "/": () => found?.focus(), Escape: () => found?.clear(), t: nextTheme }));
