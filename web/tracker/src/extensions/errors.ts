// JavaScript errors that nobody caught: a few of each page, each once.
import type { Extension } from "../event";

const MOST = 5;

export const errors = (): Extension => (track) => {
  const told = new Set<string>();
  const tell = (message: unknown, source = ""): void => {
    // Messages may quote addresses: their queries stay here.
    const text = String(message).replace(/\?\S+/g, "").slice(0, 300);
    if (told.size < MOST && !told.has(text)) {
      told.add(text);
      track("JavaScript Error", { props: { message: text, source: source.split("?")[0]! } });
    }
  };
  addEventListener("error", (event) => {
    if (event.message) tell(event.message, event.filename && `${event.filename}:${event.lineno}`);
  });
  addEventListener("unhandledrejection", ({ reason }) => tell(reason?.message ?? reason));
};
