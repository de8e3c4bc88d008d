// Core Web Vitals (LCP, INP, CLS) with TTFB and FCP, measured by the web-vitals package. They ride
// on the engagement events as properties, in ms (CLS without a unit), so that measuring how fast a
// page is changes neither what an event nor what a bounce is. In a file of its own: it is three
// times as large as the tracker.
import { onCLS, onFCP, onINP, onLCP, onTTFB } from "web-vitals";
import type { Extension, Scalar } from "../event";

export const vitals = (): Extension => () => {
  let news: Record<string, Scalar> = {};
  for (const measure of [onCLS, onFCP, onINP, onLCP, onTTFB])
    measure(
      ({ name, value }) => {
        news[name.toLowerCase()] = name == "CLS" ? Number(value.toFixed(4)) : Math.round(value);
      },
      // The page may go before a metric is final: what is known then is what counts.
      { reportAllChanges: true },
    );
  return {
    shape(event) {
      if (event.event_type != "engagement" || !Object.keys(news).length) return;
      event.props = { ...event.props, ...news };
      news = {};
    },
  };
};
