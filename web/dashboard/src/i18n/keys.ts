// The keys of all words: what English says, every language must say.
import type { en } from "./en";
import type { enLater } from "./en.later";

export type Key = keyof typeof en | keyof typeof enLater;
export type Messages = Record<Key, string>;
