// One way to open a dialog: modal, closed by Escape, its button or a click beside it; the focus goes back by itself.

/** Opens a dialog with a heading; `fill(body, close)` puts its contents in. A second one of the same name is not opened. */
export function openDialog(heading, name, fill) {
  if (document.querySelector("dialog[open]")) return;
  const dialog = document.createElement("dialog");
  dialog.className = name;
  const head = document.createElement("div");
  head.className = "dialog-head";
  const title = Object.assign(document.createElement("h2"), { textContent: heading, id: `dialog-${name}` });
  const close = Object.assign(document.createElement("button"), { type: "button", textContent: "Close" });
  head.append(title, close);
  dialog.setAttribute("aria-labelledby", title.id);
  dialog.append(head);
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  fill(dialog, () => dialog.close());
}
