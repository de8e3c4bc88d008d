// The tracker: it sees page views, attention and custom events, and brings them to the collector.
//
// All of it is one function, `act`, that looks at the page as it is now and does what is due: count
// the page if it is another one, tell of attention if the page was left, send if it is time. Every
// sign of life calls it (a heartbeat, a click, a history change, a tab that hides), and calling it
// once more never hurts. So there are no states that can disagree, which is what makes it small: it
// has to stay under 1,000 bytes gzipped, and where two ways are equally clear, the smaller one
// stands here. It throws nothing into the page, and leaves cookies and forms alone.

import type { Extension, Fields, Hand, Options, Track, TrackedEvent } from "./event";

// The plus build (extensions) has seams that the core build drops.
declare const PLUS: boolean;

type Sign = string | number | Partial<Pick<MouseEvent, "type" | "target">> | PageTransitionEvent;

export const start = (
  options: Options,
  src: string,
  waiting: Parameters<Track>[],
  extensions: Extension[] = [],
): void => {
  let page = "", // the address that was counted last, "" before the page was ever shown
    delay = 0.5,
    wait = 0, // heartbeats until the next sending
    view = {} as TrackedEvent,
    depth = 0,
    engaged = 0;
  let hush: string | undefined; // the visitor opted out
  let hands: Hand[];
  // Nothing can be pushed to 0, so nothing is ever counted. A name without a dot followed by a
  // letter is localhost, a bare address or "" (a file).
  const queue = (
      options.local == null && (!/\.\D/.test(location.host) || navigator.webdriver) ? 0 : []
    ) as TrackedEvent[],
    api = options.api || new URL("../api/events", src),
    act = (window.liveinsight = (sign: Sign, fields?: Fields): void => {
      try {
        const hidden = document.hidden,
          timestamp = Date.now(),
          // Of the query only campaign tags and what the site allows leave the page. The "?" is
          // always there, so that of two addresses none is the beginning of the other by chance.
          page_url =
            location.origin +
            location.pathname +
            (PLUS ? hands.map((hand) => hand.path?.() ?? "").join("") : "") +
            "?" +
            location.search
              .replace(
                RegExp(
                  `[?&](?!(utm_\\w+|ref|source|\\w+(clk?|bra)id|${options.params})=)[^&]*`,
                  "g",
                ),
                "",
              )
              .slice(1),
          push = (event_type: string, fields?: Fields) => {
            fields = {
              timestamp,
              screen: screen.width + "x" + screen.height,
              event_type,
              event_id: Math.random() + "",
              site: options.site,
              page_url,
              ...fields,
            } as TrackedEvent;
            if (PLUS) hands.forEach((hand) => hand.shape?.(fields as TrackedEvent));
            // Storage may be forbidden, as it is in frames of other sites.
            try {
              hush = localStorage.liveinsight;
            } catch {}
            hush || queue[500] || queue.push(fields as TrackedEvent);
            return fields as TrackedEvent;
          };

        // Pages set their title after their address: it is kept up to date until it is sent.
        view.title = document.title;
        // Attention is counted in heartbeats of a visible page: no clock that jumps and no machine
        // that sleeps can add to it.
        sign || hidden || (engaged += 1e3);
        depth = Math.max(
          depth,
          (((scrollY + innerHeight) / document.documentElement.scrollHeight) * 100) | 0,
        );
        // A page that comes back from the back/forward cache is seen anew.
        if ((sign as PageTransitionEvent).persisted) page = "";
        // Not another page: an address that only lost its campaign tags, as some sites do.
        if (hidden || page.indexOf(page_url)) {
          if (engaged)
            push("engagement", { page_url: page, engaged_ms: engaged, scroll_depth: depth });
          engaged = depth = 0;
          // A prerendered page, and one in a tab that was never looked at, are not seen yet.
          if (!hidden) {
            view = push("page_view", { referrer: page || document.referrer.split("?")[0]! });
            page = page_url;
          }
        }
        if ((sign as string).length) push(sign as string, fields);
        // Of a click elsewhere nothing is left to do: that there is no such element may throw.
        if ((sign as MouseEvent).type == "click") {
          const data = ((sign as MouseEvent).target as Element).closest<HTMLElement>(
            "[data-li-event]",
          )!.dataset;
          act(data.liEvent!, { props: data.liProps && JSON.parse(data.liProps) });
        }
        // The heartbeat ("") sends what has gathered; a page that hides may never come back.
        while (page && queue[0] && (sign ? hidden : --wait < 0)) {
          const batch = queue.splice(0, 100),
            body = JSON.stringify({ events: batch, sent_at: timestamp }),
            done = ({ status }: { status?: number }): void => {
              // No answer (offline), 429 and above: keep the events and wait twice as long. Their
              // ids make it harmless that the collector may have had them already.
              if (status! < 429) {
                wait = delay = 0.5;
                if (PLUS) hands.forEach((hand) => hand.sent?.(batch));
              } else queue.unshift(...batch);
            };
          wait = delay *= 2;
          if (PLUS) hands.forEach((hand) => hand.sending?.(batch));
          // A string is sent as text/plain, which needs no preflight. Firefox before 133 drops a
          // fetch when the page goes; a beacon lives on, but tells nothing.
          if ("keepalive" in Request.prototype)
            fetch(api, { method: "POST", body, keepalive: true }).then(done, done);
          else navigator.sendBeacon(api, body);
        }
      } catch {}
    });

  if (PLUS) hands = extensions.map((extension) => extension(act, queue) ?? {});
  "push replace".split(" ").map((name) => {
    const original = history[(name += "State") as "pushState"];
    history[name as "pushState"] = function (this: History, ...args) {
      original.apply(this, args);
      act(1);
    };
  });
  // Captured, so that no handler of the page can keep them from us.
  "click popstate pageshow visibilitychange"
    .split(" ")
    .map((type) => addEventListener(type, act as EventListener, true));
  setInterval(act, 1e3, "");
  act(1);
  waiting.map((args) => act(...args));
};
