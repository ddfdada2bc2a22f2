// Discussions at the text of a page: a passage that is selected and a heading that is pointed at can be discussed, and open
// discussions are marked in the margin where they belong. Without scripts they are listed below the text, and a passage is
// pasted into the form.

// Not part of what somebody wrote; the server knows nothing of it either.
const extras = "a.anchor, a.pencil, button, .footnote-reference, .thread-mark, .thread-begin";
const context = 100;
const longest = 1000;

/** Brings article[data-discuss] (may be discussed) and [data-marks] (the list of what is) to life. */
export function startDiscussion(article) {
  const list = document.querySelector("[data-marks]");
  const place = () => {
    watcher.disconnect();
    clear(article);
    if (article.dataset.discuss) offerAtHeadings(article);
    if (list) markAll(article, list);
    for (const root of [article, list]) if (root) watcher.observe(root, { childList: true });
  };
  const watcher = new MutationObserver(place);
  place();
  if (article.dataset.discuss) offerAtSelection(article);
}

function clear(article) {
  for (const old of article.querySelectorAll(".thread-mark, .thread-begin")) old.remove();
  globalThis.CSS?.highlights?.delete("discussed");
}

function offerAtHeadings(article) {
  for (const heading of article.querySelectorAll(":is(h1, h2, h3, h4, h5, h6)[id]")) {
    const link = document.createElement("a");
    link.className = "thread-begin";
    link.href = `${article.dataset.discuss}&heading=${encodeURIComponent(heading.id)}#edit`;
    link.textContent = "discuss";
    const words = clean(written(heading.cloneNode(true)).textContent);
    link.setAttribute("aria-label", `Discuss “${words}”`);
    // Whoever goes from heading to heading hears what stood there before.
    heading.setAttribute("aria-label", words);
    heading.append(link);
  }
}

function markAll(article, list) {
  const links = [...list.querySelectorAll("a[data-mark]")];
  if (links.length === 0) return;
  const text = lettersOf(article);
  const ranges = [];
  for (const link of links) {
    const { heading, words, before, after } = link.dataset;
    const range = words === undefined ? null : find(text, words, before, after);
    const block = range ? blockOf(range.startContainer, article) : heading === undefined ? null : document.getElementById(heading);
    if (!block || !article.contains(block)) continue;
    if (range) ranges.push(range);
    block.append(markOf(link));
  }
  if (globalThis.Highlight && globalThis.CSS?.highlights && ranges.length > 0) CSS.highlights.set("discussed", new Highlight(...ranges));
}

function markOf(link) {
  const mark = document.createElement("a");
  mark.className = "thread-mark";
  mark.href = link.href;
  mark.title = link.closest("li").textContent.trim().replace(/\s+/g, " ");
  mark.setAttribute("aria-label", `Open discussion: ${mark.title}`);
  mark.innerHTML = '<svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false"><path d="M2 3h12v8H7.5L4.5 13.75V11H2z"/></svg>';
  return mark;
}

/** The letters and digits of a text as they are compared, each with where it stands. */
function lettersOf(root) {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT, (node) => (node.parentElement.closest(extras) ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT));
  const places = [];
  let letters = "";
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    let at = 0;
    for (const character of node.data) {
      const compared = plain(character);
      for (let each = 0; each < compared.length; each++) places.push([node, at, character.length]);
      letters += compared;
      at += character.length;
    }
  }
  return { letters, places };
}

/** Letter by letter: what a word's last letter becomes must not depend on where the word ends. */
function plain(text) {
  return [...text.replace(/[^\p{Alphabetic}\p{N}]/gu, "")].map((letter) => letter.toLowerCase()).join("");
}

/** Where those words stand; of several places the one whose surroundings fit best. */
function find({ letters, places }, words, before, after) {
  const [wanted, left, right] = [words, before, after].map(plain);
  if (!wanted) return null;
  let best = null;
  for (let at = letters.indexOf(wanted); at >= 0; at = letters.indexOf(wanted, at + 1)) {
    const fits = common(reversed(letters.slice(Math.max(0, at - left.length), at)), reversed(left)) + common(letters.slice(at + wanted.length, at + wanted.length + right.length), right);
    if (!best || fits > best.fits) best = { at, fits };
  }
  if (!best) return null;
  const [from, fromAt] = places[best.at];
  const [to, toAt, length] = places[best.at + wanted.length - 1];
  const range = new Range();
  range.setStart(from, fromAt);
  range.setEnd(to, toAt + length);
  return range;
}

const reversed = (text) => [...text].reverse().join("");

function common(one, other) {
  let count = 0;
  while (count < one.length && one[count] === other[count]) count++;
  return count;
}

function blockOf(node, article) {
  const block = node.parentElement.closest("p, li, td, th, dd, dt, blockquote, pre, h1, h2, h3, h4, h5, h6, figure, div");
  return block && article.contains(block) && block !== article ? block : null;
}

/** A button beside whatever is selected in the text. */
function offerAtSelection(article) {
  const button = Object.assign(document.createElement("button"), { type: "button", className: "thread-quote-button", textContent: "Discuss this", hidden: true });
  article.after(button);
  const show = () => {
    const selection = getSelection();
    const range = selection.rangeCount > 0 && !selection.isCollapsed ? selection.getRangeAt(0) : null;
    button.hidden = !range || !article.contains(range.commonAncestorContainer) || !plain(range.toString());
    if (button.hidden) return;
    const place = range.getBoundingClientRect();
    const frame = article.closest("main").getBoundingClientRect();
    button.style.setProperty("top", `${place.bottom - frame.top + 6}px`);
    button.style.setProperty("left", `${Math.max(0, Math.min(place.left - frame.left, frame.width - button.offsetWidth))}px`);
  };
  document.addEventListener("selectionchange", show);
  addEventListener("resize", show);
  // Pressing it must not take the selection away first.
  button.addEventListener("pointerdown", (event) => event.preventDefault());
  button.addEventListener("click", () => {
    const range = getSelection().getRangeAt(0);
    const address = new URL(article.dataset.discuss, location.href);
    address.searchParams.set("quote", clean(wordsOf(range)).slice(0, longest));
    const [before, after] = [new Range(), new Range()];
    before.setStart(article, 0);
    before.setEnd(range.startContainer, range.startOffset);
    after.setStart(range.endContainer, range.endOffset);
    after.setEnd(article, article.childNodes.length);
    address.searchParams.set("quote_before", clean(wordsOf(before)).slice(-context));
    address.searchParams.set("quote_after", clean(wordsOf(after)).slice(0, context));
    address.hash = "edit";
    location.assign(address);
  });
}

/** The words of what is selected. */
function wordsOf(range) {
  const copy = written(range.cloneContents());
  for (const end of copy.querySelectorAll("p, li, tr, h1, h2, h3, h4, h5, h6, br, pre, td, th, dt, dd")) end.after(" ");
  return copy.textContent;
}

/** A copy of a part of the text without what nobody wrote. */
function written(copy) {
  for (const extra of copy.querySelectorAll(extras)) extra.remove();
  return copy;
}

const clean = (text) => text.replace(/\s+/g, " ").trim();
