// Shortcuts. Those of one key can be switched off in the account (WCAG 2.1.4), are ignored while somebody types, and
// only press what stands on the page: links and buttons marked with data-key, places of the top bar, rows of lists.
import { openDialog } from "./dialog.js";
import { openPalette } from "./palette.js";

// A place is called by its key, or by the first part of its address.
const places = { w: ["wiki"], t: ["tickets", "query", "report"], r: ["roadmap"], l: ["timeline"], s: ["code", "browser"], a: ["admin"], h: ["home"] };

const lines = [
  ["Search", "/", true],
  ["Edit this page", "e", true],
  ["New ticket", "c", true],
  ["Next and previous row of a list", "j  k", true],
  ["Next and previous page, version or change", "n  p", true],
  ["Wiki, tickets, roadmap, timeline, code, admin", "g then w t r l s a", true],
  ["These keys", "?", true],
  ["Go to or do anything", "Ctrl-K", false],
  ["Save what you write", "Ctrl-Enter", false],
  ["Bold, italic, code, link while writing", "Ctrl-B  I  E  K", false],
];

/** Listens for keys, and for the button in the foot that lists them. */
export function startKeys() {
  const single = document.body.dataset.keys === "on";
  let afterG = 0;
  document.querySelector("[data-help-button]")?.addEventListener("click", () => help(single));
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || event.keyCode === 229) return;
    if (event.ctrlKey !== event.metaKey && !event.altKey && !event.shiftKey && withControl(event)) {
      event.preventDefault();
      return;
    }
    if (!single || event.ctrlKey || event.metaKey || event.altKey || types(event.target) || document.querySelector("dialog[open]")) return;
    if (event.timeStamp - afterG < 1500 && places[event.key]) {
      afterG = 0;
      if (follow(places[event.key].map((place) => `[data-place="${place}"]`).join())) event.preventDefault();
    } else if (event.key === "g") {
      afterG = event.timeStamp;
    } else if (withOneKey(event.key)) {
      event.preventDefault();
    }
  });
}

function withControl(event) {
  if (event.key === "k") {
    openPalette();
    return true;
  }
  if (event.key !== "Enter") return false;
  const button = event.target.closest?.("form[data-submit]")?.querySelector("button.main");
  button?.click();
  return Boolean(button);
}

function withOneKey(key) {
  switch (key) {
    case "?":
      help(true);
      return true;
    case "/":
      document.getElementById("find")?.select();
      document.getElementById("find")?.focus();
      return true;
    case "j":
      return moveRow(1);
    case "k":
      return moveRow(-1);
    case "n":
      return follow("[data-next]");
    case "p":
      return follow("[data-previous]");
    case "c":
      return follow('[data-key="c"]') || newTicket();
    default:
      return /^[a-z]$/.test(key) && follow(`[data-key="${key}"]`);
  }
}

function follow(selector) {
  const target = document.querySelector(selector);
  target?.click();
  return Boolean(target);
}

function newTicket() {
  const tickets = document.querySelector(places.t.map((place) => `[data-place="${place}"]`).join());
  if (tickets) location.assign(`${document.querySelector("a.home").pathname}/newticket`);
  return Boolean(tickets);
}

function moveRow(step) {
  const rows = [...document.querySelectorAll("[data-rows] > tbody:not(.group) > tr:not(.full), [data-rows] > li")];
  if (rows.length === 0) return false;
  const at = rows.findIndex((row) => row.classList.contains("chosen"));
  const next = rows[Math.max(0, Math.min(rows.length - 1, at + step))];
  rows[at]?.classList.remove("chosen");
  next.classList.add("chosen");
  const link = next.querySelector("a[href]");
  link?.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
  return true;
}

function types(target) {
  return Boolean(target.closest?.("input:not([type=checkbox], [type=radio], [type=submit], [type=button]), textarea, select, [contenteditable]"));
}

function help(single) {
  openDialog("Keyboard shortcuts", "help", (body) => {
    const table = document.createElement("table");
    table.className = "keys";
    for (const [what, keys, isSingle] of lines) {
      if (isSingle && !single) continue;
      const row = table.insertRow();
      row.insertCell().textContent = what;
      const cell = row.insertCell();
      for (const part of keys.split(/(\s+)/)) {
        if (/^\s*$/.test(part) || part === "then") cell.append(part);
        else cell.append(Object.assign(document.createElement("kbd"), { textContent: part }));
      }
    }
    const hint = document.createElement("p");
    hint.className = "muted";
    hint.textContent = single ? "Shortcuts of one key can be switched off in your account." : "Shortcuts of one key are switched off in your account.";
    body.append(table, hint);
  });
}
