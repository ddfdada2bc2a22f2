// Drafts: what is typed is kept in this browser until the server has it. A draft that is found is put back with a note
// and a way out; it is removed only when the page that was saved is on the screen.

const prefix = "trackway-draft:";
const pendingKey = "trackway-saving";

/** Keeps the text of `form` (data-draft, data-version), and puts an earlier draft back on a freshly opened form. */
export function keepDraft(form, area, say, redraw) {
  const key = prefix + form.dataset.draft;
  const version = form.elements.version;
  const served = { text: area.value, version: version.value };
  let unsafe = false;
  let timer = 0;

  const store = () => {
    clearTimeout(timer);
    if (area.value === served.text && version.value === served.version) remove(key);
    else unsafe = !write(key, { text: area.value, version: version.value, when: Date.now() });
    if (unsafe) say("This browser does not keep drafts. Save before you leave.");
  };
  const put = ({ text, version: from }) => {
    area.value = text;
    // The version the draft began from: the server merges what was saved since.
    version.value = from;
    redraw();
  };

  const draft = read(key);
  if (draft && "fresh" in form.dataset && draft.text !== served.text) {
    put(draft);
    note(form, draft, served, (chosen) => {
      put(chosen);
      store();
    });
  }
  area.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(store, 400);
  });
  addEventListener("pagehide", store);
  addEventListener("beforeunload", (event) => {
    if (unsafe && !form.dataset.sending) event.preventDefault();
  });
  form.addEventListener("submit", (event) => {
    store();
    form.dataset.sending = "yes";
    if (event.submitter?.name === "save") sessionStorageSet(pendingKey, JSON.stringify({ key, path: new URL(form.getAttribute("action"), location.href).pathname }));
  });
}

/** On the page that a save led to: its draft has done its work. */
export function forgetSavedDraft() {
  try {
    const pending = JSON.parse(sessionStorage.getItem(pendingKey) ?? "null");
    if (!pending || !document.getElementById("text")) return;
    sessionStorage.removeItem(pendingKey);
    if (pending.path === location.pathname) remove(pending.key);
  } catch {
    // Without storage there was no draft.
  }
}

function note(form, draft, served, use) {
  const box = document.createElement("p");
  box.className = "note draft-note";
  box.role = "status";
  const words = document.createElement("span");
  const button = Object.assign(document.createElement("button"), { type: "button" });
  const when = new Date(draft.when).toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
  let showsDraft = true;
  const label = () => {
    words.textContent = showsDraft ? `Your draft of ${when} is back in the editor. It is not saved yet.` : "The saved text is in the editor. The draft is put aside.";
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

function sessionStorageSet(key, value) {
  try {
    sessionStorage.setItem(key, value);
  } catch {
    // The draft then stays until it is discarded.
  }
}
