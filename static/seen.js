// "Seen up to here": once a ticket has been looked at for a while, leaving it marks what was new in it as read.

const aWhile = 3_000;

/** Sends form[data-seen], which a page has that shows something unread. */
export function noteSeen() {
  if (!document.querySelector("form[data-seen]")) return;
  let looked = 0;
  let since = document.hidden ? null : Date.now();
  const rest = () => {
    if (since !== null) looked += Date.now() - since;
    since = null;
  };
  const send = () => {
    rest();
    const form = document.querySelector("form[data-seen]");
    if (!form || looked < aWhile) return;
    // The page goes away; what it asked for does not.
    fetch(form.action, { method: "POST", keepalive: true, headers: { "Content-Type": "application/json" }, body: JSON.stringify({ change: Number(form.elements.change.value), note: Number(form.elements.note.value) }) }).catch(() => {});
  };
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) send();
    else since = Date.now();
  });
  addEventListener("pagehide", send);
}
