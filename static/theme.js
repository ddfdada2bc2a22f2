// Runs before the page is painted: says that scripts run, and puts on the colours this browser was told to use.
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  root.dataset.givenTheme = root.dataset.theme;
  try {
    const chosen = localStorage.getItem("trackway-theme");
    if (chosen === "light" || chosen === "dark") root.dataset.theme = chosen;
  } catch {
    // Storage may be switched off; the account's colours stand then.
  }
})();
