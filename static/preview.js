// Previews: asked for a moment after the last key, never out of order, and they stay where they are.
import { decorateText } from "./text.js";

/** The preview beside the text of a page. Returns a function that asks for a fresh one. */
export function livePreview(form, area, say) {
  const pane = form.querySelector("[data-preview-pane]");
  // A section is shown as it is in the page, which the server has.
  const { section, version } = form.elements;
  const fields = () => ({ text: area.value, ...(section && { section: section.value, version: version.value }) });
  const later = asker(form, pane, fields, say);
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

/**
 * The preview beneath a form, after two seconds without a key. With `area` its text alone is asked about, else the
 * whole form: text and pending changes. Returns a function that asks for a fresh one.
 */
export function formPreview(form, area, say) {
  const box = form.querySelector("[data-preview-box]");
  const pane = box.querySelector("[data-preview-pane]");
  const fields = area ? () => ({ text: area.value }) : () => [...new FormData(form), ["preview", "1"]].filter(([name, value]) => name !== "__FORM_TOKEN" && typeof value === "string");
  const later = asker(form, pane, fields, say, () => (box.hidden = false));
  for (const kind of ["input", "change"]) form.addEventListener(kind, () => later(2000));
  return () => later(0);
}

/** Returns a function that asks for a preview after so many milliseconds. */
function asker(form, pane, fields, say, shown) {
  let timer = 0;
  let asking = null;
  let complained = false;

  const draw = async () => {
    asking?.abort();
    asking = new AbortController();
    const body = new URLSearchParams(fields());
    body.set("__FORM_TOKEN", form.elements.__FORM_TOKEN.value);
    try {
      const answer = await fetch(form.dataset.preview, { method: "POST", body, signal: asking.signal });
      if (!answer.ok || answer.redirected) throw new Error(answer.redirected ? "your session has ended" : `the server answered ${answer.status}`);
      show(await answer.text());
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
    const focused = pane.contains(document.activeElement) ? document.activeElement.id : "";
    const unfolded = [...pane.querySelectorAll("details[open] > summary")].map((summary) => summary.textContent);
    pane.innerHTML = html;
    pane.classList.remove("stale");
    decorateText(pane);
    for (const summary of pane.querySelectorAll("details > summary")) {
      if (unfolded.includes(summary.textContent)) summary.parentElement.open = true;
    }
    if (focused) document.getElementById(focused)?.focus();
    pane.scrollTop = atEnd ? pane.scrollHeight : top;
    shown?.();
  };
  return (wait) => {
    clearTimeout(timer);
    timer = setTimeout(draw, wait);
  };
}
