// A board by hand: a card is dragged to where its menu could move it. What happens is what its form does; where that is
// refused the card goes back, and the reason is told.
import { placeRegions, say } from "./regions.js";

/** [data-board] holds lists of cards with data-column and data-row: what a card becomes there. */
export function startBoard(board) {
  const form = document.getElementById("move");
  const told = document.querySelector("[data-board-told]");
  if (!form || !told) return;
  let held = null;

  const arm = () => {
    for (const card of board.querySelectorAll(".card:has(.card-move)")) card.draggable = true;
  };
  new MutationObserver(arm).observe(board, { childList: true, subtree: true });
  arm();

  board.addEventListener("dragstart", (event) => {
    held = event.target.closest?.(".card") ?? null;
    if (!held) return;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", held.querySelector("a").href);
    held.classList.add("card-held");
    board.classList.add("board-moving");
    for (const list of listsOf(board)) list.classList.toggle("cards-open", wanted(held, list) !== null);
  });
  board.addEventListener("dragend", () => {
    held?.classList.remove("card-held");
    board.classList.remove("board-moving");
    for (const list of listsOf(board)) list.classList.remove("cards-open", "cards-over");
    held = null;
  });
  board.addEventListener("dragover", (event) => {
    const list = listAt(event.target);
    for (const other of board.querySelectorAll(".cards-over")) if (other !== list) other.classList.remove("cards-over");
    if (!held || !list || !wanted(held, list)?.length) return;
    event.preventDefault();
    list.classList.add("cards-over");
  });
  board.addEventListener("drop", (event) => {
    const list = listAt(event.target);
    const to = held && list && wanted(held, list);
    if (!to?.length) return;
    event.preventDefault();
    move(held, list, to);
  });

  async function move(card, list, to) {
    const { parentNode, nextSibling } = card;
    const back = () => parentNode.insertBefore(card, nextSibling);
    const button = card.querySelector(".card-move button");
    list.prepend(card);
    card.classList.add("card-going");
    tell("");
    try {
      const body = new URLSearchParams(to.map((one) => ["to", one]));
      for (const hidden of form.querySelectorAll("input[type=hidden]")) body.append(hidden.name, hidden.value);
      body.append("ticket", button.value);
      const answer = await fetch(button.formAction, { method: "POST", body, headers: { Accept: "text/html" } });
      // Something has to be said first: a page asks for it.
      if (answer.ok && new URL(answer.url).pathname.endsWith("/board/move")) {
        location.assign(answer.url);
        return;
      }
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (answer.ok) {
        placeRegions(page, { asks: false, tells: false });
        say(page.querySelector(".flash")?.textContent.trim() ?? "Moved.");
        return;
      }
      back();
      const why = [...page.querySelectorAll("ul.problems > li")].map((problem) => problem.textContent.trim());
      tell(`${why.join(" ") || "That could not be done."} The card is where it was.`);
    } catch {
      back();
      tell("The server could not be reached. The card is where it was.");
    } finally {
      card.classList.remove("card-going");
    }
  }

  function tell(words) {
    told.textContent = words;
    told.hidden = words === "";
  }
}

const listsOf = (board) => board.querySelectorAll(".cards");
/** The empty room below the cards of a column is its list, too. */
const listAt = (element) => element.closest?.(".board-column")?.querySelector(".cards") ?? null;

/** What a card would become in a list: nothing where it is, null where it can't go. */
function wanted(card, list) {
  const own = card.closest(".cards");
  if (own === list) return [];
  const { column, row } = list.dataset;
  const changed = [
    [own.dataset.column, column],
    [own.dataset.row, row],
  ].filter(([before, after]) => before !== after).map(([, after]) => after);
  const offered = new Set([...card.querySelectorAll(".card-move option")].map((option) => option.value));
  return changed.every((one) => offered.has(one)) ? changed : null;
}
