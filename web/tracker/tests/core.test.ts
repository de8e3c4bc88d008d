import { afterEach, describe, expect, test, vi } from "vitest";
import { Page } from "./page";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe("page views", () => {
  test("a page is counted once, with what the collector wants to know of it", async () => {
    const page = new Page("https://shop.example/shoes");
    page.document.referrer = "https://search.example/?q=secret";
    page.start();
    await page.live(3);
    expect(page.sent).toEqual([
      {
        event_type: "page_view",
        event_id: expect.stringMatching(/^0\.\d{5,}$/),
        timestamp: 1_700_000_000_000,
        page_url: "https://shop.example/shoes?",
        referrer: "https://search.example/",
        title: "A page",
        screen: "1920x1080",
        site: "shop",
      },
    ]);
    expect(page.bodies[0]!.sent_at).toBe(1_700_000_001_000);
  });

  test("navigation inside the page counts each new address, with its own title", async () => {
    const page = new Page().start();
    page.go("/a");
    page.document.title = "A";
    await page.live();
    page.go("/b");
    page.document.title = "B";
    await page.live();
    expect(page.paths()).toEqual(["/", "/a", "/b"]);
    expect(page.sent.filter((event) => event.title).map((event) => event.title)).toEqual([
      "A page",
      "A",
      "B",
    ]);
  });

  test("a history change without a new address is no page view", async () => {
    const page = new Page("https://shop.example/list").start();
    page.go("/list?page=2");
    page.go("/list#top");
    page.happen("popstate");
    await page.live();
    expect(page.paths()).toEqual(["/list"]);
  });

  test("an address under the last one is another page", async () => {
    const page = new Page("https://shop.example/shop/item").start();
    page.go("/shop");
    page.go("/shop/item");
    await page.live();
    expect(page.paths()).toEqual(["/shop/item", "/shop", "/shop/item"]);
  });

  test("campaign tags are told, and removing them from the address is no page view", async () => {
    const page = new Page("https://shop.example/?a=1&utm_source=news&gclid=x&b=2").start();
    page.go("/");
    await page.live();
    expect(page.paths()).toEqual(["/?utm_source=news&gclid=x"]);
  });

  test("only query parameters that the site allows leave the page", async () => {
    const page = new Page("https://shop.example/find?token=secret&q=shoes&lang=ko&qq=1");
    page.start({ params: "q|lang" });
    await page.live();
    expect(page.paths()).toEqual(["/find?q=shoes&lang=ko"]);
    expect(JSON.stringify(page.bodies)).not.toContain("secret");
  });

  test("a page that was loaded unseen is counted when it is shown", async () => {
    const page = new Page();
    page.document.hidden = true;
    page.start();
    page.track("Early");
    await page.live(5);
    expect(page.sent).toEqual([]);
    page.show();
    await page.live();
    expect(page.types().sort()).toEqual(["Early", "page_view"]);
  });

  test("a page that comes back from the back/forward cache is counted again", async () => {
    const page = new Page().start();
    await page.hide();
    page.document.hidden = false;
    page.happen("pageshow", { persisted: true });
    await page.live();
    expect(page.types()).toEqual(["page_view", "page_view"]);
  });
});

describe("attention", () => {
  test("engaged time and depth are told when the page hides, and not by unload", async () => {
    const page = new Page().start();
    await page.live(2);
    page.scrollY = 500;
    await page.live();
    page.scrollY = 0;
    await page.hide();
    expect(page.sent.at(-1)).toMatchObject({
      event_type: "engagement",
      page_url: "https://shop.example/?",
      engaged_ms: 3000,
      scroll_depth: 75,
    });
  });

  test("a hidden page gathers no attention", async () => {
    const page = new Page().start();
    await page.live(2);
    await page.hide();
    await page.live(600);
    page.show();
    await page.live(4);
    await page.hide();
    const engaged = page.sent.filter((event) => event.event_type == "engagement");
    expect(engaged.map((event) => event.engaged_ms)).toEqual([2000, 4000]);
  });

  test("a machine that slept, or whose clock jumped, adds no hours", async () => {
    const page = new Page().start();
    await page.live();
    page.now += 8 * 3_600_000;
    await page.live();
    page.now -= 9 * 3_600_000;
    await page.hide();
    expect(page.sent.at(-1)!.engaged_ms).toBe(2000);
  });

  test("attention belongs to the page that was left", async () => {
    const page = new Page("https://shop.example/a").start();
    await page.live(3);
    page.go("/b");
    await page.live();
    const engagement = page.sent.find((event) => event.event_type == "engagement");
    expect(engagement).toMatchObject({ page_url: "https://shop.example/a?", engaged_ms: 3000 });
  });
});

describe("custom events", () => {
  test("a call tells a name with properties and revenue", async () => {
    const page = new Page().start();
    page.track("Purchase", {
      props: { plan: "pro", seats: 3 },
      revenue: { amount: "12.90", currency: "EUR" },
    });
    await page.live();
    expect(page.sent[1]).toMatchObject({
      event_type: "Purchase",
      props: { plan: "pro", seats: 3 },
      revenue: { amount: "12.90", currency: "EUR" },
    });
  });

  test("a click inside an element with data-li-event tells it", async () => {
    const page = new Page().start();
    page.click({ liEvent: "Signup", liProps: '{"plan":"pro"}' });
    page.click({ liEvent: "Plain" });
    page.click(null);
    await page.live();
    expect(page.types()).toEqual(["page_view", "Signup", "Plain"]);
    expect(page.sent[1]!.props).toEqual({ plan: "pro" });
  });

  test("every event has an id of its own", async () => {
    const page = new Page().start();
    for (let n = 0; n < 100; n++) page.track("Burst");
    await page.live(3);
    expect(new Set(page.sent.map((event) => event.event_id)).size).toBe(101);
  });
});

describe("sending", () => {
  test("what the collector did not take is sent again with the same ids, later and later", async () => {
    const page = new Page();
    page.status = 503;
    page.start();
    await page.live(60);
    const tries = page.bodies.length;
    expect(tries).toBeGreaterThan(3);
    expect(tries).toBeLessThan(8);
    page.status = 200;
    await page.live(64);
    expect(page.types()).toEqual(["page_view"]);
    expect(page.sent[0]!.event_id).toBe(page.bodies[0]!.events[0]!.event_id);
  });

  test.each([0, 429, 502])("nothing is lost when the answer is %d for a while", async (status) => {
    const page = new Page();
    page.status = status;
    page.start();
    page.track("A");
    await page.live(2);
    await page.hide();
    page.status = 200;
    page.show();
    await page.live(20);
    expect(page.types()).toEqual(["page_view", "A", "engagement"]);
  });

  test("what the collector refuses is not sent again", async () => {
    const page = new Page();
    page.status = 400;
    page.start();
    await page.live(60);
    expect(page.bodies.length).toBe(1);
  });

  test("the queue is bounded while the collector is away", async () => {
    const page = new Page();
    page.status = 0;
    page.start();
    for (let n = 0; n < 2000; n++) page.track("More");
    await page.live(100);
    page.status = 200;
    await page.live(600);
    expect(page.sent.length).toBe(501);
  });

  test("a browser that cannot keep a fetch alive sends beacons", async () => {
    const page = new Page("https://shop.example/", { Request: class {} }).start();
    await page.live();
    expect(JSON.parse(page.beacons[0]!).events[0].event_type).toBe("page_view");
  });
});

describe("who is not counted", () => {
  test.each(["http://localhost:3000/", "http://127.0.0.1/", "http://[::1]:8000/", "file:///a.html"])(
    "%s",
    async (url) => {
      const page = new Page(url).start();
      page.track("A");
      await page.live(3);
      expect(page.bodies).toEqual([]);
    },
  );

  test("automated browsers", async () => {
    const page = new Page();
    page.navigator.webdriver = true;
    await page.start().live(3);
    expect(page.bodies).toEqual([]);
  });

  test("all of these are counted when the owner asks", async () => {
    const page = new Page("http://localhost:3000/");
    page.navigator.webdriver = true;
    await page.start({ local: "" }).live(3);
    expect(page.types()).toEqual(["page_view"]);
  });

  test("who opted out, from that moment on", async () => {
    const page = new Page().start();
    await page.live();
    page.storage.liveinsight = "off";
    page.go("/b");
    page.track("A");
    await page.live(3);
    expect(page.types()).toEqual(["page_view"]);
  });

});

test("a frame that may not read storage is counted all the same", async () => {
  const page = new Page();
  Object.defineProperty(globalThis, "localStorage", {
    configurable: true,
    get: () => {
      throw new Error("SecurityError");
    },
  });
  await page.start().live();
  expect(page.types()).toEqual(["page_view"]);
});

describe("manners", () => {
  test("what is wrapped is called with its own this, arguments and errors", () => {
    const page = new Page().start();
    history.pushState({ a: 1 }, "", "/x");
    expect(page.originalPushState).toHaveBeenCalledWith({ a: 1 }, "", "/x");
    expect(page.originalPushState.mock.contexts[0]).toBe(history);
    page.originalPushState.mockImplementationOnce(() => {
      throw new DOMException("SecurityError");
    });
    expect(() => history.pushState({}, "", "https://other.example/")).toThrow(DOMException);
  });

  test("nothing is thrown into the page, whatever it does to us", async () => {
    const page = new Page().start();
    page.click({ liEvent: "A", liProps: "{not json" });
    page.track(undefined as unknown as string);
    page.happen("click", { target: null });
    vi.stubGlobal("screen", undefined);
    page.track("B");
    vi.stubGlobal("fetch", undefined);
    await page.live(3);
  });
});
