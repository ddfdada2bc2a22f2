// The palette: every link and button of the page by name, and beneath them what the search suggests.
import { openDialog } from "./dialog.js";
import { combobox, suggestions } from "./suggest.js";

const groups = [
  [".tabs a, main a[data-key], .merge button, .editor-foot button, .editor-foot a.button, .quick button", "this page"],
  [".places a", "place"],
  [".self .menu-body a, .self .menu-body button, .sign-in", "account"],
  [".margin .outline a", "on this page"],
];

/** Opens it with the focus in its box. */
export function openPalette() {
  const actions = collect();
  const address = document.querySelector("form[data-suggest]")?.dataset.suggest;
  openDialog("Go to or do", "palette", (body, close) => {
    const input = Object.assign(document.createElement("input"), { type: "text", placeholder: "A page, a place, or something to do", ariaLabel: "Go to or do", autocomplete: "off" });
    input.setAttribute("dir", "auto");
    body.append(input);
    combobox(
      input,
      body,
      async (text, signal) => {
        const words = text.toLowerCase().split(/\s+/).filter(Boolean);
        const fit = actions
          .filter(({ title }) => words.every((word) => title.toLowerCase().includes(word)))
          .map((action) => ({ ...action, act: () => press(action.element, close) }));
        const found = address ? await suggestions(address, text, signal).catch(() => []) : [];
        return [...fit.slice(0, 12), ...found];
      },
      { wait: 60, always: true },
    );
    input.focus();
  });
}

function collect() {
  const seen = new Set();
  const actions = [];
  for (const [selector, type] of groups) {
    for (const element of document.querySelectorAll(selector)) {
      const title = element.textContent.trim();
      if (!title || seen.has(title + type)) continue;
      seen.add(title + type);
      actions.push({ title, type, element });
    }
  }
  return actions;
}

function press(element, close) {
  close();
  element.click();
}
