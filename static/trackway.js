// What scripts add to a page. Every page is complete without them; each module looks for the marks (data-…) that a
// template leaves and does nothing where there are none.
import { menus, themeButton } from "./frame.js";
import { decorateText, outlineFollows } from "./text.js";
import { startKeys } from "./keys.js";
import { completeSearch } from "./suggest.js";
import { findComment } from "./comments.js";
import { rememberRegions } from "./regions.js";
import { startLive } from "./live.js";
import { noteSeen } from "./seen.js";
import { tickTasks } from "./tasks.js";
import { growTrees } from "./tree.js";

rememberRegions();
menus();
themeButton();
completeSearch();
startKeys();
decorateText(document);
outlineFollows();
findComment();
startLive();
noteSeen();
tickTasks();
growTrees();

const form = document.querySelector("form[data-editor]");
if (form) {
  const { startEditor } = await import("./editor.js");
  startEditor(form);
} else {
  const { forgetSavedDraft } = await import("./drafts.js");
  forgetSavedDraft();
  const written = document.querySelector("form[data-ticket-form], form[data-comment-form]");
  if (written) {
    const { startForm } = await import("./ticket.js");
    startForm(written);
  }
}
const discussed = document.querySelector("article[data-discuss], [data-marks]:has(a)") && document.querySelector("article#text");
if (discussed) {
  const { startDiscussion } = await import("./discussion.js");
  startDiscussion(discussed);
}
const lines = document.querySelector("form[data-lines]");
if (lines) {
  const { leadToLines } = await import("./lines.js");
  leadToLines(lines);
}
const completed = document.querySelector("textarea[data-complete]");
if (completed) {
  const [{ insert }, { completeReferences }] = await Promise.all([import("./editor.js"), import("./complete.js")]);
  completeReferences(completed, insert);
}
const query = document.querySelector("form[data-query]");
if (query) {
  const { startQuery } = await import("./query.js");
  startQuery(query);
}
const search = document.querySelector("form[data-search]");
if (search) {
  const { searchAsYouGo } = await import("./search.js");
  searchAsYouGo(search);
}
const source = document.querySelector("pre.source");
const toSource = document.querySelector("a[data-source]:not([aria-current])");
if (source || toSource) {
  const { startSource, leadToSource } = await import("./source.js");
  if (source) startSource(source);
  else leadToSource(toSource);
}
if (document.querySelector("pre.language-mermaid")) {
  const { drawDiagrams } = await import("./diagrams.js");
  drawDiagrams(document);
}
const waiting = document.querySelector("[data-waiting]");
if (waiting) {
  const { startWaiting } = await import("./waiting.js");
  startWaiting(waiting);
}
const compare = document.querySelector("form[data-paths]");
if (compare) {
  const { offerPaths } = await import("./paths.js");
  offerPaths(compare);
}
const board = document.querySelector("[data-board]");
if (board) {
  const { startBoard } = await import("./board.js");
  startBoard(board);
}
