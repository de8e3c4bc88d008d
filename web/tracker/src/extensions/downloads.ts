// Links to files, known by their ending or by the link's own `download` attribute.
import type { Extension } from "../event";
import { bare, onLink } from "./links";

const TYPES =
  "7z|apk|avi|csv|dmg|docx?|epub|exe|gz|iso|key|midi?|mov|mp[34]|mpe?g|msi|ods|odt|pdf|pkg|ppsx?|pptx?|rar|rtf|tar|txt|wav|wm[av]|xlsx?|zip";

/** `types`: the endings that are files, as `pdf|zip`. */
export const downloads =
  (types?: string): Extension =>
  (track) => {
    const file = RegExp(`\\.(${types || TYPES})$`, "i");
    onLink((link) => {
      if (link.hasAttribute("download") || file.test(link.pathname))
        track("File Download", { props: { url: bare(link) } });
    });
  };
