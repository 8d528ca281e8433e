// Filters that open: a list narrows while one types, one choice after the other is taken, the focus stays.
document.addEventListener("input", (e) => {
  if (!e.target.matches("[data-narrow]")) return;
  const text = e.target.value.trim().toLowerCase();
  for (const li of e.target.closest(".menu-list").querySelectorAll("li")) li.hidden = !li.textContent.toLowerCase().includes(text);
});
document.addEventListener("keydown", (e) => {
  if (e.key !== "Enter" || !e.target.matches?.("[data-narrow]")) return;
  e.preventDefault();
  e.target.closest(".menu-list").querySelector("li:not([hidden]) a:not([data-also])")?.click();
});
document.addEventListener("toggle", (e) => {
  const menu = e.target.closest?.("details.filter-menu");
  if (!menu?.open) return;
  for (const other of document.querySelectorAll("details.filter-menu[open]")) if (other !== menu) other.open = false;
  menu.querySelector(".menu-list input:not([type=hidden]), .menu-list a, .menu-list button")?.focus({ preventScroll: true });
}, true);
const AGAIN = "filters:again";
let taken = null; // the link of a filter that was followed: the new page takes its place
document.addEventListener("click", (e) => {
  const link = e.target.closest?.("[data-filters] a");
  if (!link || e.ctrlKey || e.metaKey || e.shiftKey) return;
  const list = link.closest(".menu-list");
  taken = { link, menu: (link.closest("[data-menu]") ?? link.parentElement?.querySelector("[data-menu]"))?.dataset.menu };
  if (link.hasAttribute("data-also")) Object.assign(taken, { nth: [...list.querySelectorAll("[data-also]")].indexOf(link), y: list.scrollTop, text: list.querySelector("[data-narrow]")?.value ?? "" });
  // A page that comes anew as a whole, as the map does, opens its list by itself.
  if (taken.nth !== undefined && !link.closest("[hx-boost]")) try { sessionStorage.setItem(AGAIN, JSON.stringify({ ...taken, link: 0, at: location.pathname })); } catch { /* closed */ }
}, true);
document.addEventListener("htmx:afterSettle", () => {
  if (!taken || taken.link.isConnected) return;
  const { menu, nth, y, text } = taken;
  taken = null;
  document.dispatchEvent(new Event("filters:taken"));
  const head = document.getElementById(`f-${menu}`);
  if (!head) return;
  if (nth !== undefined) reopen(head.closest("details"), nth, y, text); // several are being chosen: the list stays open
  else if ([document.body, document.documentElement].includes(document.activeElement)) head.focus({ preventScroll: true });
});
function reopen(menu, nth, y, text) {
  menu.open = true;
  const list = menu.querySelector(".menu-list");
  menu.addEventListener("toggle", () => {
    const field = list.querySelector("[data-narrow]");
    if (field && text) {
      field.value = text;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
    list.querySelectorAll("[data-also]")[nth]?.focus({ preventScroll: true });
    list.scrollTop = y;
  }, { once: true });
}
try {
  const again = JSON.parse(sessionStorage.getItem(AGAIN));
  sessionStorage.removeItem(AGAIN);
  const head = again?.at === location.pathname && document.getElementById(`f-${again.menu}`);
  if (head) reopen(head.closest("details"), again.nth, again.y, again.text);
} catch { /* storage is closed */ }
