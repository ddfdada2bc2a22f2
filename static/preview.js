// The preview beside the text: asked for a moment after the last key, never out of order, and it stays where it is.
import { decorateText } from "./text.js";

/** Returns a function that asks for a fresh preview. */
export function livePreview(form, area, say) {
  const pane = form.querySelector("[data-preview-pane]");
  let timer = 0;
  let asking = null;
  let complained = false;

  const draw = async () => {
    asking?.abort();
    asking = new AbortController();
    const body = new URLSearchParams({ __FORM_TOKEN: form.elements.__FORM_TOKEN.value, text: area.value });
    try {
      const answer = await fetch(form.dataset.preview, { method: "POST", body, signal: asking.signal });
      if (!answer.ok || answer.redirected) throw new Error(answer.redirected ? "your session has ended" : `the server answered ${answer.status}`);
      const html = await answer.text();
      show(html);
      if (complained) say("");
      complained = false;
    } catch (problem) {
      if (problem.name === "AbortError") return;
      pane.classList.add("stale");
      complained = true;
      say(`No preview: ${problem instanceof TypeError ? "the server cannot be reached" : problem.message}. Your text is kept.`);
    }
  };
  const show = (html) => {
    const atEnd = pane.scrollTop > 0 && pane.scrollHeight - pane.scrollTop - pane.clientHeight < 8;
    const top = pane.scrollTop;
    pane.innerHTML = html;
    pane.classList.remove("stale");
    decorateText(pane);
    pane.scrollTop = atEnd ? pane.scrollHeight : top;
  };
  const later = (wait) => {
    clearTimeout(timer);
    timer = setTimeout(draw, wait);
  };

  area.addEventListener("input", () => later(300));
  area.addEventListener("scroll", () => {
    const range = area.scrollHeight - area.clientHeight;
    if (range > 0) pane.scrollTop = (area.scrollTop / range) * (pane.scrollHeight - pane.clientHeight);
  });
  pane.tabIndex = 0;
  pane.setAttribute("role", "group");
  pane.setAttribute("aria-label", "Rendered text");
  if (area.value.trim() !== "") later(0);
  return () => later(0);
}
