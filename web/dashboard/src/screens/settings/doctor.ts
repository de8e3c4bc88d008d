// The install doctor's findings, out of what the server saw and what this browser can try. Pure, so
// that each finding can be tested without a server.
import type { Diagnosis } from "../../api/types";
import type { Key } from "../../i18n/keys";

/** What this browser found by trying. */
export interface Tried {
  script: boolean;
  ready: boolean;
  /** How far this browser's clock is from the server's; null where it could not be compared. */
  off_ms: number | null;
  secure: boolean;
}
export interface Finding {
  what: "script" | "pages" | "hosts" | "addresses" | "clock" | "blocked" | "twice" | "ready" | "https";
  /** True is well, false is wrong, null is not known yet. */
  good: boolean | null;
  /** What to do, or what is still missing. */
  hint: Key;
  holes: Record<string, string | number>;
}

const MOST_OFF_MS = 60_000;
const ENOUGH = 20;

export function findings(told: Diagnosis, tried: Tried): Finding[] {
  const has = (name: string) => told.findings.includes(name);
  const strange = told.script.hosts.filter((one) => !one.allowed).map((one) => one.host);
  const found: Finding[] = [];
  const say = (what: Finding["what"], good: boolean | null, hint: Key, holes: Finding["holes"] = {}) => found.push({ what, good, hint, holes });

  say("ready", tried.ready, "doctor.ready_hint");
  say("script", tried.script, "doctor.script_hint");
  say("pages", told.script.seen ? true : null, told.script.seen ? "doctor.pages_seen" : "doctor.pages_hint", { n: told.script.batches });
  if (told.script.seen) say("hosts", strange.length === 0, strange.length === 0 ? "doctor.hosts_seen" : "doctor.hosts_hint", { hosts: (strange.length ? strange : told.script.hosts.map((one) => one.host)).slice(0, 3).join(", ") });
  if (has("one_proxy")) say("addresses", false, "doctor.one_proxy");
  else if (has("untrusted_proxy")) say("addresses", false, "doctor.untrusted_proxy", { n: told.addresses.untrusted_forwarding });
  else say("addresses", told.addresses.distinct > 0 ? true : null, told.addresses.distinct > 0 ? "doctor.addresses_seen" : "doctor.addresses_hint", { n: told.addresses.distinct });
  if (has("server_clock_off") || (tried.off_ms ?? 0) > MOST_OFF_MS) say("clock", false, "doctor.clock_hint");
  else say("clock", tried.off_ms !== null || told.clock.samples >= ENOUGH ? true : null, "doctor.clock_unknown");
  if (told.middleware.blocked_percent === null) say("blocked", null, "doctor.blocked_unknown");
  else say("blocked", !has("many_blocked"), has("many_blocked") ? "doctor.blocked_hint" : "doctor.blocked_seen", { n: told.middleware.blocked_percent ?? 0 });
  if (has("counted_twice")) say("twice", false, "doctor.twice_hint");
  say("https", tried.secure, "doctor.https_hint");
  return found;
}

/** The worst first, so that what is to be done stands on top. */
export function worstFirst(found: Finding[]): Finding[] {
  const rank = (one: Finding) => (one.good === false ? 0 : one.good === null ? 1 : 2);
  return [...found].sort((one, other) => rank(one) - rank(other));
}
