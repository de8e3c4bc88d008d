// The site's own signed-in user.
import type { Extension } from "../event";

/** A function is asked at each event: for pages where people sign in without a page load. */
export const user =
  (id: string | (() => string | undefined)): Extension =>
  () => ({
    shape(event) {
      event.user_id ??= (typeof id == "function" ? id() : id) || undefined;
    },
  });
