// Data that a component shows: asked again when its question changes, the old figures kept until
// the new ones are here, an answer that comes too late thrown away.
import { untrack } from "svelte";
import { ApiError } from "../api/client";

const CACHED = 60;
/** The rest of the page waits so long at most for what leads it. */
const LEAD_MS = 250;
const cache = new Map<string, unknown>();
const ahead = new Map<string, Promise<unknown>>();
let lead: Promise<unknown> = Promise.resolve();

function remember(key: string, value: unknown): void {
  cache.delete(key);
  cache.set(key, value);
  if (cache.size > CACHED) cache.delete(cache.keys().next().value as string);
}

function leads<T>(going: Promise<T>): Promise<T> {
  lead = going.catch(() => undefined);
  return going;
}

/** Asks before the part that will show it stands on the page; it leads as that part's question does. */
export function askAhead<Q, T>(question: Q, ask: (question: Q) => Promise<T>): void {
  ahead.set(JSON.stringify(question), leads(ask(question)));
}

/** Over when what leads is answered, whichever way. */
export const leading = (): Promise<unknown> => lead;

async function afterLead(signal: AbortSignal): Promise<void> {
  // The one who leads may ask in the same moment, a little later.
  await Promise.resolve();
  await Promise.race([lead, new Promise((done) => setTimeout(done, LEAD_MS))]);
  signal.throwIfAborted();
}

export class Resource<T> {
  data = $state.raw<T | undefined>(undefined);
  error = $state.raw<ApiError | null>(null);
  isLoading = $state(true);
  /** What is shown answers an older question. */
  isStale = $state(false);
  #again = $state(0);

  /** What stands in the way of showing anything: figures of an older question are no answer. */
  get failed(): ApiError | null {
    return this.data === undefined || this.isStale ? this.error : null;
  }
  get again(): number {
    return this.#again;
  }
  retry(): void {
    this.#again += 1;
  }
}

export interface Manners {
  /** The numbers lead; what follows lets them go first, so that a busy server answers them first. */
  turn?: "leads" | "follows";
  /** Tells apart questions of different kinds that read alike. */
  kind?: string;
}

/**
 * `question` is watched: a new one (as JSON) is asked at once, null asks nothing; `pulse` asks the
 * same again without a sign of loading.
 */
export function resource<Q, T>(
  question: () => Q | null,
  ask: (question: Q, signal: AbortSignal) => Promise<T>,
  pulse: () => unknown = () => 0,
  { turn, kind = "" }: Manners = {},
): Resource<T> {
  const found = new Resource<T>();
  let shown: string | undefined;

  function asked(wanted: Q, key: string, signal: AbortSignal): Promise<T> {
    const flying = ahead.get(key) as Promise<T> | undefined;
    ahead.delete(key);
    if (flying) return flying;
    if (turn === "follows") return afterLead(signal).then(() => ask(wanted, signal));
    const going = ask(wanted, signal);
    return turn === "leads" ? leads(going) : going;
  }
  /** What is shown until the answer is here. */
  function begin(key: string): void {
    const known = cache.get(key) as T | undefined;
    if (known !== undefined) {
      found.data = known;
      shown = key;
    }
    found.isStale = known === undefined && found.data !== undefined;
    found.isLoading = known === undefined;
  }

  $effect(() => {
    const wanted = question();
    void pulse();
    void found.again;
    if (wanted === null) return;
    const key = kind + JSON.stringify(wanted);
    const controller = new AbortController();
    // Not watched: else the answer itself would be a reason to ask again.
    if (key !== shown) untrack(() => begin(key));
    asked(wanted, key, controller.signal)
      .then((answer) => {
        if (controller.signal.aborted) return;
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
