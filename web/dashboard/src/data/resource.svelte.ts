// Data that a component shows: asked again when its question changes, the old figures kept until
// the new ones are here, an answer that comes too late thrown away.
import { ApiError } from "../api/client";

const CACHED = 60;
const cache = new Map<string, unknown>();

function remember(key: string, value: unknown): void {
  cache.delete(key);
  cache.set(key, value);
  if (cache.size > CACHED) cache.delete(cache.keys().next().value as string);
}

export class Resource<T> {
  data = $state.raw<T | undefined>(undefined);
  error = $state.raw<ApiError | null>(null);
  isLoading = $state(true);
  /** What is shown answers an older question. */
  isStale = $state(false);
  #again = $state(0);

  get again(): number {
    return this.#again;
  }
  retry(): void {
    this.#again += 1;
  }
}

/**
 * `question` is watched: a new one (as JSON) is asked at once, null asks nothing; `pulse` asks the
 * same again without a sign of loading.
 */
export function resource<Q, T>(
  question: () => Q | null,
  ask: (question: Q, signal: AbortSignal) => Promise<T>,
  pulse: () => unknown = () => 0,
): Resource<T> {
  const found = new Resource<T>();
  let shown: string | undefined;
  $effect(() => {
    const wanted = question();
    void pulse();
    void found.again;
    if (wanted === null) return;
    const key = JSON.stringify(wanted);
    const controller = new AbortController();
    if (key !== shown) {
      const known = cache.get(key) as T | undefined;
      if (known !== undefined) {
        found.data = known;
        found.isStale = false;
        shown = key;
      } else {
        found.isStale = found.data !== undefined;
      }
      found.isLoading = known === undefined;
    }
    ask(wanted, controller.signal)
      .then((answer) => {
        remember(key, answer);
        found.data = answer;
        found.error = null;
        shown = key;
        found.isLoading = found.isStale = false;
      })
      .catch((error: unknown) => {
        if (controller.signal.aborted) return;
        found.error = error instanceof ApiError ? error : new ApiError(0, String(error));
        found.isLoading = false;
      });
    return () => controller.abort();
  });
  return found;
}
