// A window made by hand: the few things the tracker touches, and levers for what happens to a page.
import { vi } from "vitest";
import { start } from "../src/core";
import type { Extension, Options, Track, TrackedEvent } from "../src/event";

type Listener = (event: object) => void;

export class Page {
  /** What reached the collector, in order, and the bodies it came in. */
  readonly sent: TrackedEvent[] = [];
  readonly bodies: { events: TrackedEvent[]; sent_at: number }[] = [];
  readonly beacons: string[] = [];
  /** What the collector answers; 0 is no answer at all. */
  status = 200;
  now = 1_700_000_000_000;
  readonly document = {
    hidden: false,
    title: "A page",
    referrer: "",
    documentElement: { scrollHeight: 2000 },
  };
  readonly storage: Record<string, string> = {};
  readonly navigator = {
    webdriver: false,
    sendBeacon: (_api: unknown, body: string) => this.beacons.push(body) > 0,
  };
  url = new URL("https://shop.example/");
  scrollY = 0;
  readonly originalPushState = vi.fn((_state: unknown, _title: string, to: string) => {
    this.url = new URL(to, this.url);
  });
  private readonly listeners: [string, Listener][] = [];
  private heartbeat: (sign: string) => void = () => {};

  constructor(url = "https://shop.example/", given: object = {}) {
    this.url = new URL(url);
    const page = this;
    const history = { pushState: this.originalPushState, replaceState: this.originalPushState };
    const globals = {
      window: globalThis,
      liveinsight: undefined,
      document: this.document,
      navigator: this.navigator,
      localStorage: this.storage,
      history,
      screen: { width: 1920, height: 1080 },
      innerHeight: 1000,
      Request: class {
        get keepalive() {
          return true;
        }
      },
      addEventListener: (type: string, listener: Listener) => this.listeners.push([type, listener]),
      setInterval: (beat: (sign: string) => void) => (this.heartbeat = beat),
      fetch: async (_api: unknown, { body }: { body: string }) => {
        if (page.status == 0) throw new TypeError("Failed to fetch");
        const told = JSON.parse(body);
        page.bodies.push(told);
        if (page.status < 300) page.sent.push(...told.events);
        return { status: page.status };
      },
      ...given,
    };
    for (const [name, value] of Object.entries(globals)) vi.stubGlobal(name, value);
    vi.spyOn(Date, "now").mockImplementation(() => page.now);
    const live = { configurable: true };
    Object.defineProperty(globalThis, "location", { ...live, get: () => page.url });
    Object.defineProperty(globalThis, "scrollY", { ...live, get: () => page.scrollY });
  }

  start(options: Options = {}, ...extensions: Extension[]): this {
    start({ site: "shop", ...options }, "https://li.example/js/li.js", [], extensions);
    return this;
  }

  get track(): Track {
    return window.liveinsight!;
  }

  happen(type: string, event: object = {}): void {
    for (const [name, listener] of this.listeners) if (name == type) listener({ type, ...event });
  }

  /** Lets time pass, a heartbeat a second, and answers arrive. */
  async live(seconds = 1): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      this.now += 1000;
      this.heartbeat("");
      await Promise.resolve().then(() => {}).then(() => {});
    }
  }

  go(to: string): void {
    history.pushState(null, "", to);
  }

  async hide(): Promise<void> {
    this.document.hidden = true;
    this.happen("visibilitychange");
    await new Promise((done) => setTimeout(done));
  }

  show(): void {
    this.document.hidden = false;
    this.happen("visibilitychange");
  }

  click(dataset: Record<string, string> | null): void {
    const found = dataset && { dataset };
    this.happen("click", { target: { closest: () => found } });
  }

  types(): string[] {
    return this.sent.map((event) => event.event_type);
  }

  paths(): string[] {
    return this.sent
      .filter((event) => event.event_type == "page_view")
      .map((event) => event.page_url.replace(/\?$/, "").replace(this.url.origin, ""));
  }
}
