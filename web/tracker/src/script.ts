// `li.js`: the tracker as a script element. Its options are the element's `data-` attributes.
import { start } from "./core";

{
  const { dataset, src } = document.currentScript as HTMLScriptElement,
    // A tracker that runs already has no queue: a second script element does nothing.
    { q } = window.liveinsight || { q: [] };
  if (q) start(dataset, src, q);
}
