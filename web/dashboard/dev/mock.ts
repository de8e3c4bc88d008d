// A made-up server for work on the screens (LIVEINSIGHT_MOCK=1 npx vite): believable figures from a
// fixed dice, never part of a build.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Plugin } from "vite";
import type { Live, Question, Report, Row } from "../src/api/types";
import { addDays, today } from "../src/state/calendar.ts";

const ZONE = "Asia/Seoul";
const METRICS: Record<string, number> = {
  visitors: 1, visits: 1.18, pageviews: 2.9, events: 3.4, views_per_visit: 0, bounce_rate: 0, visit_duration: 0, time_on_page: 0, scroll_depth: 0,
};
const NAMES: Record<string, (string | null)[]> = {
  source: ["Google", null, "Naver", "Hacker News", "GitHub", "ChatGPT", "X", "Reddit", "YouTube", "LinkedIn", "Daum", "Bing"],
  channel: ["Organic Search", "Direct", "Referral", "Organic Social", "AI Assistant", "Email", "Paid Search"],
  page: ["/", "/pricing", "/blog/real-time-in-one-process", "/docs", "/docs/install", "/about", "/blog", "/changelog", "/docs/api", "/한국어/소개", "/<b>bold</b>"],
  country: ["KR", "US", "JP", "DE", "GB", "FR", "IN", "BR", "CA", "AU", "SG", "NL", "TW", "VN"],
  browser: ["Chrome", "Safari", "Samsung Internet", "Edge", "Firefox", "Whale", "Opera"],
  os: ["Windows", "iOS", "Android", "Mac OS X", "Linux"],
  device: ["desktop", "mobile", "tablet"],
  event: ["Signup", "Download", "Outbound Link", "Video play"],
};

function dice(seed: string): number {
  let hash = 2166136261;
  for (const letter of seed) hash = Math.imul(hash ^ letter.charCodeAt(0), 16777619);
  return ((hash >>> 0) % 1000) / 1000;
}

function figure(name: string, visitors: number, seed: string): number {
  const luck = dice(seed + name);
  if (name === "bounce_rate") return Math.round((38 + luck * 14) * 10) / 10;
  if (name === "visit_duration") return Math.round(90 + luck * 120);
  if (name === "views_per_visit") return Math.round((2.1 + luck) * 100) / 100;
  if (name === "time_on_page") return Math.round(30 + luck * 60);
  if (name === "scroll_depth") return Math.round(40 + luck * 50);
  return Math.round(visitors * (METRICS[name] ?? 1));
}

function row(question: Question, value: string | null, visitors: number): Row {
  const metrics = question.metrics.map((name) => figure(name, visitors, String(value)));
  const before = question.metrics.map((name) => figure(name, visitors * 0.9, `${value}before`));
  const change = metrics.map((now, at) => (before[at] ? Math.round((1000 * (now - before[at])) / before[at]) / 10 : null));
  return { dimensions: [value], metrics, ...(question.compare ? { comparison: { metrics: before, change } } : {}) };
}

function answer(question: Question): Report {
  const dimension = question.dimensions?.[0] ?? "";
  let results: Row[];
  if (dimension === "time:hour") {
    const hours = new Date().getUTCHours() + 1;
    results = Array.from({ length: hours }, (_, at) => {
      const bucket = `${today(ZONE)}T${String(at).padStart(2, "0")}:00:00+09:00`;
      return row(question, bucket, 20 + 90 * Math.sin((at / 24) * Math.PI) + 20 * dice(bucket));
    });
  } else if (dimension.startsWith("time:")) {
    results = Array.from({ length: 30 }, (_, at) => {
      const bucket = addDays(today(ZONE), at - 29);
      return row(question, bucket, 700 + 300 * Math.sin(at / 1.1) + 400 * dice(bucket));
    });
  } else {
    const names = NAMES[dimension] ?? ["one", "two", "three"];
    results = names.map((name, at) => row(question, name, Math.round(2400 / (at + 1.4) ** 1.25)));
  }
  const total = results.reduce((sum, one) => sum + Number(one.metrics[0]), 0);
  const all = row(question, "total", total);
  const page = results.slice(question.offset ?? 0, (question.offset ?? 0) + (question.limit ?? 100));
  return {
    results: page,
    totals: all.metrics,
    ...(all.comparison ? { totals_comparison: all.comparison as { metrics: number[]; change: number[] } } : {}),
    meta: {
      total_rows: results.length, elapsed_ms: 4, read: "events", fresh_until: Date.now(),
      explained: [
        { read: "rollup", from: addDays(today(ZONE), -29), to: addDays(today(ZONE), -1), files: 2, hot: false },
        { read: "events", from: today(ZONE), to: today(ZONE), files: 1, hot: true },
      ],
    },
    query: { ...question, range: { from: `${addDays(today(ZONE), -29)}T00:00:00+09:00`, to: new Date(Date.now() + 9 * 3600_000).toISOString().replace(/\..*/, "+09:00") } } as Report["query"],
  };
}

function live(): Live {
  const now = Date.now();
  const pick = (name: string, at: number) => (NAMES[name] as (string | null)[])[Math.floor(dice(`${name}${at}`) ** 2 * (NAMES[name] as unknown[]).length)] ?? null;
  const second = Math.floor(now / 700);
  return {
    active_users: 40 + Math.round(8 * Math.sin(now / 9000)),
    current_pages: { "/": 14, "/pricing": 7, "/docs": 6, "/blog/real-time-in-one-process": 5, "/docs/install": 3 },
    events_last_5min: 212, timestamp: now, visitors_last_30min: 187, pageviews_last_30min: 640,
    series: Array.from({ length: 30 }, (_, at) => {
      const time = Math.floor(now / 60_000) * 60_000 - (29 - at) * 60_000;
      const views = Math.round(12 + 14 * dice(String(time)));
      return { time, pageviews: views, visitors: Math.round(views / 2) };
    }),
    top_sources: [{ name: "Google", visitors: 61 }, { name: null, visitors: 40 }, { name: "Naver", visitors: 32 }],
    top_countries: [{ name: "KR", visitors: 80 }, { name: "US", visitors: 41 }, { name: "JP", visitors: 17 }, { name: "DE", visitors: 9 }],
    feed: Array.from({ length: 50 }, (_, at) => ({
      time: (second - at) * 700, event: dice(`e${second - at}`) > 0.9 ? "Signup" : "page_view", page: pick("page", second - at), title: null,
      source: pick("source", second - at), country: pick("country", second - at), browser: pick("browser", second - at), device: "desktop",
    })),
  };
}

const SITE = {
  id: "shop", domains: ["shop.example"], aliases: [], timezone: ZONE, public: false, honour_gpc: true, honour_dnt: false,
  allowed_params: [], excluded_ips: [], excluded_pages: [], retention_days: 0, goals: [], funnels: [],
};

async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = (request.url ?? "").split("?")[0]?.replace(/^\/api\//, "");
  if (path === "realtime" && request.headers.accept?.includes("event-stream")) {
    response.writeHead(200, { "content-type": "text/event-stream" });
    const push = () => response.write(`event: live\ndata: ${JSON.stringify(live())}\n\n`);
    push();
    const timer = setInterval(push, 700);
    request.on("close", () => clearInterval(timer));
    return;
  }
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = chunks.length ? (JSON.parse(Buffer.concat(chunks).toString()) as Question) : null;
  const data: unknown =
    path === "query" && body ? answer(body)
    : path === "realtime" ? live()
    : path === "session" ? { setup: false, person: { email: "owner@shop.example", role: "owner" }, csrf: "x" }
    : path === "sites" ? { sites: [SITE] }
    : path === "aside" ? { results: [{ reason: "bot", events: 812 }, { reason: "duplicate", events: 31 }, { reason: "excluded_ip", events: 12 }] }
    : path === "props" ? { results: [{ key: "plan", events: 9 }] } : {};
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify({ status: "success", data }));
}

export function mock(): Plugin {
  return {
    name: "mock-server",
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        if (request.url?.startsWith("/api/")) void respond(request, response);
        else next();
      });
    },
  };
}
