// What a text may refer to, offered in a list at the cursor while it is written: people after @, tickets after #, pages after
// two brackets with the macros, milestones after their word. The text keeps the focus; arrows choose, Enter puts the chosen one in, Escape leaves the text as it is, and Tab
// leaves it as everywhere.
import { optionOf } from "./suggest.js";

const wait = 100;
/**
 * What can be offered: how it begins, as the server reads it, with what is typed of it; where that is asked about; and what
 * an answer is in the list and in the text.
 */
const kinds = [
  {
    label: "People",
    begun: /(?:^|[^\p{L}\p{N}_/.\-+@#=&:%~])@([\p{L}\p{N}._-]{0,40})$/u,
    address: "people/suggest?q=",
    offer: ({ login, name }) => ({ title: `@${login}`, type: name, text: login, end: " " }),
  },
  {
    label: "Tickets",
    begun: /(?:^|[^\p{L}\p{N}_/&#=])#([\p{L}\p{N}_-]{2,40})$/u,
    address: "search/suggest?type=ticket&q=",
    offer: ({ title, closed }) => ({ title, closed, type: "", text: title.match(/^#(\d+)/)?.[1], end: " " }),
  },
  {
    label: "Pages and macros",
    begun: /\[\[([^[\]|(\n]{2,80})$/u,
    address: "search/suggest?type=page&q=",
    offer: ({ title }) => ({ title, type: "", text: title, end: "]]" }),
    also: macrosNamed,
  },
  {
    label: "Milestones",
    begun: /(?:^|[\s([{"'])milestone:([\p{L}\p{N}._-]{1,80})$/u,
    address: "search/suggest?type=milestone&q=",
    offer: ({ title }) => ({ title, type: "", text: /\s/.test(title) ? `"${title}"` : title, end: " " }),
  },
];
/** What decides where a line of the text breaks. */
const measures = ["boxSizing", "width", "direction", "fontFamily", "fontSize", "fontStyle", "fontWeight", "letterSpacing", "lineHeight", "tabSize", "textAlign", "wordSpacing", "paddingTop", "paddingRight", "paddingBottom", "paddingLeft", "borderTopWidth", "borderRightWidth", "borderBottomWidth", "borderLeftWidth"];

/** The macros of this site, once they were asked for. */
let macros = null;

/** Those whose names begin so. A call of one stands in brackets of its own, with its arguments to be typed. */
async function macrosNamed(typed, ask) {
  if (!/^[A-Z][A-Za-z0-9]*$/.test(typed)) return [];
  macros ??= await ask("wiki?action=macros");
  const begins = ({ name }) => name.toLowerCase().startsWith(typed.toLowerCase());
  return (macros ?? []).filter(begins).map(({ name }) => ({ title: name, type: "macro", text: name, end: "]]" }));
}

let count = 0;
/** What the server does not offer here, so it is not asked again. */
const refused = new Set();

/** Completes references in a textarea; `insert(area, text)` puts a text in place of what is selected. */
export function completeReferences(area, insert) {
  const { base, project } = document.body.dataset;
  if (!project) return;
  const list = document.createElement("ul");
  list.id = `complete-${(count += 1)}`;
  list.className = "suggest complete";
  list.role = "listbox";
  list.hidden = true;
  const said = Object.assign(document.createElement("span"), { className: "unseen", role: "status" });
  area.after(list, said);
  area.setAttribute("aria-autocomplete", "list");
  area.setAttribute("aria-controls", list.id);

  let items = [];
  let chosen = 0;
  let timer = 0;
  let asking = null;

  const choose = (index) => {
    chosen = (index + items.length) % items.length;
    [...list.children].forEach((option, at) => option.setAttribute("aria-selected", String(at === chosen)));
    const option = list.children[chosen];
    area.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  };
  const close = () => {
    clearTimeout(timer);
    asking?.abort();
    items = [];
    list.hidden = true;
    said.textContent = "";
    area.removeAttribute("aria-activedescendant");
  };
  const show = (found, { kind, typed }) => {
    if (found.length === 0 || (found.length === 1 && found[0].text === typed)) {
      close();
      return;
    }
    items = found;
    list.ariaLabel = kind.label;
    list.replaceChildren(...found.map((item, at) => optionOf(item, `${list.id}-${at}`)));
    list.hidden = false;
    place(list, area, area.selectionStart - typed.length - 1);
    said.textContent = `${kind.label}: ${found.length}. Enter puts the chosen one in.`;
    choose(0);
  };
  const ask = async (reference) => {
    asking?.abort();
    asking = new AbortController();
    const { signal } = asking;
    const { kind, typed } = reference;
    try {
      const read = async (address) => {
        const answer = await fetch(`${base}/${project}/${address}`, { signal, headers: { Accept: "application/json" } });
        if (answer.ok && !answer.redirected) return answer.json();
        if (answer.status === 404 && !kind.also) refused.add(kind);
        return null;
      };
      const [found, more] = await Promise.all([read(kind.address + encodeURIComponent(typed)), kind.also?.(typed, read) ?? []]);
      const offered = [...more, ...(found ?? []).map(kind.offer).filter(({ text }) => text)];
      const now = begunReference(area);
      if (!signal.aborted && now?.kind === kind && now.typed === typed) show(offered, reference);
    } catch {
      // A stale question was dropped, or the server is away: the text can be written all the same.
    }
  };
  const put = ({ text, end }) => {
    const reference = begunReference(area);
    close();
    if (!reference) return;
    const at = area.selectionStart;
    const after = area.value.slice(at);
    const ended = end === " " ? /^[\s.,;:!?)\]]/.test(after) : after.startsWith(end);
    area.setSelectionRange(at - reference.typed.length, at);
    insert(area, ended ? text : text + end);
    close();
  };

  area.addEventListener("input", (event) => {
    clearTimeout(timer);
    if (event.isComposing) return;
    const reference = begunReference(area);
    if (!reference || refused.has(reference.kind)) close();
    else timer = setTimeout(() => ask(reference), wait);
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
        put(items[chosen]);
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
    if (option) put(items[[...list.children].indexOf(option)]);
  });
}

/** What is begun right before the cursor; null where nothing is, as in code. */
function begunReference(area) {
  const { selectionStart: at, selectionEnd: end, value } = area;
  if (at !== end) return null;
  const before = value.slice(Math.max(0, at - 100), at);
  for (const kind of kinds) {
    const match = kind.begun.exec(before);
    if (match) return isCode(value.slice(0, at)) ? null : { kind, typed: match[1] };
  }
  return null;
}

/** Whether a text ends within a code span or a fenced block. */
function isCode(text) {
  const lines = text.split("\n");
  const fences = lines.filter((line) => /^ {0,3}(```|~~~)/.test(line)).length;
  const ticks = lines.at(-1).split("`").length - 1;
  return fences % 2 === 1 || ticks % 2 === 1;
}

/** Puts the list beneath that place of the text, or above it where there is more room. */
function place(list, area, at) {
  const style = getComputedStyle(area);
  const mirror = document.createElement("div");
  mirror.className = "complete-mirror";
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
