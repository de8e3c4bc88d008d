// The one door to the server: addresses, credentials, the CSRF token and the error shape.
// It knows nothing of screens; whoever asks decides what to show.
import { messages, type Messages } from "./stream";
import type { Config } from "./types";

export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly field: string | null = null,
    readonly retryAfterS: number | null = null,
  ) {
    super(message);
  }
  /** The network or the server is away, and asking again later may help. */
  get isPassing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/** What `early.js` asked before this script was here. */
interface Early {
  config: Promise<Partial<Config> | null>;
  asked: Map<string, Promise<Response>>;
}
const early = (globalThis as { liveinsight?: Early }).liveinsight;

/** An answer that is on its way; it is there for the first who asks. */
function taken(address: string): Promise<Response> | undefined {
  const answer = early?.asked.get(address);
  early?.asked.delete(address);
  return answer;
}

export interface Credentials {
  csrf: string | null;
  key: string | null;
}

export class Client {
  readonly credentials: Credentials = { csrf: null, key: null };
  /** Told of a 401, so that the screen can lead to the login and back. */
  onUnauthorized: () => void = () => undefined;

  constructor(
    private readonly config: Config,
    private readonly fetcher: typeof fetch = (...args) => fetch(...args),
  ) {}

  address(path: string, params: Record<string, string | undefined> = {}): string {
    const given = Object.entries(params).filter((pair): pair is [string, string] => pair[1] !== undefined);
    const search = new URLSearchParams(given).toString();
    return `${this.config.api}/${path}${search ? `?${search}` : ""}`;
  }

  get<T>(path: string, params: Record<string, string | undefined> = {}, signal?: AbortSignal): Promise<T> {
    return this.send<T>("GET", this.address(path, params), undefined, signal);
  }

  /** A question: it changes nothing, but is too long for an address. */
  ask<T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> {
    return this.send<T>("POST", this.address(path), body, signal);
  }

  change<T>(method: "POST" | "PUT" | "DELETE", path: string, body?: unknown): Promise<T> {
    return this.send<T>(method, this.address(path), body);
  }

  /** A piece of a file. */
  put<T>(path: string, params: Record<string, string>, piece: Blob, signal?: AbortSignal): Promise<T> {
    return this.send<T>("PUT", this.address(path, params), piece, signal);
  }

  /** A file, to be read piece by piece. */
  async file(path: string, params: Record<string, string | undefined>, signal: AbortSignal): Promise<Response> {
    const answer = await this.fetched(this.address(path, params), { method: "GET", headers: this.headers(), signal });
    if (!answer.ok) throw await this.problem(answer);
    return answer;
  }

  /** A stream of server-sent events. */
  stream(address: string): Messages {
    return messages((signal) =>
      this.fetcher(address, {
        headers: { Accept: "text/event-stream", ...(this.credentials.key ? { "X-API-Key": this.credentials.key } : {}) },
        credentials: "same-origin",
        cache: "no-store",
        signal,
      }),
    );
  }

  private async send<T>(method: string, address: string, body?: unknown, signal?: AbortSignal): Promise<T> {
    const headers = this.headers();
    const isFile = body instanceof Blob;
    if (body !== undefined) headers["Content-Type"] = isFile ? "application/octet-stream" : "application/json";
    if (this.credentials.csrf && method !== "GET") headers["X-CSRF-Token"] = this.credentials.csrf;
    const answer = await this.fetched(address, {
      method,
      headers,
      ...(body === undefined ? {} : { body: isFile ? body : JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
    });
    if (!answer.ok) throw await this.problem(answer);
    if (answer.status === 204) return undefined as T;
    const told = (await answer.json()) as { data?: T };
    return (told.data === undefined ? told : told.data) as T;
  }

  private headers(): Record<string, string> {
    return { Accept: "application/json", ...(this.credentials.key ? { "X-API-Key": this.credentials.key } : {}) };
  }

  private async fetched(address: string, request: RequestInit): Promise<Response> {
    try {
      const isFirst = request.method === "GET" && !this.credentials.key;
      return await ((isFirst && taken(address)) || this.fetcher(address, { credentials: "same-origin", ...request }));
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") throw error;
      throw new ApiError(0, "The server cannot be reached.");
    }
  }

  private async problem(answer: Response): Promise<ApiError> {
    if (answer.status === 401) this.onUnauthorized();
    const retry = Number(answer.headers.get("Retry-After"));
    const told = (await answer.json().catch(() => ({}))) as {
      message?: string;
      details?: { field?: string; error?: string };
    };
    return new ApiError(
      answer.status,
      told.details?.error ?? told.message ?? `HTTP ${answer.status}`,
      told.details?.field ?? null,
      Number.isFinite(retry) && retry > 0 ? retry : null,
    );
  }
}

const KNOWN: Config = { api: "api", sign_in: "session", live: "push", abilities: [] };

/** The home's own words beside the page: where the API is, how to sign in, what it can do. */
export async function readConfig(fetcher: typeof fetch = fetch): Promise<Config> {
  const told = early ? await early.config : await (await fetcher("config.json", { credentials: "same-origin" })).json();
  return { ...KNOWN, ...((told ?? {}) as Partial<Config>) };
}
