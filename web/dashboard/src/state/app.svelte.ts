// What all screens share: the home's config, who is signed in, the sites, and the view, which is
// the address and nothing else. Actions go up through `go`; data comes down.
import { Client, ApiError } from "../api/client";
import type { Config, Session, Site } from "../api/types";
import { changed, parseView, searchOf, type View } from "./view";

const setupToken = () => new URLSearchParams(location.hash.slice(1)).get("setup");

export class App {
  view = $state.raw<View>(parseView(location.search));
  session = $state.raw<Session | null>(null);
  sites = $state.raw<Site[]>([]);
  /** Asks every panel for fresh figures when it grows. */
  tick = $state(0);
  /** A word to the person that goes by itself. */
  notice = $state.raw<{ text: string; isError: boolean } | null>(null);
  /** Came by a share link: reads one site, with a key of its own. */
  isSharedGuest = $state(false);
  /** The share link was revoked, or is over. */
  isShareGone = $state(false);
  /** The set-up is still to be done, and stands before the screen. */
  needsSetup = $state(false);
  /** The login stands before the screen. */
  needsLogin = $state(false);
  /** The one-time token of the set-up link; in the fragment, so that no server logs it. */
  setupToken = $state(setupToken());
  readonly api: Client;
  #noticeTimer: ReturnType<typeof setTimeout> | undefined;

  readonly config: Config;

  constructor(config: Config) {
    this.config = config;
    this.api = new Client(config);
    this.api.onUnauthorized = () => {
      if (this.isSharedGuest) this.isShareGone = true;
      else this.needsLogin = true;
    };
    if (config.sign_in === "key") this.api.credentials.key = sessionStorage.getItem("liveinsight.key");
    // The link is opened where the page is open already.
    addEventListener("hashchange", () => {
      this.setupToken = setupToken() ?? this.setupToken;
      this.needsSetup ||= this.session?.setup === true && this.setupToken !== null;
    });
    addEventListener("popstate", () => (this.view = parseView(location.search)));
    setInterval(() => {
      if (document.visibilityState === "visible") this.tick += 1;
    }, 30_000);
  }

  readonly site = $derived.by(() => {
    const named = this.sites.find((one) => one.id === this.view.site || one.domains.includes(this.view.site ?? ""));
    return named ?? (this.view.site === null ? (this.sites[0] ?? null) : null);
  });
  readonly zone = $derived(this.site?.timezone ?? "UTC");
  readonly canManage = $derived(this.session?.person ? this.session.person.role !== "viewer" : false);
  readonly isOwner = $derived(this.session?.person?.role === "owner");

  /** Reads without an account: a public site, or by a share link. */
  get isGuest(): boolean {
    return !this.session?.person && this.config.sign_in === "session";
  }

  can(ability: string): boolean {
    return this.config.abilities.includes(ability);
  }

  /** Who we are and which sites there are; the first thing asked. */
  async open(): Promise<void> {
    const sites = this.api.get<{ sites: Site[] }>("sites");
    // Awaited below, by readSites; until then nobody has to hear of its failure.
    sites.catch(() => undefined);
    if (this.config.sign_in === "session") {
      this.session = await this.api.get<Session>("session");
      this.api.credentials.csrf = this.session.csrf;
    }
    await this.readSites(sites);
  }

  async readSites(asked = this.api.get<{ sites: Site[] }>("sites")): Promise<void> {
    try {
      this.sites = (await asked).sites;
      // Before the set-up only a public site can be seen: that of the demo.
      this.needsSetup = this.session?.setup === true && (this.sites.length === 0 || this.setupToken !== null);
      // What is not among the public sites may be there for who signs in.
      const isMissing = this.sites.length === 0 || (this.view.site !== null && this.site === null);
      this.needsLogin = isMissing && this.isGuest && !this.isSharedGuest;
    } catch (error) {
      if (!(error instanceof ApiError) || (error.status !== 401 && error.status !== 403)) throw error;
      this.needsLogin = true;
    }
  }

  go(patch: Partial<View>, how: "push" | "replace" = "push"): void {
    const next = changed(this.view, patch);
    const address = searchOf(next) || location.pathname;
    if (address === (location.search || location.pathname)) return;
    this.view = next;
    if (how === "push") history.pushState(null, "", address);
    else history.replaceState(null, "", address);
  }

  /** Where a link leads: a real address, so that it can be opened in another tab. */
  href(patch: Partial<View>): string {
    return searchOf(changed(this.view, patch)) || location.pathname;
  }

  say(text: string, isError = false): void {
    clearTimeout(this.#noticeTimer);
    this.notice = { text, isError };
    this.#noticeTimer = setTimeout(() => (this.notice = null), isError ? 8000 : 3500);
  }
}
