// Clicks on links, as outbound links and downloads want them: also those that open a new tab.

/** The link without its query, which may hold what is nobody's business. */
export const bare = (link: HTMLAnchorElement): string => link.origin + link.pathname;

export const onLink = (act: (link: HTMLAnchorElement) => void): void => {
  const look = (event: Event): void => {
    // The middle button opens a tab, the right one a menu; both are "auxclick".
    if (event.type == "auxclick" && (event as MouseEvent).button != 1) return;
    const link = (event.target as Element).closest?.<HTMLAnchorElement>("a[href]");
    // Links in SVG have an object for an address.
    if (link && typeof link.href == "string") act(link);
  };
  addEventListener("click", look, true);
  addEventListener("auxclick", look, true);
};
