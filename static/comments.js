// A link to #comment:37 of a ticket whose conversation has several pages: goes to the page that has it.

/** Follows the fragment of the address, now and whenever it changes. */
export function findComment() {
  const pages = document.querySelector("[data-comments]");
  if (!pages) return;
  const go = () => {
    const number = Number(/^#comment:(\d+)$/.exec(location.hash)?.[1]);
    if (!number || document.getElementById(`comment:${number}`)) return;
    const page = [...pages.querySelectorAll("a[data-from]")].find(
      (link) => Number(link.dataset.from) <= number && number <= Number(link.dataset.to),
    );
    if (page) location.replace(`${page.href}#comment:${number}`);
  };
  addEventListener("hashchange", go);
  go();
}
