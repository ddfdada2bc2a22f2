// Drafts: what is typed is kept in this browser until the server has it. A draft that is found is put back with a note
// and a way out; it is removed only when the page that was saved is on the screen.

const prefix = "trackway-draft:";
const pendingKey = "trackway-saving";

/**
 * Keeps the text of `form` (data-draft). data-text says what its text is: "saved" (the server has it), "typed" (it was
 * refused or only looked at, so this browser keeps it at once) or "given" (an old version, nobody typed it yet).
 * data-draft-also names other controls that belong to it, such as the summary of a new ticket.
 */
export function keepDraft(form, area, say, redraw) {
  const key = prefix + form.dataset.draft;
  // What is said about a ticket belongs to no version of it.
  const version = form.elements.version ?? { value: "", defaultValue: "" };
  const also = (form.dataset.draftAlso ?? "").split(" ").map((name) => form.elements[name]).filter(Boolean);
  const others = (property) => Object.fromEntries(also.map((control) => [control.name, control[property]]));
  const served = { text: area.defaultValue, version: version.defaultValue, also: others("defaultValue") };
  const differs = (draft, from) => draft.text !== from.text || also.some(({ name }) => (draft.also?.[name] ?? from.also[name]) !== from.also[name]);
  const isServed = () => !differs({ text: area.value, also: others("value") }, served) && version.value === served.version;
  const kind = form.dataset.text;
  let unsafe = false;
  let timer = 0;

  const store = () => {
    clearTimeout(timer);
    if (kind !== "typed" && isServed()) {
      if (kind === "saved") remove(key);
      return;
    }
    const kept = read(key);
    const typed = { text: area.value, version: version.value, also: others("value") };
    if (kept && !differs(kept, typed) && kept.version === version.value) return;
    unsafe = !write(key, { ...typed, when: Date.now() });
    if (unsafe) say("This browser does not keep drafts. Save before you leave.");
  };
  const put = ({ text, version: from, also: more = {} }) => {
    area.value = text;
    for (const control of also) control.value = more[control.name] ?? control.value;
    // The version the draft began from: the server merges what was saved since.
    version.value = from;
    redraw();
    store();
  };

  // Whatever was sent before is not saved, or this would not be the editor.
  removeSession(pendingKey);
  const draft = read(key);
  if (kind === "typed") {
    store();
  } else if (draft && differs(draft, served)) {
    if (kind === "saved") put(draft);
    note(form, draft, served, kind === "saved", put);
  }
  for (const control of [area, ...also]) {
    control.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(store, 400);
    });
  }
  addEventListener("pagehide", store);
  addEventListener("beforeunload", (event) => {
    if (unsafe && !form.dataset.sending) event.preventDefault();
  });
  form.addEventListener("submit", (event) => {
    store();
    form.dataset.sending = "yes";
    if (!["save", "submit"].includes(event.submitter?.name)) return;
    // A ticket's page has its form again, a suggestion another page: only that the answer led elsewhere tells that it was saved.
    const path = "editor" in form.dataset && !("leadsOn" in form.dataset) ? new URL(form.getAttribute("action"), location.href).pathname : null;
    writeSession(pendingKey, JSON.stringify({ key, path }));
  });
}

/** On the page that a save led to: its draft has done its work. */
export function forgetSavedDraft() {
  try {
    const pending = JSON.parse(sessionStorage.getItem(pendingKey) ?? "null");
    if (!pending || (pending.path !== null && !document.getElementById("text"))) return;
    sessionStorage.removeItem(pendingKey);
    const saved = pending.path === null ? performance.getEntriesByType("navigation")[0]?.redirectCount > 0 : pending.path === location.pathname;
    if (saved) remove(pending.key);
  } catch {
    // Without storage there was no draft.
  }
}

function note(form, draft, served, showsDraft, use) {
  const box = document.createElement("p");
  box.className = "note draft-note";
  box.role = "status";
  const words = document.createElement("span");
  const button = Object.assign(document.createElement("button"), { type: "button" });
  const when = new Date(draft.when).toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
  const label = () => {
    words.textContent = showsDraft ? `Your draft of ${when} is back in the editor. It is not saved yet.` : `A draft of ${when} is put aside.`;
    button.textContent = showsDraft ? "Discard the draft" : "Take the draft back";
  };
  button.addEventListener("click", () => {
    showsDraft = !showsDraft;
    use(showsDraft ? draft : served);
    label();
  });
  label();
  box.append(words, button);
  form.before(box);
}

function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "null");
  } catch {
    return null;
  }
}

function write(key, value) {
  try {
    localStorage.setItem(key, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

function remove(key) {
  try {
    localStorage.removeItem(key);
  } catch {
    // Nothing was kept.
  }
}

function writeSession(key, value) {
  try {
    sessionStorage.setItem(key, value);
  } catch {
    // The draft then stays until it is discarded.
  }
}

function removeSession(key) {
  try {
    sessionStorage.removeItem(key);
  } catch {
    // Nothing was kept.
  }
}
