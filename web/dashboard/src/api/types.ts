// What the server answers, in the server's own words (docs: the HTTP interface).

export interface Config {
  api: string;
  sign_in: "session" | "key";
  live: "push" | "poll";
  abilities: string[];
}

export type Role = "owner" | "admin" | "viewer";

export interface Session {
  /** No person exists yet: the set-up link is needed. */
  setup: boolean;
  person: { email: string; role: Role } | null;
  /** Sent back as X-CSRF-Token with every change. */
  csrf: string | null;
}

export interface Site {
  id: string;
  domains: string[];
  aliases: string[];
  timezone: string;
  public: boolean;
  honour_gpc: boolean;
  honour_dnt: boolean;
  allowed_params: string[];
  excluded_ips: string[];
  excluded_pages: string[];
  /** 0: for ever. */
  retention_days: number;
  goals: Goal[];
  funnels: Funnel[];
  /** What happened; absent for guests. */
  notes: Note[];
}
/** A few words about a day of the site, or a minute of it by its own clock. */
export interface Note {
  at: string;
  text: string;
}

export type Value = number | Record<string, string> | null;
export type Condition = [op: string, dimension: string, values: (string | null)[]];
export type FilterTree = Condition | ["and", FilterTree[]] | ["or", FilterTree[]] | ["not", FilterTree];
export type RangeAsked = string | { from: string; to?: string };

export interface Question {
  site: string;
  range: RangeAsked;
  metrics: string[];
  dimensions?: string[];
  filters?: FilterTree;
  compare?: string | { from: string; to: string };
  goal?: GoalCondition | string;
  order_by?: [string, "asc" | "desc"][];
  limit?: number;
  offset?: number;
}

export interface Row {
  dimensions: (string | null)[];
  metrics: Value[];
  comparison?: { metrics: Value[]; change: (number | null | Record<string, number | null>)[] };
}

/** Days in a row and where their figures were read. */
export interface Explained {
  read: "rollup" | "visits" | "events";
  from: string;
  to: string;
  files: number;
  /** Events that are not sealed yet were among it. */
  hot: boolean;
}

export interface Report {
  results: Row[];
  totals: Value[];
  totals_comparison?: { metrics: Value[]; change: (number | null)[] };
  meta: { total_rows: number; elapsed_ms: number; read?: string; fresh_until?: number; explained?: Explained[] };
  query: { range?: { from: string; to: string }; compare?: { from: string; to: string }; [key: string]: unknown };
}

export interface Live {
  active_users: number;
  current_pages: Record<string, number>;
  events_last_5min: number;
  timestamp: number;
  visitors_last_30min: number;
  pageviews_last_30min: number;
  series: { time: number; pageviews: number; visitors: number }[];
  top_sources: { name: string | null; visitors: number }[];
  top_countries: { name: string | null; visitors: number }[];
  feed: Glimpse[];
}

export interface Glimpse {
  time: number;
  event: string;
  page: string | null;
  title: string | null;
  source: string | null;
  country: string | null;
  browser: string | null;
  os?: string | null;
  device?: string | null;
}

export type Told = string | { contains: string } | { matches: string };
export interface GoalCondition {
  page?: Told;
  event?: Told;
  props?: Record<string, Told>;
}
export interface Goal {
  name: string;
  /** As it was sent when made; told as the filter that it means. */
  when: FilterTree | GoalCondition;
}
export interface GoalRow {
  goal: string;
  conversions: number;
  conversion_rate: number | null;
  revenue: Record<string, string>;
}
export interface FunnelStep {
  step?: unknown;
  count: number;
  rate_from_start: number | null;
  rate_from_previous: number | null;
}
export interface Funnel {
  name: string;
  steps: GoalCondition[];
  within: "visit" | "day";
}
export interface Aside {
  results: { reason: string; events: number }[];
  /** Of no site; only to who may read all. */
  elsewhere?: { reason: string; events: number }[];
}
/** Something that goes to somebody by e-mail. */
export interface Mailed {
  to: string;
  language: "en" | "ko";
  sent_ms: number | null;
  failure: string;
}
export interface Letters {
  can_send: boolean;
  letters: (Mailed & { every: "day" | "week" | "month" })[];
}
export interface Alerts {
  can_send: boolean;
  alerts: (Mailed & { sign: "many" | "few"; visitors: number; hours: number })[];
}
export interface Diagnosis {
  site: string;
  since_ms: number;
  script: { seen: boolean; last_ms: number | null; batches: number; hosts: { host: string; batches: number; allowed: boolean }[] };
  addresses: { distinct: number; agents: number; looks_like_one_proxy: boolean; untrusted_forwarding: number; private: number };
  clock: { median_skew_ms: number | null; samples: number };
  middleware: { seen: boolean; last_ms: number | null; visitors: number; blocked: number | null; blocked_percent: number | null };
  findings: string[];
}
export interface Bringing {
  id: string;
  site: string;
  name: string;
  content: "events" | "export";
  size_bytes: number;
  began_ms: number;
  received_bytes: number;
  phase: "receiving" | "waiting" | "running" | "done" | "failed";
  done: number;
  total: number;
  events: number;
  dropped: Record<string, number>;
  error: string | null;
}
export interface Person {
  email: string;
  role: Role;
  created_ms: number;
}
export interface Key {
  id: string;
  label: string;
  site: string | null;
  scopes: string[];
  created_ms: number;
  last_used_ms: number | null;
}
export interface Share {
  id: string;
  name: string;
  site: string;
  has_password: boolean;
  created_ms: number;
  expires_ms: number | null;
  /** Only in the answer to making it. */
  token?: string;
}
