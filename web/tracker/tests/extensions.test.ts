import { afterEach, describe, expect, test, vi } from "vitest";
import { hash, offline, revenue, user } from "../src";
import { Page } from "./page";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

test("with hash routing the fragment is part of the path, without its query", async () => {
  const page = new Page("https://shop.example/app#/cart?token=secret").start({}, hash());
  page.go("#/pay");
  page.happen("popstate");
  await page.live();
  expect(page.paths()).toEqual(["/app%23/cart", "/app%23/pay"]);
});

test("a signed-in user is told with each event, also when they sign in later", async () => {
  let who: string | undefined;
  const page = new Page().start({}, user(() => who));
  who = "u1";
  page.track("Signed in");
  await page.live();
  expect(page.sent.map((event) => event.user_id)).toEqual([undefined, "u1"]);
});

test("the properties revenue and currency become the event's revenue", async () => {
  const page = new Page().start({}, revenue());
  page.click({
    liEvent: "Purchase",
    liProps: '{"revenue":"12.90","currency":"EUR","plan":"pro"}',
  });
  page.track("Other", { props: { revenue: "a lot" } });
  await page.live();
  expect(page.sent[1]).toMatchObject({
    revenue: { amount: "12.90", currency: "EUR" },
    props: { plan: "pro" },
  });
  expect(page.sent[2]!.props).toEqual({ revenue: "a lot" });
});

describe("the offline queue", () => {
  const withStorage = (rows: Map<string, string>) => {
    const storage = new Proxy(
      {
        getItem: (name: string) => rows.get(name) ?? null,
        setItem: (name: string, text: string) => void rows.set(name, text),
        removeItem: (name: string) => void rows.delete(name),
      } as Record<string, unknown>,
      {
        ownKeys: () => [...rows.keys()],
        getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }),
        get: (target, name) => target[name as string] ?? rows.get(name as string),
      },
    );
    return { localStorage: storage };
  };

  test("what a page could not send, the next one sends, once", async () => {
    const rows = new Map<string, string>();
    const first = new Page("https://shop.example/a", withStorage(rows));
    first.status = 0;
    first.start({}, offline());
    await first.live(2);
    await first.hide();
    vi.unstubAllGlobals();

    const second = new Page("https://shop.example/b", withStorage(rows)).start({}, offline());
    await second.live(3);
    expect(second.types()).toEqual(["page_view", "engagement", "page_view"]);
    expect(rows.size).toBe(0);
  });

  test("what is too old for the collector is let go", async () => {
    const rows = new Map<string, string>();
    const first = new Page("https://shop.example/a", withStorage(rows));
    first.status = 0;
    first.start({}, offline());
    await first.live(2);
    vi.unstubAllGlobals();

    const second = new Page("https://shop.example/b", withStorage(rows));
    second.now += 25 * 3_600_000;
    await second.start({}, offline()).live(3);
    expect(second.paths()).toEqual(["/b"]);
  });
});
