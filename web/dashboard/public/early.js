// Runs before the first paint and long before the page's own script: the chosen theme and language
// never flash, and what is always asked first is on its way (the page takes the answers over). A file
// of its own, because the content security policy allows no script in the page.
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

  const asked = new Map();
  const ask = (address) => {
    const answer = fetch(address, { credentials: "same-origin", headers: { Accept: "application/json" } });
    asked.set(address, answer);
    return answer;
  };
  const told = ask("config.json").then((answer) => (answer.ok ? answer.json() : null));
  const config = told.then((home) => {
    // Who comes by a share link, or with a key, has to say so first.
    if (home && home.sign_in === "session" && !new URLSearchParams(location.search).has("share"))
      for (const name of ["session", "sites"]) ask(`${home.api}/${name}`).catch(() => undefined);
    return home;
  });
  config.catch(() => undefined);
  window.liveinsight = { config, asked };
})();
