// Keeps the live picture coming: pushed by server-sent events, polled where that does not work,
// and back by itself after a break. What it stands on is handed in, so that it runs without a
// browser in tests.
import type { Messages } from "../api/stream";
import type { Live } from "../api/types";

export type Phase = "connecting" | "pushed" | "polled" | "lost";

export type Stream = Messages;

export interface World {
  /** Null where the home cannot push. */
  open: (() => Stream) | null;
  poll: (signal: AbortSignal) => Promise<Live>;
  after: (ms: number, then: () => void) => () => void;
}

export interface Picture {
  phase: Phase;
  live: Live | null;
  /** When the next attempt is made, in seconds from the break. */
  retryInS: number | null;
}

export const POLL_MS = 3000;
/** The server says something every 15 s; silence of two such spans is a broken line. */
export const SILENCE_MS = 35_000;
const RETRY_S = [1, 2, 4, 8, 15, 30];
// A stream that has worked is tried again soon, one that never did now and then.
const PUSH_AGAIN_MS = { worked: 3000, never: 60_000 };
const STREAM_ATTEMPTS = 2;

export class Connection {
  #stream: Stream | null = null;
  #stops = new Map<string, () => void>();
  #failures = 0;
  #streamFailures = 0;
  #streamWorked = false;
  #abort = new AbortController();
  #picture: Picture;

  constructor(
    private readonly world: World,
    private readonly show: (picture: Picture) => void,
    before: Live | null = null,
  ) {
    // Of the same site, so that a click on a filter does not blank the page.
    this.#picture = { phase: "connecting", live: before, retryInS: null };
  }

  start(): void {
    this.#abort = new AbortController();
    this.#streamFailures = 0;
    this.#failures = 0;
    this.#tell({ phase: "connecting", retryInS: null });
    if (this.world.open) this.#push();
    else void this.#poll();
  }

  stop(): void {
    this.#abort.abort();
    this.#closeStream();
    for (const stop of this.#stops.values()) stop();
    this.#stops.clear();
  }

  #tell(patch: Partial<Picture>): void {
    this.#picture = { ...this.#picture, ...patch };
    this.show(this.#picture);
  }

  #later(name: string, ms: number, then: () => void): void {
    this.#stops.get(name)?.();
    this.#stops.set(name, this.world.after(ms, then));
  }

  #closeStream(): void {
    this.#stops.get("silence")?.();
    if (!this.#stream) return;
    this.#stream.onmessage = this.#stream.onerror = null;
    this.#stream.close();
    this.#stream = null;
  }

  #push(): void {
    if (!this.world.open) return;
    this.#closeStream();
    const stream = (this.#stream = this.world.open());
    this.#later("silence", SILENCE_MS, () => this.#streamBroke());
    stream.onmessage = ({ data }) => {
      this.#stops.get("poll")?.();
      this.#failures = this.#streamFailures = 0;
      this.#streamWorked = true;
      this.#later("silence", SILENCE_MS, () => this.#streamBroke());
      this.#tell({ phase: "pushed", live: read(data), retryInS: null });
    };
    stream.onerror = () => this.#streamBroke();
  }

  #streamBroke(): void {
    this.#closeStream();
    this.#streamFailures += 1;
    if (this.#streamFailures >= STREAM_ATTEMPTS) {
      // Something between us and the server eats the stream: poll, and try the stream now and then.
      const wait = this.#streamWorked ? PUSH_AGAIN_MS.worked : PUSH_AGAIN_MS.never;
      this.#later("push", wait, () => this.#push());
      void this.#poll();
    } else {
      this.#lost(() => this.#push());
    }
  }

  async #poll(): Promise<void> {
    const { signal } = this.#abort;
    try {
      const live = await this.world.poll(signal);
      if (signal.aborted || this.#picture.phase === "pushed") return;
      this.#failures = 0;
      this.#tell({ phase: "polled", live, retryInS: null });
      this.#later("poll", POLL_MS, () => void this.#poll());
    } catch {
      if (!signal.aborted) this.#lost(() => void this.#poll());
    }
  }

  #lost(again: () => void): void {
    const retryInS = RETRY_S[Math.min(this.#failures, RETRY_S.length - 1)] as number;
    this.#failures += 1;
    this.#tell({ phase: "lost", retryInS });
    this.#later("poll", retryInS * 1000, again);
  }
}

/** The pushed object is the answer's `data`, bare or in its envelope. */
export function read(text: string): Live {
  const told = JSON.parse(text) as Live & { data?: Live };
  return told.data ?? told;
}
