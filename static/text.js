// Rendered text: copying code, reaching what scrolls by keyboard, and the outline that follows the reader.

/** Adds buttons and focus to the texts under `root`; also called on every new preview. */
export function decorateText(root) {
  for (const pre of root.querySelectorAll(".text pre, pre.code")) frameWithCopy(pre, () => codeOf(pre).replace(/\n$/, ""));
  for (const area of root.querySelectorAll("textarea[data-copy]")) frameWithCopy(area, () => area.value);
  for (const box of root.querySelectorAll("pre, .text .table-wrap, math[display=block]")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
  }
}

// Lines with numbers are blocks, between which innerText puts breaks of its own.
function codeOf(pre) {
  return pre.querySelector(".code-line") ? pre.textContent : pre.innerText;
}

function frameWithCopy(box, textOf) {
  if (box.closest(".code-frame")) return;
  const frame = document.createElement("div");
  frame.className = "code-frame";
  box.replaceWith(frame);
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    button.textContent = (await copy(textOf())) ? "Copied" : "Press Ctrl-C";
    setTimeout(() => (button.textContent = "Copy"), 2000);
  });
  frame.append(box, button);
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Plain http has no clipboard interface; the old way still works there.
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

/** Marks in the margin's outline where the reader is. */
export function outlineFollows() {
  const links = new Map();
  for (const link of document.querySelectorAll(".margin .outline a")) {
    const heading = document.getElementById(decodeURIComponent(link.hash.slice(1)));
    if (heading) links.set(heading, link);
  }
  if (links.size === 0) return;
  const headings = [...links.keys()];
  let waiting = false;
  const mark = () => {
    waiting = false;
    const passed = headings.filter((heading) => heading.getBoundingClientRect().top < 120);
    const here = passed.at(-1);
    for (const [heading, link] of links) link.classList.toggle("here", heading === here);
  };
  const later = () => {
    if (!waiting) requestAnimationFrame(mark);
    waiting = true;
  };
  addEventListener("scroll", later, { passive: true });
  mark();
}
