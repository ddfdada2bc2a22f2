// What is being made: asks how far it has come, and goes there once it is done. Without scripts the page loads itself anew.

const PAUSE = 700;

/** Follows the job whose page this is. */
export function startWaiting(place) {
  const says = place.querySelector("[data-waiting-says]");
  const bar = place.querySelector("[data-waiting-bar]");
  const ask = async () => {
    const leave = new AbortController();
    try {
      const answer = await fetch(location.href, { headers: { Accept: "application/json" }, cache: "no-store", signal: leave.signal });
      if (answer.status === 202) {
        const { done, total, message } = await answer.json();
        if (says.textContent !== message) says.textContent = message;
        if (total > 0) bar.setAttribute("width", String(Math.min(100, (100 * done) / total)));
      } else if (answer.status !== 503) {
        // Whatever it is, the browser shows it; it is not read twice.
        leave.abort();
        if ("download" in place.dataset && answer.ok) {
          says.textContent = "It is done. The download has begun.";
          bar.setAttribute("width", "100");
        }
        location.reload();
        return;
      }
    } catch {
      // The server is away for a moment.
    }
    setTimeout(ask, PAUSE);
  };
  setTimeout(ask, PAUSE);
}
