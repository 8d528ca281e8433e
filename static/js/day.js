// The day plan: a visit is dragged to a team, a place or a day; the server rechecks it and answers with the whole board.
// Everything here can be done by the cards' forms too.
const board = () => document.getElementById("day-board");
let dragged = null;
const clear = () => document.querySelectorAll(".is-over, .is-before").forEach((el) => el.classList.remove("is-over", "is-before"));
const over = (e) => e.target.closest?.("[data-day-team], [data-day-to]");
function before(team, y) {
  const cards = [...team.querySelectorAll("[data-day-card]:not(.is-dragged)")];
  return cards.find((card) => { const box = card.getBoundingClientRect(); return y < box.top + box.height / 2; });
}
document.addEventListener("dragstart", (e) => {
  const card = e.target.closest?.("[data-day-card]");
  if (!card) return;
  dragged = card;
  card.classList.add("is-dragged");
  e.dataTransfer.effectAllowed = "move";
  e.dataTransfer.setData("text/plain", card.dataset.dayCard);
});
document.addEventListener("dragover", (e) => {
  const place = dragged && over(e);
  clear();
  if (!place) return;
  e.preventDefault();
  place.classList.add("is-over");
  if (place.dataset.dayTeam) before(place, e.clientY)?.classList.add("is-before");
});
document.addEventListener("dragend", () => { clear(); dragged?.classList.remove("is-dragged"); dragged = null; });
document.addEventListener("drop", (e) => {
  const place = dragged && over(e);
  if (!place) return;
  e.preventDefault();
  const token = document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
  const values = { csrfmiddlewaretoken: token, version: board().dataset.dayVersion, order: dragged.dataset.dayCard };
  if (place.dataset.dayTo) Object.assign(values, { to: "day", day: place.dataset.dayTo });
  else {
    const next = before(place, e.clientY);
    const cards = [...place.querySelectorAll("[data-day-card]:not(.is-dragged)")];
    Object.assign(values, { team: place.dataset.dayTeam, position: next ? cards.indexOf(next) + 1 : 0 });
  }
  clear();
  globalThis.htmx.ajax("POST", board().dataset.dayMove, { source: board(), target: "#day-board", swap: "outerHTML", values });
});
// A refresh would take the card away from under a hand, or shut the form that somebody fills in: it waits for the next one.
document.addEventListener("live-refresh", (e) => {
  if (e.target.matches?.("[data-day-live]") && (dragged || board()?.querySelector(".day-move[open]"))) e.stopImmediatePropagation();
}, true);
document.addEventListener("htmx:afterSwap", (e) => {
  if (e.detail.target?.id !== "day-board" && e.detail.elt?.id !== "day-board") return;
  document.querySelector(".day-map [data-map]")?.dispatchEvent(new CustomEvent("map:reload"));
});
