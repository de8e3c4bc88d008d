import { afterEach, expect, test, vi } from "vitest";
import { Page } from "./page";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  vi.resetModules();
});

test("calls before init wait for it, and a second init does nothing", async () => {
  const page = new Page();
  const { init, pageView, track } = await import("../src");
  track("Early", { props: { n: 1 } });
  init({ site: "shop" });
  init({ site: "shop" });
  pageView({ page_url: "https://shop.example/virtual" });
  await page.live(2);
  expect(page.types()).toEqual(["page_view", "Early", "page_view"]);
  expect(page.sent[2]!.page_url).toBe("https://shop.example/virtual");
});

test("calls of a page's stub are taken over", async () => {
  const page = new Page();
  const stub = Object.assign((..._args: unknown[]) => {}, { q: [["Stubbed"]] });
  vi.stubGlobal("liveinsight", stub);
  const { init } = await import("../src");
  init();
  await page.live();
  expect(page.types()).toEqual(["page_view", "Stubbed"]);
});

test("on a server nothing happens", async () => {
  vi.stubGlobal("window", undefined);
  const { init, pageView, track } = await import("../src");
  init();
  track("A");
  pageView();
});
