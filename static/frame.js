// The top bar: menus that close again, and the button for light and dark.

/** Menus are <details>; they close on Escape and on a click elsewhere, as people expect of menus. */
export function menus() {
  for (const menu of document.querySelectorAll("details[data-menu]")) {
    document.addEventListener("click", (event) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
    menu.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !menu.open) return;
      menu.open = false;
      menu.querySelector("summary").focus();
    });
    menu.addEventListener("focusout", (event) => {
      if (event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
    });
  }
}

const order = [null, "light", "dark"];

/** Steps through: what the account or the system says, light, dark. The choice stays in this browser. */
export function themeButton() {
  const button = document.querySelector("[data-theme-button]");
  if (!button) return;
  const root = document.documentElement;
  const given = root.dataset.givenTheme;
  let chosen = root.dataset.theme === given ? null : root.dataset.theme;
  const label = () => {
    const word = chosen ?? (given === "auto" ? "as the system" : "as in your account");
    button.setAttribute("aria-label", `Appearance: ${word}`);
    button.title = `Appearance: ${word}`;
  };
  label();
  button.addEventListener("click", () => {
    do chosen = order[(order.indexOf(chosen) + 1) % order.length];
    while (chosen !== null && chosen === given);
    root.dataset.theme = chosen ?? given;
    try {
      if (chosen) localStorage.setItem("trackway-theme", chosen);
      else localStorage.removeItem("trackway-theme");
    } catch {
      // Without storage the choice holds for this page.
    }
    label();
  });
}
