// Runs before the first paint, so that the chosen theme and language never flash. A file of its
// own, because the content security policy allows no script in the page.
(() => {
  let theme = null;
  let language = null;
  try {
    theme = localStorage.getItem("liveinsight.theme");
    language = localStorage.getItem("liveinsight.language");
  } catch {
    // Storage can be forbidden; then the system's theme stands.
  }
  const isDark = theme === "dark" || (theme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = isDark ? "dark" : "light";
  if (language) document.documentElement.lang = language;
})();
