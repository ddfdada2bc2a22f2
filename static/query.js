// The filters of a query: a chosen field is added at once, and the menus that were left empty are not sent along.

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
}
