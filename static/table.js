// Tables of a text: Tab and Enter go from cell to cell and make new ones, and a button puts the columns in line.

const isRow = (line) => /^\s*\|/.test(line);
const isRule = (line) => /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/.test(line) && line.includes("-");

/**
 * Keys within a table. `insert(area, text)` puts a text in place of the selection; `say` speaks in the status line. After
 * Escape, Tab leaves the text as everywhere.
 */
export function tableKeys(area, insert, say) {
  let leaves = false;
  let told = false;
  area.addEventListener("keydown", (event) => {
    if (event.isComposing || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") leaves = true;
    else if (event.key !== "Tab" && event.key !== "Shift") leaves = false;
    const moves = (event.key === "Tab" && !leaves) || (event.key === "Enter" && !event.shiftKey);
    if (!moves || area.selectionStart !== area.selectionEnd || !rowAt(area)) return;
    const done = event.key === "Enter" ? newRow(area, insert) : step(area, event.shiftKey ? -1 : 1, insert);
    if (!done) return;
    event.preventDefault();
    if (event.key === "Tab" && !told) say("In a table Tab goes from cell to cell. Escape and then Tab leaves the text.");
    told ||= event.key === "Tab";
  });
}

/** Puts the columns of the table at the cursor in line; says so where there is none. */
export function alignTable(area, insert, say) {
  const table = tableAt(area);
  if (!table) {
    say("Put the cursor into a table first.");
    return;
  }
  const rows = table.lines.map(cellsOf);
  const width = Math.max(...rows.map((cells) => cells.length));
  const rules = table.lines.map((line) => isRule(line));
  const measure = (at) => Math.max(3, ...rows.map((cells, row) => (rules[row] ? 0 : [...(cells[at] ?? "")].length)));
  const widths = Array.from({ length: width }, (_, at) => measure(at));
  const aligned = rows.map((cells, row) => `| ${widths.map((length, at) => (rules[row] ? ruled(cells[at] ?? "", length) : padded(cells[at] ?? "", length))).join(" | ")} |`);
  area.setSelectionRange(table.from, table.to);
  insert(area, aligned.join("\n"));
}

function padded(cell, length) {
  return cell + " ".repeat(length - [...cell].length);
}

function ruled(cell, length) {
  const left = cell.startsWith(":");
  const right = cell.endsWith(":") && cell.length > 1;
  return (left ? ":" : "") + "-".repeat(length - Number(left) - Number(right)) + (right ? ":" : "");
}

/** The cells of a row without the blanks around them; an escaped pipe is part of its cell. */
function cellsOf(line) {
  const inner = line.trim().replace(/^\|/, "").replace(/(^|[^\\])\|$/, "$1");
  return inner.split(/(?<!\\)\|/).map((cell) => cell.trim());
}

function lineAt(value, at) {
  const from = value.lastIndexOf("\n", at - 1) + 1;
  const end = value.indexOf("\n", at);
  return { from, to: end === -1 ? value.length : end };
}

/** The row of a table in which the cursor stands. */
function rowAt(area) {
  const { from, to } = lineAt(area.value, area.selectionStart);
  const text = area.value.slice(from, to);
  return isRow(text) && tableAt(area) ? { from, to, text } : null;
}

function tableAt({ value, selectionStart }) {
  let { from, to } = lineAt(value, selectionStart);
  if (!isRow(value.slice(from, to))) return null;
  for (let above = lineAt(value, from - 1); from > 0 && isRow(value.slice(above.from, above.to)); above = lineAt(value, from - 1)) from = above.from;
  while (to < value.length) {
    const below = lineAt(value, to + 1);
    if (!isRow(value.slice(below.from, below.to))) break;
    to = below.to;
  }
  const lines = value.slice(from, to).split("\n");
  return lines.length > 1 && isRule(lines[1]) ? { from, to, lines } : null;
}

/** Where the pipes of a line stand that part cells. */
function pipes(text) {
  return [...text.matchAll(/(?<!\\)\|/g)].map(({ index }) => index);
}

/** Goes to the next or previous cell; past the last one a row is added. */
function step(area, by, insert) {
  const row = rowAt(area);
  const places = pipes(row.text);
  const here = places.filter((at) => row.from + at < area.selectionStart).length - 1;
  const cells = places.length - (row.text.trimEnd().endsWith("|") ? 1 : 0);
  const next = here + by;
  if (next >= 0 && next < cells) return select(area, row, next);
  const other = by > 0 ? lineAt(area.value, row.to + 1) : lineAt(area.value, row.from - 1);
  const text = area.value.slice(other.from, other.to);
  if ((by > 0 && row.to === area.value.length) || !isRow(text)) return by > 0 && newRow(area, insert);
  if (isRule(text)) {
    area.setSelectionRange(other.from, other.from);
    const beyond = by > 0 ? lineAt(area.value, other.to + 1) : lineAt(area.value, other.from - 1);
    const line = area.value.slice(beyond.from, beyond.to);
    if ((by > 0 && other.to === area.value.length) || !isRow(line)) return by > 0 && newRow(area, insert);
    return select(area, { ...beyond, text: line }, by > 0 ? 0 : cellsOf(line).length - 1);
  }
  return select(area, { ...other, text }, by > 0 ? 0 : cellsOf(text).length - 1);
}

function select(area, row, cell) {
  const places = pipes(row.text);
  const begin = places[cell] + 1;
  const end = places[cell + 1] ?? row.text.length;
  const inner = row.text.slice(begin, end);
  const lead = inner.length - inner.trimStart().length;
  const words = inner.trim();
  const from = row.from + begin + (words ? lead : Math.min(1, inner.length));
  area.setSelectionRange(from, from + words.length);
  return true;
}

/** A new row beneath this one; on an empty row the table ends. */
function newRow(area, insert) {
  const row = rowAt(area);
  if (!row) return false;
  const cells = cellsOf(row.text);
  if (!isRule(row.text) && cells.every((cell) => cell === "")) {
    area.setSelectionRange(row.from, row.to);
    insert(area, "\n");
    return true;
  }
  // Beneath the head, the row comes after the rule.
  const below = lineAt(area.value, row.to + 1);
  const end = row.to < area.value.length && isRule(area.value.slice(below.from, below.to)) && isRow(area.value.slice(below.from, below.to)) ? below.to : row.to;
  area.setSelectionRange(end, end);
  insert(area, `\n|${"   |".repeat(cells.length)}`);
  area.setSelectionRange(end + 3, end + 3);
  return true;
}
