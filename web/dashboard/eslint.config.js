// Lint of the dashboard: what TypeScript and svelte-check don't see. Visitors' text is never HTML:
// {@html} is an error.
import svelte from "eslint-plugin-svelte";
import ts from "typescript-eslint";

export default ts.config(
  ...ts.configs.strict,
  ...svelte.configs.recommended,
  {
    files: ["**/*.svelte", "**/*.svelte.ts"],
    languageOptions: { parserOptions: { parser: ts.parser } },
  },
  {
    rules: {
      "no-restricted-properties": ["error", { property: "innerHTML" }, { property: "outerHTML" }, { property: "insertAdjacentHTML" }],
      "no-console": "error",
      eqeqeq: "error",
      "svelte/no-at-html-tags": "error",
      // Addresses of ours are queries of the page itself; there is no router with routes to resolve.
      "svelte/no-navigation-without-resolve": "off",
      // Plain Maps and Dates here are made anew, never changed in place.
      "svelte/prefer-svelte-reactivity": "off",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
    },
  },
);
