// The forms around tickets: texts with a bar, a preview of text and pending changes, drafts, files by drop and paste.
import { keepDraft } from "./drafts.js";
import { insert, startWriting } from "./editor.js";
import { formPreview } from "./preview.js";

/** Brings form[data-ticket-form] (a whole ticket) or form[data-comment-form] (one text and its form) to life. */
export function startForm(form) {
  const [first] = [...form.querySelectorAll("[data-writing]")].map((box) => startWriting(box, form));
  const status = form.querySelector("[data-preview-status]");
  const say = (text) => (status.textContent = text);
  const preview = formPreview(form, "commentForm" in form.dataset ? first.area : null, say);
  if (first) {
    keepDraft(form, first.area, first.say, preview);
    goToText(first.area);
  }
  for (const action of form.querySelectorAll(".workflow-action")) {
    action.addEventListener("input", () => (action.querySelector("[name=action]").checked = true));
  }
  const attach = document.querySelector("form[data-attach]");
  if (attach) dropHere(attach);
  const canned = form.querySelector("[data-canned]");
  if (canned) putInCanned(canned, first);
  const similar = form.querySelector("[data-similar]");
  if (similar) showSimilar(similar, form.elements.field_summary);
}

/** A canned reply goes where the cursor is. */
function putInCanned(box, { area, say }) {
  const select = box.querySelector("select");
  box.querySelector("button").addEventListener("click", async (event) => {
    event.preventDefault();
    if (!select.value) {
      select.focus();
      return;
    }
    try {
      const answer = await fetch(box.dataset.canned + select.value);
      if (!answer.ok || answer.redirected) throw new Error();
      insert(area, await answer.text());
      select.value = "";
    } catch {
      say("The reply could not be fetched. Please try again.");
    }
  });
}

/** Open tickets that may be about the same, a moment after the last letter of the summary. */
function showSimilar(box, summary) {
  let timer = 0;
  let asking = null;
  const ask = async () => {
    asking?.abort();
    asking = new AbortController();
    try {
      const answer = await fetch(`${box.dataset.similar}?summary=${encodeURIComponent(summary.value)}`, { signal: asking.signal, headers: { Accept: "text/html" } });
      if (answer.ok && !answer.redirected) box.innerHTML = await answer.text();
    } catch {
      // A stale question was dropped, or the server is away: the ticket can be filed all the same.
    }
  };
  const later = (wait) => {
    clearTimeout(timer);
    timer = setTimeout(ask, wait);
  };
  summary.addEventListener("input", () => later(400));
  if (summary.value.trim()) later(0);
}

/** Who follows a link to the form wants to write. */
function goToText(area) {
  for (const link of document.querySelectorAll("a[href$='#edit']")) {
    link.addEventListener("click", () => setTimeout(() => area.focus(), 0));
  }
  if (location.hash !== "#edit") return;
  area.focus();
  area.setSelectionRange(area.value.length, area.value.length);
}

/** Files dropped on the form for them are sent as if they had been chosen. */
function dropHere(form) {
  const input = form.querySelector("input[type=file]");
  const hasFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  form.addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    form.classList.add("drop");
  });
  for (const end of ["dragleave", "drop"]) form.addEventListener(end, () => form.classList.remove("drop"));
  form.addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    input.files = event.dataTransfer.files;
    form.requestSubmit();
  });
  form.addEventListener("submit", () => {
    const count = input.files.length;
    form.querySelector("[data-attach-status]").textContent = `Attaching ${count === 1 ? input.files[0].name : `${count} files`} …`;
  });
}
