// The words between the tracker, its extensions and the collector: those of `POST /api/events`.

export type Scalar = string | number | boolean;

/** Money is best given as a string: `{amount: "12.90", currency: "EUR"}`. */
export interface Revenue {
  amount: string | number;
  currency: string;
}

/** What a page may tell about something that happened in it. */
export interface Fields {
  props?: Record<string, Scalar> | undefined;
  revenue?: Revenue;
  user_id?: string | undefined;
  page_url?: string;
  title?: string;
  referrer?: string;
  engaged_ms?: number;
  scroll_depth?: number;
}

/** An event as it is sent. */
export interface TrackedEvent extends Fields {
  event_id: string;
  event_type: string;
  timestamp: number;
  page_url: string;
  screen: string;
  site?: string | undefined;
}

export type Track = (name: string, fields?: Fields) => void;

/** What the owner decides; the script's `data-` attributes have the same names. */
export interface Options {
  /** The site's id or domain. Without it the collector goes by the page's host. */
  site?: string | undefined;
  /** The address events go to, if it is not `../api/events` as seen from the script. */
  api?: string | undefined;
  /** Query parameters that belong to a page's address, as `q|lang`. */
  params?: string | undefined;
  /** Count also on localhost, bare addresses, files and in automated browsers. */
  local?: true | string | undefined;
}

/**
 * The seams of the plus build. An extension is a function that is given `track` and the queue when
 * the tracker starts, and tells what else it wants to have a hand in.
 */
export interface Hand {
  /** A part of the page's path beside the path, as the fragment where it is a route. */
  path?(): string;
  /** Sees each event before it is queued, and may change it. */
  shape?(event: TrackedEvent): void;
  /** The batch is about to be sent. */
  sending?(batch: TrackedEvent[]): void;
  /** The collector has answered for the batch and needs it no more. */
  sent?(batch: TrackedEvent[]): void;
}

export type Extension = (track: Track, queue: TrackedEvent[]) => Hand | void;

declare global {
  interface Window {
    /** The tracker, or before it has loaded the page's stub, which only remembers calls in `q`. */
    liveinsight?: Track & { q?: Parameters<Track>[] };
  }
}
