// A link to #comment:37 or #note:5 of a ticket whose conversation has several pages, or to what was said of a ticket that was
// merged into it: goes to the page that has it.

/** Follows the fragment of the address, now and whenever it changes. */
export function findComment() {
  const pages = document.querySelector("[data-comments]");
  if (!pages) return;
  const go = () => {
    const place = /^#(comment|note):(\d+)(?::ticket:(\d+))?$/.exec(decodeURIComponent(location.hash));
    if (!place || document.getElementById(place[0].slice(1))) return;
    const [fragment, kind, number, ticket] = place;
    const address = kind === "comment" && !ticket ? ofComment(pages, Number(number)) : asked(kind, number, ticket);
    if (address) location.replace(address + fragment);
  };
  addEventListener("hashchange", go);
  go();
}

/** The page of a comment, which follows from its number. */
function ofComment(pages, number) {
  const links = [...pages.querySelectorAll("a[data-from]")];
  return links.find((link) => Number(link.dataset.from) <= number && number <= Number(link.dataset.to))?.href;
}

/** The address that asks the server for the page; none if it was asked already, and there is nothing. */
function asked(kind, number, ticket) {
  const query = new URLSearchParams(location.search);
  if (ticket ? query.get("merged") === ticket : query.get(kind) === number) return null;
  const path = ticket ? location.pathname.replace(/\d+$/, ticket) : location.pathname;
  return `${path}?${kind}=${number}`;
}
