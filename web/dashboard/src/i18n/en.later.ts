// The words of the screens that come later, in English.

export const enLater = {
} satisfies Record<string, string>;
