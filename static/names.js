// Names while writing: after an @ the people of the project are offered in a list at the cursor. The text keeps the focus;
// arrows choose, Enter puts the chosen one in, Escape leaves the text as it is, and Tab leaves it as everywhere.
import { optionOf } from "./suggest.js";

const wait = 100;
/** An @ that a mention can begin with, as the server reads it, and what is typed of the name. */
const begun = /(?:^|[^\p{L}\p{N}_/.\-+@#=&:%~])@([\p{L}\p{N}._-]{0,40})$/u;
/** What decides where a line of the text breaks. */
const measures = ["boxSizing", "width", "direction", "fontFamily", "fontSize", "fontStyle", "fontWeight", "letterSpacing", "lineHeight", "tabSize", "textAlign", "wordSpacing", "paddingTop", "paddingRight", "paddingBottom", "paddingLeft", "borderTopWidth", "borderRightWidth", "borderBottomWidth", "borderLeftWidth"];

let count = 0;
/** The server shows nobody here, so it is not asked again. */
let refused = false;

/** Offers names in a textarea; `insert(area, text)` puts a text in place of what is selected. */
export function offerNames(area, insert) {
  const { base, project } = document.body.dataset;
  if (!project) return;
  const list = document.createElement("ul");
  list.id = `names-${(count += 1)}`;
  list.className = "suggest names";
  list.role = "listbox";
  list.ariaLabel = "People";
  list.hidden = true;
  const said = Object.assign(document.createElement("span"), { className: "unseen", role: "status" });
  area.after(list, said);
  area.setAttribute("aria-autocomplete", "list");
  area.setAttribute("aria-controls", list.id);

  let people = [];
  let chosen = 0;
  let timer = 0;
  let asking = null;

  const choose = (index) => {
    chosen = (index + people.length) % people.length;
    [...list.children].forEach((option, at) => option.setAttribute("aria-selected", String(at === chosen)));
    const option = list.children[chosen];
    area.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  };
  const close = () => {
    clearTimeout(timer);
    asking?.abort();
    people = [];
    list.hidden = true;
    said.textContent = "";
    area.removeAttribute("aria-activedescendant");
  };
  const show = (found, typed) => {
    if (found.length === 0 || (found.length === 1 && found[0].login === typed)) {
      close();
      return;
    }
    people = found;
    list.replaceChildren(...found.map(({ login, name }, at) => optionOf({ title: `@${login}`, type: name }, `${list.id}-${at}`)));
    list.hidden = false;
    place(list, area, area.selectionStart - typed.length - 1);
    said.textContent = `${found.length === 1 ? "1 person" : `${found.length} people`}. Enter puts the chosen name in.`;
    choose(0);
  };
  const ask = async (typed) => {
    asking?.abort();
    asking = new AbortController();
    const { signal } = asking;
    try {
      const answer = await fetch(`${base}/${project}/people/suggest?q=${encodeURIComponent(typed)}`, { signal, headers: { Accept: "application/json" } });
      if (!answer.ok || answer.redirected) refused = answer.status === 404;
      const found = answer.ok && !answer.redirected ? await answer.json() : [];
      if (!signal.aborted && typedName(area) === typed) show(found, typed);
    } catch {
      // A stale question was dropped, or the server is away: a name can be written all the same.
    }
  };
  const put = (person) => {
    const typed = typedName(area);
    if (typed === null) return;
    const at = area.selectionStart;
    const parted = /^[\s.,;:!?)\]]/.test(area.value.slice(at));
    area.setSelectionRange(at - typed.length, at);
    close();
    insert(area, parted ? person.login : `${person.login} `);
    close();
  };

  area.addEventListener("input", (event) => {
    clearTimeout(timer);
    if (event.isComposing || refused) return;
    const typed = typedName(area);
    if (typed === null) close();
    else timer = setTimeout(() => ask(typed), wait);
  });
  area.addEventListener("keydown", (event) => {
    if (list.hidden || event.isComposing || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    switch (event.key) {
      case "ArrowDown":
        choose(chosen + 1);
        break;
      case "ArrowUp":
        choose(chosen - 1);
        break;
      case "Enter":
        put(people[chosen]);
        break;
      case "Escape":
        close();
        break;
      case "ArrowLeft":
      case "ArrowRight":
      case "Home":
      case "End":
        close();
        return;
      default:
        return;
    }
    event.preventDefault();
    event.stopPropagation();
  });
  area.addEventListener("blur", close);
  area.addEventListener("scroll", close);
  addEventListener("scroll", () => list.hidden || close(), { passive: true });
  list.addEventListener("pointerdown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) put(people[[...list.children].indexOf(option)]);
  });
}

/** What is typed of a name right before the cursor; null where none is being written, as in code. */
function typedName(area) {
  const { selectionStart: at, selectionEnd: end, value } = area;
  if (at !== end) return null;
  const match = begun.exec(value.slice(Math.max(0, at - 100), at));
  if (!match) return null;
  const lines = value.slice(0, at).split("\n");
  const fences = lines.filter((line) => /^ {0,3}(```|~~~)/.test(line)).length;
  const ticks = lines.at(-1).split("`").length - 1;
  return fences % 2 === 0 && ticks % 2 === 0 ? match[1] : null;
}

/** Puts the list beneath that place of the text, or above it where there is more room. */
function place(list, area, at) {
  const style = getComputedStyle(area);
  const mirror = document.createElement("div");
  mirror.className = "names-mirror";
  for (const name of measures) mirror.style[name] = style[name];
  const mark = document.createElement("span");
  mark.textContent = area.value.slice(at, at + 1);
  mirror.append(area.value.slice(0, at), mark);
  area.after(mirror);
  const box = area.getBoundingClientRect();
  const top = Math.min(box.bottom, Math.max(box.top, box.top + mark.offsetTop - area.scrollTop));
  const line = mark.offsetHeight;
  const left = box.left + mark.offsetLeft;
  mirror.remove();
  const room = { width: document.documentElement.clientWidth, height: document.documentElement.clientHeight };
  const { width, height } = list.getBoundingClientRect();
  const isAbove = top + line + height > room.height && top > room.height / 2;
  list.style.left = `${Math.max(8, Math.min(left, room.width - width - 8))}px`;
  list.style.top = `${isAbove ? Math.max(8, top - height - 4) : top + line + 4}px`;
}
