// Links that lead to other hosts.
import type { Extension } from "../event";
import { bare, onLink } from "./links";

export const outbound = (): Extension => (track) =>
  onLink((link) => {
    if (/^http/.test(link.protocol) && link.host != location.host)
      track("Outbound Link: Click", { props: { url: bare(link) } });
  });
