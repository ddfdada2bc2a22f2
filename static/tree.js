// The tree of pages beside the text: a branch fetches what is below it when it is opened for the first time.

const kept = "trackway.tree";

/** Brings every details[data-tree] to life; the one beside a page stays as the reader left it. */
export function growTrees() {
  document.addEventListener("toggle", (event) => {
    const branch = event.target;
    if (!branch.matches?.("details[data-tree]")) return;
    if (branch.hasAttribute("data-around")) localStorage.setItem(kept, branch.open ? "open" : "");
    if (branch.open) grow(branch);
  }, true);
  const beside = document.querySelector("details[data-around]");
  if (beside && localStorage.getItem(kept)) beside.open = true;
}

async function grow(branch) {
  if (branch.dataset.grown) return;
  branch.dataset.grown = "1";
  const address = `${branch.dataset.tree}?${branch.hasAttribute("data-around") ? "around" : "fragment"}=1`;
  try {
    const answer = await fetch(address, { headers: { Accept: "text/html" } });
    if (!answer.ok) throw new Error(answer.statusText);
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    branch.querySelector("p")?.remove();
    branch.append(...fresh.body.childNodes);
  } catch {
    // The link to the same pages stays.
    delete branch.dataset.grown;
  }
}
