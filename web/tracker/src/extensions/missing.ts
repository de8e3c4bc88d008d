// Pages that are not there. The browser tells the status where it can (Chromium, Firefox);
// elsewhere the site's error page says so itself: `data-404="404"`.
import type { Extension } from "../event";

export const missing =
  (status?: string): Extension =>
  (track) => {
    const [entry] = performance.getEntriesByType("navigation") as (PerformanceEntry & {
      responseStatus?: number;
    })[];
    // Later, so that the page view comes first.
    if (status == "404" || entry?.responseStatus == 404)
      setTimeout(() => track("404", { props: { path: location.pathname } }));
  };
