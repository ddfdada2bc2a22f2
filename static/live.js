// Live pages. One stream of events for all tabs of this browser says that something has happened, not what: a page that it
// concerns asks for its own address again and puts what is new in its place (regions.js). Where streams, locks or channels
// are missing, or something between holds the stream back, pages are as they were when they were opened.
import { placeRegions, tellGone, tellMeanwhile } from "./regions.js";

const pause = { least: 2_000, most: 300_000, between: 2_000, jitter: 300, hello: 20_000, silence: 40_000, slack: 1_000 };

/** Listens for what concerns this page: main[data-live] names kinds (`ticket`), things (`ticket:12`), or all (`*`). */
export function startLive() {
  const { live, liveFrom } = document.querySelector("main")?.dataset ?? {};
  const { project, base } = document.body.dataset;
  if (!live || !project || !("EventSource" in window)) return;
  const concerns = new Set(live.split(" "));
  const channel = "BroadcastChannel" in window ? new BroadcastChannel(`trackway-live:${base}`) : null;
  // This page knows all that was told until then; it was asked for when its clock began.
  let heard = performance.timeOrigin;
  let timer = 0;
  let asked = 0;

  const refresh = async () => {
    asked = Date.now();
    try {
      const answer = await fetch(liveFrom ?? location.pathname + location.search, { headers: { Accept: "text/html", "X-Trackway-Live": "1" } });
      if (answer.status === 404) tellGone();
      // Where it leads elsewhere, the page that is open stays.
      if (answer.ok && !answer.redirected) {
        const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
        if (liveFrom) tellMeanwhile(fresh.querySelector("[data-version]"), document.querySelector("form[data-editor] [name=version]"));
        else placeRegions(fresh);
      }
    } catch {
      // The server is away. The next news, or the next visit, asks again.
    }
    timer = 0;
  };
  const hear = (told) => {
    heard = Date.now();
    if (!told || told.project !== project || timer) return;
    if (![told.kind, told.resource, "*"].some((what) => concerns.has(what)) && told.kind !== "*") return;
    timer = setTimeout(refresh, Math.max(0, asked + pause.between - Date.now()) + Math.random() * pause.jitter);
  };
  const stream = streamOf(project, () => heard, (told) => {
    hear(told);
    channel?.postMessage({ told });
  });
  channel?.addEventListener("message", ({ data }) => {
    if (data.wants) stream.add(data.wants, data.since);
    else if (!document.hidden) hear(data.told);
  });

  // Of all tabs that are seen, the one with the lock has the stream; hiding hands it on, and with the last one it ends.
  let letGo = null;
  const show = () => {
    if (letGo) return;
    const hidden = new AbortController();
    letGo = () => {
      letGo = null;
      hidden.abort();
      stream.close();
    };
    if (!navigator.locks || !channel) {
      stream.open();
      return;
    }
    const held = () => new Promise((resolve) => {
      hidden.signal.addEventListener("abort", resolve);
      stream.open();
    });
    navigator.locks.request(channel.name, { signal: hidden.signal }, held).catch(() => {});
    channel.postMessage({ wants: project, since: heard });
  };
  document.addEventListener("visibilitychange", () => (document.hidden ? letGo?.() : show()));
  addEventListener("pagehide", () => letGo?.());
  addEventListener("pageshow", (event) => event.persisted && show());
  if (!document.hidden) show();
}

/** The stream of the tab that has it, opened again with growing pauses. `tell` gets messages, or null for a sign of life. */
function streamOf(project, heardUntil, tell) {
  const projects = new Set([project]);
  let source = null;
  let wait = pause.least;
  let since = Infinity;
  let timer = 0;
  let opened = false;

  const alive = (within) => {
    clearTimeout(timer);
    timer = setTimeout(again, within);
  };
  const again = () => {
    source?.close();
    clearTimeout(timer);
    timer = setTimeout(connect, wait * (0.75 + Math.random() / 2));
    wait = Math.min(wait * 2, pause.most);
  };
  const connect = () => {
    source?.close();
    const ago = Date.now() - Math.min(since, heardUntil()) + pause.slack;
    const { name, last } = names();
    const asks = new URLSearchParams({ projects: [...projects].join(), ago: Math.max(0, Math.round(ago)), name, instead: last });
    source = new EventSource(`${document.body.dataset.base}/-/live?${asks}`);
    const listen = (kind, act) => source.addEventListener(kind, ({ data }) => {
      alive(pause.silence);
      since = Infinity;
      act(data);
    });
    listen("hello", () => tell(null));
    for (const kind of ["beat", "message"]) {
      listen(kind, (data) => {
        wait = pause.least;
        tell(data ? JSON.parse(data) : null);
      });
    }
    source.onerror = again;
    alive(pause.hello);
  };
  return {
    open() {
      opened = true;
      connect();
    },
    close() {
      opened = false;
      clearTimeout(timer);
      source?.close();
      source = null;
    },
    /** Another tab shows that project, and has heard nothing since then. */
    add(wanted, from) {
      projects.add(wanted);
      if (!opened) return;
      since = Math.min(since, from);
      connect();
    },
  };
}

/** The name of a new stream, and of the last one of this tab: the server hears late that a page has gone. */
function names() {
  const name = Math.random().toString(36).slice(2, 12);
  let last = "";
  try {
    last = sessionStorage.getItem("trackway-stream") ?? "";
    sessionStorage.setItem("trackway-stream", name);
  } catch {
    // Without storage the server finds out by itself.
  }
  return { name, last };
}
