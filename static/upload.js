// Files dropped on the text or pasted into it are attached to the page, and named in the text.

/** `insert(text)` puts the name at the caret; `say` speaks in the status line. */
export function acceptFiles(form, area, say, insert) {
  const hasFiles = (transfer) => [...(transfer?.types ?? [])].includes("Files");
  area.addEventListener("dragover", (event) => {
    if (!hasFiles(event.dataTransfer)) return;
    event.preventDefault();
    area.classList.add("drop");
  });
  for (const end of ["dragleave", "drop"]) area.addEventListener(end, () => area.classList.remove("drop"));
  area.addEventListener("drop", (event) => {
    if (!hasFiles(event.dataTransfer)) return;
    event.preventDefault();
    sendAll([...event.dataTransfer.files]);
  });
  area.addEventListener("paste", (event) => {
    const files = [...event.clipboardData.files];
    // A copied table or text may bring a picture of itself along: the text is what was meant.
    if (files.length === 0 || event.clipboardData.getData("text/plain")) return;
    event.preventDefault();
    sendAll(files.map(named));
  });

  const sendAll = async (files) => {
    const failed = [];
    for (const [at, file] of files.entries()) {
      say(`Attaching ${file.name}${files.length > 1 ? ` (${at + 1} of ${files.length})` : ""} …`);
      try {
        const { markup } = await send(form, file);
        insert(placed(area, markup) + (files.length > 1 ? "\n" : ""));
      } catch (problem) {
        failed.push(`${file.name}: ${problem.message}`);
      }
    }
    say(failed.length > 0 ? `Not attached. ${failed.join(" ")}` : `Attached ${files.length === 1 ? files[0].name : `${files.length} files`}.`);
  };
}

/** A picture stands on a line of its own, parted from the words around it. */
function placed(area, markup) {
  if (!markup.startsWith("[[")) return markup;
  const before = area.value.slice(0, area.selectionStart);
  const after = area.value.slice(area.selectionEnd);
  const above = before === "" || before.endsWith("\n\n") ? "" : before.endsWith("\n") ? "\n" : "\n\n";
  const below = after === "" || after.startsWith("\n\n") ? "" : after.startsWith("\n") ? "\n" : "\n\n";
  return above + markup + below;
}

async function send(form, file) {
  const body = new FormData();
  body.append("__FORM_TOKEN", form.elements.__FORM_TOKEN.value);
  body.append("attachment", file, file.name);
  let answer;
  try {
    answer = await fetch(form.dataset.upload, { method: "POST", body, headers: { Accept: "application/json" } });
  } catch {
    throw new Error("the server cannot be reached.");
  }
  const told = await answer.json().catch(() => ({}));
  if (answer.ok && told.markup) return told;
  throw new Error(told.problems?.[0]?.message ?? told.detail ?? `the server answered ${answer.status}.`);
}

function named(file) {
  if (file.name !== "image.png") return file;
  const moment = new Date().toISOString().slice(0, 19).replace(/[T:]/g, "-");
  return new File([file], `pasted-${moment}.png`, { type: file.type });
}
