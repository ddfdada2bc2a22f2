// A text that is told of by its lines: a link to a line selects it where it is written.

/** form[data-lines] names the textarea; the links are a[data-line]. */
export function leadToLines(form) {
  const area = document.getElementById(form.dataset.lines);
  form.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-line]");
    if (!link) return;
    event.preventDefault();
    const lines = area.value.split("\n");
    const at = Number(link.dataset.line) - 1;
    const start = lines.slice(0, at).reduce((length, line) => length + line.length + 1, 0);
    area.focus();
    area.setSelectionRange(start, start + (lines[at] ?? "").length);
    area.scrollTop = Math.max(0, (at - 4) * parseFloat(getComputedStyle(area).lineHeight));
  });
}
