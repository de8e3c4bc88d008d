import { describe, expect, it } from "vitest";
import type { Live } from "../api/types";
import { Connection, POLL_MS, SILENCE_MS, type Picture, type Stream } from "./connection";

// A world whose time only moves when it is told to.
class World {
  now = 0;
  timers: { at: number; then: () => void }[] = [];
  streams: (Stream & { closed: boolean })[] = [];
  polls = 0;
  serverIsUp = true;
  pictures: Picture[] = [];
  connection: Connection;

  constructor(canPush = true) {
    this.connection = new Connection(
      {
        open: canPush ? () => this.#open() : null,
        poll: () => {
          this.polls += 1;
          return this.serverIsUp ? Promise.resolve({ active_users: this.polls } as Live) : Promise.reject(new Error("away"));
        },
        after: (ms, then) => {
          const timer = { at: this.now + ms, then };
          this.timers.push(timer);
          return () => void (this.timers = this.timers.filter((one) => one !== timer));
        },
      },
      (picture) => this.pictures.push(picture),
    );
  }
  #open(): Stream {
    const stream = { onmessage: null, onerror: null, closed: false, close: () => void (stream.closed = true) } as Stream & { closed: boolean };
    this.streams.push(stream);
    return stream;
  }
  get last(): Picture {
    return this.pictures.at(-1) as Picture;
  }
  get stream(): Stream {
    return this.streams.at(-1) as Stream;
  }
  async pass(ms: number): Promise<void> {
    const end = this.now + ms;
    for (;;) {
      await settled();
      const next = this.timers.filter((one) => one.at <= end).sort((one, other) => one.at - other.at)[0];
      if (!next) break;
      this.timers = this.timers.filter((one) => one !== next);
      this.now = next.at;
      next.then();
    }
    this.now = end;
  }
}
const settled = () => new Promise<void>((done) => setImmediate(done));

describe("the live connection", () => {
  it("shows what is pushed, bare or in the answer's envelope", () => {
    const world = new World();
    world.connection.start();
    world.stream.onmessage?.({ data: '{"active_users": 3}' });
    expect(world.last).toMatchObject({ phase: "pushed", live: { active_users: 3 } });
    world.stream.onmessage?.({ data: '{"status": "success", "data": {"active_users": 4}}' });
    expect(world.last.live?.active_users).toBe(4);
  });

  it("says that it is lost, keeps the last figures, and comes back by itself", async () => {
    const world = new World();
    world.connection.start();
    world.stream.onmessage?.({ data: '{"active_users": 3}' });
    world.stream.onerror?.();
    expect(world.last).toMatchObject({ phase: "lost", live: { active_users: 3 }, retryInS: 1 });
    await world.pass(1000);
    expect(world.streams).toHaveLength(2);
    world.stream.onmessage?.({ data: '{"active_users": 5}' });
    expect(world.last).toMatchObject({ phase: "pushed", live: { active_users: 5 } });
  });

  it("polls where the stream never works", async () => {
    const world = new World();
    world.connection.start();
    world.stream.onerror?.();
    await world.pass(1000);
    world.stream.onerror?.();
    await world.pass(1);
    expect(world.last.phase).toBe("polled");
    const before = world.polls;
    await world.pass(POLL_MS * 2);
    expect(world.polls).toBe(before + 2);
  });

  it("takes a silent stream for a broken one", async () => {
    const world = new World();
    world.connection.start();
    world.stream.onmessage?.({ data: '{"active_users": 3}' });
    await world.pass(SILENCE_MS);
    expect(world.last.phase).toBe("lost");
    expect(world.streams[0]?.closed).toBe(true);
  });

  it("waits longer each time while the server is away", async () => {
    const world = new World(false);
    world.serverIsUp = false;
    world.connection.start();
    await world.pass(0);
    expect(world.last.retryInS).toBe(1);
    await world.pass(1000);
    expect(world.last.retryInS).toBe(2);
    await world.pass(2000);
    expect(world.last.retryInS).toBe(4);
    world.serverIsUp = true;
    await world.pass(4000);
    expect(world.last).toMatchObject({ phase: "polled", retryInS: null });
  });

  it("leaves nothing running when it is stopped", async () => {
    const world = new World();
    world.connection.start();
    world.stream.onmessage?.({ data: '{"active_users": 3}' });
    world.connection.stop();
    expect(world.timers).toEqual([]);
    expect(world.streams[0]?.closed).toBe(true);
  });
});
