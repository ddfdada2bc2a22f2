// Task lists: a click shows at once what it will do. Where the server refuses it, the box goes back and the page says why.
import { placeRegions, say } from "./regions.js";

/** Brings the buttons of form[data-tasks] to life, wherever they stand. */
export function tickTasks() {
  const form = document.querySelector("form[data-tasks]");
  if (!form) return;
  form.addEventListener("submit", async (event) => {
    const button = event.submitter;
    if (button?.getAttribute("role") !== "checkbox") return;
    event.preventDefault();
    if (button.ariaBusy === "true") return;
    const was = button.ariaChecked;
    button.ariaChecked = was === "true" ? "false" : "true";
    button.ariaBusy = "true";
    try {
      await send(form, button.value);
      await renew(button);
    } catch (problem) {
      button.ariaChecked = was;
      tell(form, problem instanceof TypeError ? "The server cannot be reached. Nothing was ticked." : problem.message);
    } finally {
      button.ariaBusy = null;
    }
  });
}

async function send(form, task) {
  const headers = { "Content-Type": "application/json", Accept: "application/json" };
  const answer = await fetch(form.action, { method: "POST", headers, body: JSON.stringify({ task }) });
  if (answer.ok) return;
  const problem = await answer.json().catch(() => ({}));
  throw new Error(problem.problems?.[0]?.message || problem.detail || `The server answered ${answer.status}. Nothing was ticked.`);
}

/** The page as it is now, with the focus where it was. */
async function renew(button) {
  const answer = await fetch(location.pathname + location.search, { headers: { Accept: "text/html", "X-Trackway-Live": "1" } });
  if (!answer.ok || answer.redirected) return;
  document.querySelector(".task-note")?.remove();
  const place = button.value.split("-").slice(0, button.value.startsWith("comment-") ? 3 : 2).join("-");
  const focused = document.activeElement === button;
  button.blur();
  placeRegions(new DOMParser().parseFromString(await answer.text(), "text/html"), { asks: false, tells: false });
  const now = document.querySelector(`button.task[value^="${place}-"]`);
  if (focused) now?.focus();
  const progress = document.querySelector("[data-task-progress]");
  if (progress) say(progress.textContent);
}

function tell(form, text) {
  document.querySelector(".task-note")?.remove();
  form.after(Object.assign(document.createElement("p"), { className: "note warnings task-note", role: "alert", textContent: text }));
}
