// Writing: a bar of buttons, keys for them, and lists that go on by themselves. Tab leaves the text, as everywhere.
import { completeReferences } from "./complete.js";
import { keepDraft } from "./drafts.js";
import { noticeOthers } from "./presence.js";
import { livePreview } from "./preview.js";
import { alignTable, tableKeys } from "./table.js";
import { acceptFiles } from "./upload.js";

const actions = [
  { name: "Bold", sign: "B", key: "b", around: ["**", "**"], sample: "bold" },
  { name: "Italic", sign: "I", key: "i", around: ["*", "*"], sample: "italic" },
  { name: "Code", sign: "‹›", key: "e", around: ["`", "`"], sample: "code" },
  { name: "Link to a page", sign: "[[ ]]", key: "k", around: ["[[", "]]"], sample: "Page" },
  { name: "Heading", sign: "H", before: "## " },
  { name: "List", sign: "•", before: "- " },
  { name: "Numbered list", sign: "1.", before: "1. " },
  { name: "Task", sign: "☐", before: "- [ ] " },
  { name: "Quotation", sign: "”", before: "> " },
  { name: "Code block", sign: "{ }", fence: ["```\n", "\n```"], sample: "code" },
  { name: "Image", sign: "▣", fence: ["[[Image(", ")]]"], sample: "picture.png" },
  { name: "Rule", sign: "—", block: "---\n\n" },
  { name: "New paragraph", sign: "¶", text: "\n\n" },
  { name: "Line break", sign: "↵", text: "\\\n" },
  { name: "Table", sign: "▦", block: "| Column | Column |\n|---|---|\n| text | text |\n" },
  { name: "Align the table", sign: "⇔", act: alignTable },
];

/** Brings a form[data-editor] to life: the editor of a page. */
export function startEditor(form) {
  const { area, say } = startWriting(form, form);
  const preview = livePreview(form, area, say);
  keepDraft(form, area, say, preview);
  noticeOthers(form);
}

/** Brings one text to life: its bar, its keys, its lists, and files dropped on it. `box` holds nothing else to write in. */
export function startWriting(box, form) {
  const area = box.querySelector("textarea");
  const status = box.querySelector("[data-editor-status]");
  const say = (text) => (status.textContent = text);
  buildBar(box.querySelector("[data-toolbar]"), area, say);
  // Its keys come before those of the text: Enter chooses a name before it goes on with a list.
  completeReferences(area, insert);
  area.addEventListener("keydown", (event) => {
    if (event.isComposing || event.defaultPrevented) return;
    if (event.ctrlKey !== event.metaKey && !event.altKey && !event.shiftKey) {
      const action = actions.find(({ key }) => key === event.key);
      if (action) {
        event.preventDefault();
        apply(action, area, say);
      }
    } else if (event.key === "Enter" && !event.shiftKey && continueList(area)) {
      event.preventDefault();
    }
  });
  tableKeys(area, insert, say);
  if (form.dataset.upload) acceptFiles(form, area, say, (text) => insert(area, text));
  return { area, say };
}

/** Puts `text` in place of the selection, so that undo knows of it. */
export function insert(area, text) {
  area.focus();
  if (!document.execCommand("insertText", false, text)) {
    area.setRangeText(text, area.selectionStart, area.selectionEnd, "end");
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

function buildBar(bar, area, say) {
  const buttons = actions.map((action, at) => {
    const button = Object.assign(document.createElement("button"), { type: "button", title: action.key ? `${action.name} (Ctrl-${action.key.toUpperCase()})` : action.name });
    const sign = Object.assign(document.createElement("span"), { textContent: action.sign, ariaHidden: "true" });
    button.append(sign, Object.assign(document.createElement("span"), { textContent: action.name, className: "unseen" }));
    button.tabIndex = at === 0 ? 0 : -1;
    button.addEventListener("click", () => apply(action, area, say));
    return button;
  });
  bar.append(...buttons);
  bar.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const at = buttons.indexOf(document.activeElement);
    const next = buttons[(at + step + buttons.length) % buttons.length];
    buttons[at].tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
    event.preventDefault();
  });
}

function apply(action, area, say) {
  const { selectionStart: start, selectionEnd: end, value } = area;
  if (action.act) {
    action.act(area, insert, say);
  } else if (action.text) {
    insert(area, action.text);
  } else if (action.fence) {
    const [open, shut] = action.fence;
    const inner = value.slice(start, end) || action.sample;
    const gap = gapBefore(value, start);
    insert(area, `${gap}${open}${inner}${shut}\n`);
    const from = start + gap.length + open.length;
    area.setSelectionRange(from, from + inner.length);
  } else if (action.around) {
    const [open, shut] = action.around;
    const inner = value.slice(start, end) || action.sample;
    insert(area, open + inner + shut);
    area.setSelectionRange(start + open.length, start + open.length + inner.length);
  } else if (action.block) {
    insert(area, gapBefore(value, start) + action.block);
  } else {
    const from = value.lastIndexOf("\n", start - 1) + 1;
    const chosen = value.slice(from, end);
    area.setSelectionRange(from, end);
    insert(area, chosen.split("\n").map((line) => action.before + line).join("\n"));
  }
}

/** What parts a block from the words before it. */
function gapBefore(value, start) {
  const before = value.slice(0, start);
  if (before === "" || before.endsWith("\n\n")) return "";
  return before.endsWith("\n") ? "\n" : "\n\n";
}

function continueList(area) {
  const { selectionStart: at, selectionEnd: end, value } = area;
  if (at !== end) return false;
  const from = value.lastIndexOf("\n", at - 1) + 1;
  const match = /^(\s*)(?:([-*+] )(\[[ xX]\] )?|(\d{1,9})([.)] )|(> ?))/.exec(value.slice(from, at));
  if (!match) return false;
  const [marker, blanks, bullet, box, number, dot, quote] = match;
  if (value.slice(from, at) === marker) {
    area.setSelectionRange(from, at);
    insert(area, "\n");
    return true;
  }
  const next = number ? `${Number(number) + 1}${dot}` : quote ? quote : bullet + (box ? "[ ] " : "");
  insert(area, `\n${blanks}${next}`);
  return true;
}
