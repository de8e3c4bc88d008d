// An extension that is too large to be in the bundle: it is fetched beside the running tracker.
import type { Extension, Hand } from "./event";

export const late =
  (address: URL): Extension =>
  (track, queue) => {
    let hand: Hand | void;
    import(/* @vite-ignore */ address.href).then(
      (module: { default: () => Extension }) => {
        hand = module.default()(track, queue);
      },
      () => {}, // blocked or gone: the tracker does without
    );
    return { shape: (event) => hand?.shape?.(event) };
  };
