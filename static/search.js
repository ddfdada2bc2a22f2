// The search page finds while somebody types: the results are put in place, and the address follows.
import { placeRegions, say } from "./regions.js";

/** Brings form[data-search] to life. */
export function searchAsYouGo(form) {
  const input = form.elements.q;
  let timer = 0;
  let asking = null;
  let shown = input.value.trim();

  const ask = async () => {
    const words = input.value.trim();
    if (words === shown) return;
    asking?.abort();
    asking = new AbortController();
    const { signal } = asking;
    const address = `${location.pathname}?q=${encodeURIComponent(words)}`;
    try {
      // What reads as a link is followed only when it is sent.
      const answer = await fetch(`${address}&noquickjump=1`, { signal, headers: { Accept: "text/html" } });
      const text = await answer.text();
      if (signal.aborted || answer.redirected || ![200, 400].includes(answer.status)) return;
      const fresh = new DOMParser().parseFromString(text, "text/html");
      shown = words;
      placeRegions(fresh, { asks: false, tells: false });
      document.title = fresh.title;
      document.getElementById("find").value = words;
      history.replaceState(null, "", address);
      say(fresh.querySelector(".found p")?.textContent ?? "");
    } catch {
      // A newer question has overtaken it, or the server is away: Enter still searches.
    }
  };
  input.addEventListener("input", (event) => {
    if (event.isComposing) return;
    clearTimeout(timer);
    timer = setTimeout(ask, 200);
  });
}
