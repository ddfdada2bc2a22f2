// Lines of a file: `#L10-L20` marks a range, a click with Shift makes one. A single line is marked by the style sheet.

/** Marks the lines that the address names, now and whenever it changes. */
export function startSource(source) {
  mark(source);
  window.addEventListener("hashchange", () => mark(source));
  source.addEventListener("click", (event) => {
    const line = event.target.closest?.(".line > a")?.parentElement;
    const begin = range()?.[0];
    if (!line || !event.shiftKey || !begin) return;
    event.preventDefault();
    const end = Number(line.id.slice(1));
    location.hash = `L${Math.min(begin, end)}-L${Math.max(begin, end)}`;
  });
}

/** A document has no lines: an address that names some leads to its source. */
export function leadToSource(way) {
  if (range()) location.replace(way.href + location.hash);
}

function range() {
  const found = /^#L(\d+)(?:-L?(\d+))?$/.exec(location.hash);
  return found && [Number(found[1]), Number(found[2] ?? found[1])];
}

function mark(source) {
  const [first, last] = range() ?? [0, -1];
  if (!first) return;
  for (const line of source.querySelectorAll(".marked")) line.classList.remove("marked");
  for (let number = first; number <= last; number += 1) {
    const line = document.getElementById(`L${number}`);
    if (!line) break;
    line.classList.add("marked");
  }
  document.getElementById(`L${first}`)?.scrollIntoView({ block: "center" });
}
