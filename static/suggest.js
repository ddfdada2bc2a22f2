// Completion while typing, after the combobox pattern of the ARIA guide: the input keeps the focus, arrows choose,
// Enter without a choice does what the input did before.

/** The search box of the top bar. */
export function completeSearch() {
  const form = document.querySelector("form[data-suggest]");
  const input = form?.querySelector("input[name=q]");
  if (!input) return;
  combobox(input, form, (text, signal) => suggestions(form.dataset.suggest, text, signal));
}

/** Asks the server: a list of {title, url, type}, with `closed: true` for a ticket that is closed. */
export async function suggestions(address, text, signal) {
  if (text.trim().length < 2) return [];
  const answer = await fetch(`${address}?q=${encodeURIComponent(text)}`, { signal, headers: { Accept: "application/json" } });
  return answer.ok && !answer.redirected ? await answer.json() : [];
}

let count = 0;

/**
 * Makes `input` a combobox whose list stands at the end of `holder`.
 * `find(text, signal)` answers (or promises) a list of {title, url, type} or {title, act, type}.
 */
export function combobox(input, holder, find, { wait = 120, always = false } = {}) {
  const list = document.createElement("ul");
  list.id = `suggest-${(count += 1)}`;
  list.className = "suggest";
  list.role = "listbox";
  list.ariaLabel = "Suggestions";
  list.hidden = !always;
  holder.append(list);
  const said = document.createElement("span");
  said.className = "unseen";
  said.role = "status";
  holder.append(said);
  for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-controls": list.id, "aria-expanded": String(always) })) input.setAttribute(name, value);

  let items = [];
  let chosen = -1;
  let timer = 0;
  let asking = null;

  const choose = (index) => {
    chosen = index;
    [...list.children].forEach((option, at) => option.setAttribute("aria-selected", String(at === chosen)));
    const option = list.children[chosen];
    if (option) input.setAttribute("aria-activedescendant", option.id);
    else input.removeAttribute("aria-activedescendant");
    option?.scrollIntoView({ block: "nearest" });
  };
  const show = (found) => {
    items = found;
    list.replaceChildren(...found.map((item, at) => optionOf(item, `${list.id}-${at}`)));
    const open = found.length > 0;
    list.hidden = !open;
    input.setAttribute("aria-expanded", String(open));
    said.textContent = input.value && document.activeElement === input ? `${found.length} suggestions` : "";
    choose(always && open ? 0 : -1);
  };
  const close = () => {
    clearTimeout(timer);
    asking?.abort();
    if (!always) show([]);
  };
  const ask = async () => {
    asking?.abort();
    asking = new AbortController();
    const { signal } = asking;
    try {
      const found = await find(input.value, signal);
      if (!signal.aborted) show(found);
    } catch {
      // A stale question was dropped, or the server is away: the box still searches.
    }
  };
  const go = (item) => {
    if (item.act) item.act();
    else location.assign(item.url);
  };

  input.addEventListener("input", (event) => {
    if (event.isComposing) return;
    clearTimeout(timer);
    timer = setTimeout(ask, wait);
  });
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if ((event.key === "ArrowDown" || event.key === "ArrowUp") && items.length > 0) {
      const step = event.key === "ArrowDown" ? 1 : -1;
      const ring = items.length + (always ? 0 : 1);
      const at = always ? (chosen + step + ring) % ring : ((chosen + 1 + step + ring) % ring) - 1;
      choose(at);
      event.preventDefault();
    } else if (event.key === "Enter" && items[chosen]) {
      event.preventDefault();
      go(items[chosen]);
    } else if (event.key === "Escape" && !always && !list.hidden) {
      event.preventDefault();
      close();
    }
  });
  input.addEventListener("blur", () => setTimeout(close, 150));
  list.addEventListener("pointerdown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) go(items[[...list.children].indexOf(option)]);
  });
  if (always) ask();
}

/** A line of such a list: what is offered, and what it is. */
export function optionOf(item, id) {
  const option = document.createElement("li");
  option.id = id;
  option.role = "option";
  const title = document.createElement("bdi");
  title.textContent = item.title;
  if (item.closed) title.className = "closed";
  const type = document.createElement("span");
  type.className = "muted";
  type.textContent = item.type;
  option.append(title, type);
  return option;
}
