// The filters of a query: a chosen field is added at once, the menus that were left empty are not sent along, and names and
// values are offered while a query is written in words.
import { combobox } from "./suggest.js";

/** Brings form[data-query] to life. */
export function startQuery(form) {
  for (const menu of form.querySelectorAll("select[name^=add_filter_]")) {
    const button = form.elements[menu.name.replace("add_filter_", "add_")];
    // Arrow keys step through a closed menu and change it: only what was picked with the pointer is added at once.
    let pointed = false;
    menu.addEventListener("pointerdown", () => (pointed = true));
    menu.addEventListener("keydown", () => (pointed = false));
    menu.addEventListener("change", () => {
      if (pointed && menu.value) form.requestSubmit(button);
    });
  }
  form.addEventListener("formdata", ({ formData }) => {
    for (const [name, value] of [...formData]) if (name.startsWith("add_filter_") && value === "") formData.delete(name);
  });
  const words = form.querySelector("[data-suggest-query]");
  if (words) combobox(words, words.parentElement, (text, signal) => offers(words, text, signal));
}

/** What could stand where the cursor is; choosing one puts it there, and the list is asked for again. */
async function offers(input, text, signal) {
  const at = [...text.slice(0, input.selectionStart)].length;
  const asked = new URLSearchParams({ q: text, at });
  const answer = await fetch(`${input.dataset.suggestQuery}?${asked}`, { signal, headers: { Accept: "application/json" } });
  if (!answer.ok || answer.redirected) return [];
  const put = (offer) => () => {
    const letters = [...text];
    const before = letters.slice(0, offer.from).join("") + offer.text;
    input.value = before + letters.slice(offer.to).join("");
    input.setSelectionRange(before.length, before.length);
    input.dispatchEvent(new Event("input", { bubbles: true }));
    input.focus();
  };
  return (await answer.json()).map((offer) => ({ title: offer.text, type: offer.type, act: put(offer) }));
}
