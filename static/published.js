// The search of an export that lies on a disk. The scripts in `words/` call trackwayPages with rows of address, title and
// words: a page from a disk may load scripts, and fetch nothing.
(() => {
  const MOST = 100;
  const AROUND = 90;
  const pages = [];
  const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

  window.trackwayPages = (rows) => {
    for (const [href, title, words] of rows) pages.push({ href, title, words, plainTitle: plain(title), plainWords: plain(words) });
  };

  const found = (query) => {
    const asked = plain(query).split(/\s+/).filter(Boolean);
    if (asked.length === 0) return [];
    const hits = [];
    for (const page of pages) {
      let score = 0;
      for (const word of asked) {
        const inTitle = page.plainTitle.includes(word);
        if (!inTitle && !page.plainWords.includes(word)) {
          score = 0;
          break;
        }
        score += inTitle ? 3 : 1;
      }
      if (score > 0) hits.push({ page, score });
    }
    return hits.sort((one, other) => other.score - one.score).map((hit) => hit.page);
  };

  const excerpt = (page, query) => {
    const first = plain(query).split(/\s+/).find((word) => page.plainWords.includes(word));
    const at = Math.max(0, first ? page.plainWords.indexOf(first) - AROUND : 0);
    const text = page.words.slice(at, at + 2 * AROUND);
    return `${at > 0 ? "… " : ""}${text}${at + 2 * AROUND < page.words.length ? " …" : ""}`;
  };

  const element = (name, text, properties = {}) => Object.assign(document.createElement(name), { textContent: text }, properties);

  const show = (query) => {
    const hits = found(query);
    const said = hits.length === 1 ? "1 page" : `${hits.length} pages`;
    const list = element("ol", "", { className: "published-found" });
    for (const page of hits.slice(0, MOST)) {
      const item = document.createElement("li");
      item.append(element("a", page.title, { href: page.href }), element("p", excerpt(page, query), { className: "muted" }));
      list.append(item);
    }
    const count = element("p", query.trim() ? `${said} found.` : "Type the words to look for in the box above.");
    count.setAttribute("role", "status");
    document.getElementById("found").replaceChildren(count, list);
  };

  addEventListener("DOMContentLoaded", () => {
    const box = document.getElementById("find");
    box.value = new URLSearchParams(location.search).get("q") ?? "";
    box.addEventListener("input", () => show(box.value));
    box.form.addEventListener("submit", (event) => {
      event.preventDefault();
      show(box.value);
    });
    show(box.value);
  });
})();
