// Regions: the parts of a page (data-live-region) that are put in their place anew when the server has something newer.
// Whoever has the focus, a selection or something typed in one is asked first. Forms to write in stand in no region.
import { decorateText } from "./text.js";

const served = new Map();
const rows = ":scope > ol > li, :scope > [data-rows] > li, :scope > * > [data-rows] > *, :scope table[data-rows] > tbody > tr, :scope > .milestones > *, :scope .cards > .card";
let said = null;

/** Keeps what the server sent; call before anything is added to it. */
export function rememberRegions() {
  for (const region of regionsOf(document)) served.set(region.dataset.liveRegion, plain(region));
}

/** Puts the regions of `fresh`, a newer state of this page, in place where they differ. */
export function placeRegions(fresh, { asks = true, tells = true } = {}) {
  // Who was signed out meanwhile keeps what they have.
  if (!fresh.querySelector("a.sign-in") !== !document.querySelector("a.sign-in")) return;
  const news = [];
  for (const region of regionsOf(document)) {
    const newer = [...regionsOf(fresh)].find((one) => one.dataset.liveRegion === region.dataset.liveRegion);
    if (!newer || plain(newer) === served.get(region.dataset.liveRegion)) continue;
    if (asks && isBusy(region)) ask(region, newer);
    else news.push(swap(region, newer, tells));
  }
  const words = news.filter(Boolean).join(", ");
  if (tells && words) say(`New: ${words}`);
}

/** Says so where the page is no more. */
export function tellGone() {
  if (document.querySelector(".live-gone")) return;
  const note = Object.assign(document.createElement("p"), { className: "note live-gone", role: "status", textContent: "What this page shows has been removed, or is no longer yours to see." });
  document.querySelector("main").prepend(note);
}

/** Beside an editor: what it shows is no longer the newest version. */
export function tellMeanwhile(change, version) {
  if (!change || !version || Number(change.dataset.version) <= Number(version.value)) return;
  document.querySelector(".live-meanwhile")?.remove();
  const note = Object.assign(document.createElement("p"), { className: "note warnings live-meanwhile", role: "status" });
  const words = document.createElement("span");
  words.append("This page was changed meanwhile: ", ...document.importNode(change, true).childNodes, ". Save as ever: what both of you changed is brought together, and nothing is lost.");
  note.append(words);
  version.form.querySelector(".editor-foot").prepend(note);
}

/** For those who hear the page. */
export function say(text) {
  if (!said) {
    said = Object.assign(document.createElement("p"), { className: "unseen", role: "status" });
    document.querySelector("main").append(said);
  }
  said.textContent = text;
}

const regionsOf = (root) => root.querySelectorAll("[data-live-region]");

/** What counts as the same: "3 minutes ago" and the tokens of forms always differ. */
function plain(element) {
  const copy = element.cloneNode(true);
  for (const time of copy.querySelectorAll("time")) time.textContent = "";
  for (const hidden of copy.querySelectorAll("input[type=hidden]")) hidden.remove();
  return copy.innerHTML;
}

function isBusy(region) {
  if (region.contains(document.activeElement) || region.querySelector("dialog[open]")) return true;
  const selection = getSelection();
  if (selection && !selection.isCollapsed && selection.containsNode(region, true)) return true;
  // Nobody shall press a button that has just become another one.
  if (region.querySelector("form") && region.matches(":hover")) return true;
  return [...region.querySelectorAll("input:not([type=hidden]), textarea")].some((field) => field.value !== field.defaultValue || field.checked !== field.defaultChecked);
}

/** A line that shows what is new when it is pressed. */
function ask(region, newer) {
  region.previousElementSibling?.matches(".live-note") && region.previousElementSibling.remove();
  if (region.querySelector("form")) {
    setTimeout(() => (isBusy(region) ? ask(region, newer) : swap(region, newer)), 1000);
    return;
  }
  const note = Object.assign(document.createElement("p"), { className: "note live-note", role: "status" });
  const button = Object.assign(document.createElement("button"), { type: "button", className: "linkish", textContent: `New: ${wording(region, newRows(region, newer).length) || "text"} – show` });
  button.addEventListener("click", () => swap(region, newer));
  note.append(button);
  region.before(note);
}

/** Returns what is to be said of it. */
function swap(region, newer, marks = true) {
  const name = region.dataset.liveRegion;
  const before = new Set([...partsOf(region)].map(plain));
  const count = newRows(region, newer).length;
  const open = [...region.querySelectorAll("details")].map((fold) => fold.open);
  served.set(name, plain(newer));
  if (region.previousElementSibling?.matches(".live-note")) region.previousElementSibling.remove();
  steadily(() => {
    region.replaceChildren(...document.importNode(newer, true).childNodes);
    [...region.querySelectorAll("details")].forEach((fold, at) => (fold.open = open[at] ?? fold.open));
    decorateText(region);
  });
  if (marks) for (const part of partsOf(region)) part.classList.toggle("live-new", !before.has(plain(part)));
  return wording(region, count);
}

function partsOf(region) {
  const found = region.querySelectorAll(rows);
  return found.length > 0 ? found : region.children;
}

/** A row is known by its number, or by where its first link leads. */
function newRows(region, newer) {
  const key = (row) => row.id || row.querySelector("a[href]")?.getAttribute("href") || row.textContent;
  const known = new Set([...region.querySelectorAll(rows)].map(key));
  return [...newer.querySelectorAll(rows)].filter((row) => !known.has(key(row)));
}

function wording({ dataset }, count) {
  if (count === 0 || !dataset.liveRows) return dataset.liveSays ?? "";
  return `${count} ${dataset.liveRows}${count === 1 ? "" : "s"}`;
}

/** What is being read or written stays where it is on the screen. */
function steadily(change) {
  const top = (element) => element.getBoundingClientRect().top;
  const focus = document.activeElement?.closest("main [id]");
  const isSeen = (element) => element && top(element) >= 0 && top(element) < innerHeight;
  const mark = scrollY === 0 ? null : isSeen(focus) ? focus : [...document.querySelectorAll("main [id]")].find(isSeen);
  const at = mark && top(mark);
  change();
  const now = mark && document.getElementById(mark.id);
  if (now) scrollBy({ top: top(now) - at, behavior: "instant" });
}
