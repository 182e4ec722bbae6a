export const one = (selector, root = document) => root.querySelector(selector);
export const all = (selector, root = document) => [...root.querySelectorAll(selector)];
export const svgElement = (name, attributes = {}) => {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
};
// The address changes without a new entry in the history; pages from disk may refuse, which loses nothing.
export function remember(hash) {
  try { history.replaceState(null, "", hash || location.pathname + location.search); } catch { /* stays as it was */ }
}
