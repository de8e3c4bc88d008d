// Sites whose pages differ in their #fragment only.
import type { Extension } from "../event";

export const hash = (): Extension => () => ({
  // A "#" would not be sent with an address: it becomes a part of the path. What follows a "?" in
  // it is a query like any other.
  path: () => location.hash.replace("#", "%23").split("?")[0]!,
});
