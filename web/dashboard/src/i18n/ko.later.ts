// The words of the screens that come later, in Korean.
import type { enLater } from "./en.later";

export const koLater: Record<keyof typeof enLater, string> = {
};
