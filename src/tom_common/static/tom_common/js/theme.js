/* Runs before the page is drawn, so that it never flashes in another theme. */
(() => {
  const root = document.documentElement;
  const read = (key) => { try { return localStorage.getItem(key); } catch { return null; } };
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    const chosen = read("tom-theme") || root.dataset.themeDefault || "auto";
    root.dataset.themeChoice = chosen;
    root.dataset.bsTheme = chosen === "auto" ? (dark.matches ? "dark" : "light") : chosen;
  };
  root.classList.add("js");
  root.dataset.notation = read("tom-notation") || "sexagesimal";
  apply();
  dark.addEventListener("change", apply);
  addEventListener("storage", apply);
  document.addEventListener("tom:theme", apply);
})();
