import { describe, expect, it } from "vitest";
import type { Diagnosis } from "../../api/types";
import { findings, worstFirst, type Tried } from "./doctor";

const WELL: Tried = { script: true, ready: true, off_ms: 40, secure: true };
const told = (patch: Partial<Diagnosis> = {}): Diagnosis => ({
  site: "shop",
  since_ms: 0,
  script: { seen: true, last_ms: 1, batches: 30, hosts: [{ host: "shop.example", batches: 30, allowed: true }] },
  addresses: { distinct: 12, agents: 5, looks_like_one_proxy: false, untrusted_forwarding: 0, private: 0 },
  clock: { median_skew_ms: 10, samples: 30 },
  middleware: { seen: false, last_ms: null, visitors: 0, blocked: null, blocked_percent: null },
  findings: [],
  ...patch,
});
const of = (found: ReturnType<typeof findings>, what: string) => found.find((one) => one.what === what);

describe("the install doctor", () => {
  it("finds nothing wrong where all is well", () => {
    expect(findings(told(), WELL).filter((one) => one.good === false)).toEqual([]);
  });

  it("waits for pages that were never seen, and blames nobody", () => {
    const quiet = told({ script: { seen: false, last_ms: null, batches: 0, hosts: [] }, addresses: { ...told().addresses, distinct: 0 }, findings: ["no_script_yet"] });
    const found = findings(quiet, WELL);
    expect([of(found, "pages")?.good, of(found, "hosts"), of(found, "addresses")?.good]).toEqual([null, undefined, null]);
  });

  it("names the hosts that are not the site's", () => {
    const hosts = [{ host: "staging.example", batches: 3, allowed: false }];
    const found = findings(told({ script: { ...told().script, hosts }, findings: ["host_not_allowed"] }), WELL);
    expect(of(found, "hosts")).toMatchObject({ good: false, hint: "doctor.hosts_hint", holes: { hosts: "staging.example" } });
  });

  it("tells a proxy that hides addresses from one that is not trusted", () => {
    expect(of(findings(told({ findings: ["one_proxy"] }), WELL), "addresses")?.hint).toBe("doctor.one_proxy");
    expect(of(findings(told({ findings: ["untrusted_proxy"] }), WELL), "addresses")?.hint).toBe("doctor.untrusted_proxy");
  });

  it("believes neither clock alone", () => {
    expect(of(findings(told({ findings: ["server_clock_off"] }), WELL), "clock")?.good).toBe(false);
    expect(of(findings(told(), { ...WELL, off_ms: 90_000 }), "clock")?.good).toBe(false);
    expect(of(findings(told({ clock: { median_skew_ms: null, samples: 0 } }), { ...WELL, off_ms: null }), "clock")?.good).toBe(null);
  });

  it("puts what is wrong on top", () => {
    const found = worstFirst(findings(told({ findings: ["counted_twice"] }), { ...WELL, secure: false }));
    expect(found.slice(0, 2).map((one) => one.what)).toEqual(["twice", "https"]);
    expect(found.at(-1)?.good).toBe(true);
  });
});
