// Who else has this page open for writing: the editor says from time to time that it is still there, and hears of others.

const often = 20_000;

/** Starts for a form with data-presence; the sentence stands in [data-others], which the page has in any case. */
export function noticeOthers(form) {
  const address = form.dataset.presence;
  const note = document.querySelector("[data-others]");
  if (!address || !note) return;
  const words = note.querySelector("[data-others-words]");
  const body = (more) => new URLSearchParams({ __FORM_TOKEN: form.elements.__FORM_TOKEN.value, ...more });
  const ask = async () => {
    if (document.hidden) return;
    try {
      const answer = await fetch(address, { method: "POST", body: body({}), headers: { Accept: "application/json" } });
      if (!answer.ok || answer.redirected) return;
      const { others } = await answer.json();
      if (words.textContent !== (others ?? "")) words.textContent = others ?? "";
      note.hidden = !others;
    } catch {
      // The server is away: the text can be written all the same.
    }
  };
  ask();
  setInterval(ask, often);
  document.addEventListener("visibilitychange", ask);
  addEventListener("pagehide", () => navigator.sendBeacon(address, body({ gone: "1" })));
}
