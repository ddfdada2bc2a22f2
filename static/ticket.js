// The forms around tickets: texts with a bar, a preview of text and pending changes, drafts, files by drop and paste.
import { keepDraft } from "./drafts.js";
import { startWriting } from "./editor.js";
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
