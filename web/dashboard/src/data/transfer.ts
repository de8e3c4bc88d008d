// Big files over the wire, with word of how far they are: a download read piece by piece, an upload
// cut into pieces that the server's body limit lets through. What they stand on is handed in.
import { ApiError } from "../api/client";

/** Under the server's limit of a body. */
export const PIECE_BYTES = 900_000;
const AGAIN_MS = [500, 2000, 5000];

/** The whole answer as a file; `told` of the bytes so far. */
export async function received(answer: Response, told: (bytes: number) => void): Promise<Blob> {
  if (!answer.body) return answer.blob();
  const reader = answer.body.getReader();
  // Blobs lie on the disk when they are big; single pieces would all lie in memory.
  let whole = new Blob([]);
  let waiting: BlobPart[] = [];
  let bytes = 0;
  let held = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (value) {
      waiting.push(value as Uint8Array<ArrayBuffer>);
      bytes += value.length;
      held += value.length;
      told(bytes);
    }
    if (done || held > 16_000_000) {
      whole = new Blob([whole, ...waiting]);
      waiting = [];
      held = 0;
    }
    if (done) return whole;
  }
}

export interface Sending {
  put: (offset: number, piece: Blob, signal: AbortSignal) => Promise<unknown>;
  wait: (ms: number) => Promise<void>;
}

/** Sends the pieces one after the other; a piece that did not get through is sent again. */
export async function sent(file: Blob, { put, wait }: Sending, told: (bytes: number) => void, signal: AbortSignal): Promise<void> {
  for (let offset = 0; offset < file.size; offset += PIECE_BYTES) {
    const piece = file.slice(offset, offset + PIECE_BYTES);
    for (let attempt = 0; ; attempt += 1) {
      try {
        await put(offset, piece, signal);
        break;
      } catch (error) {
        const pause = AGAIN_MS[attempt];
        if (signal.aborted || pause === undefined || !(error instanceof ApiError) || !error.isPassing) throw error;
        await wait(pause);
      }
    }
    told(Math.min(file.size, offset + PIECE_BYTES));
  }
}

/** What a file's name says that it holds. */
export function contentOf(name: string): "events" | "export" {
  return /\.parquet$|-events\.csv$/i.test(name) ? "export" : "events";
}
