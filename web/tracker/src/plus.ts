// `li.plus.js`: the tracker with extensions, each chosen by a `data-` attribute of its name.
import { start } from "./core";
import type { Extension } from "./event";
import { downloads } from "./extensions/downloads";
import { errors } from "./extensions/errors";
import { forms } from "./extensions/forms";
import { hash } from "./extensions/hash";
import { missing } from "./extensions/missing";
import { offline } from "./extensions/offline";
import { outbound } from "./extensions/outbound";
import { revenue } from "./extensions/revenue";
import { user } from "./extensions/user";
import { late } from "./late";

{
  const { dataset, src } = document.currentScript as HTMLScriptElement,
    { q } = window.liveinsight || { q: [] };
  if (q) {
    const chosen: Record<string, (value: string) => Extension> = {
      404: missing,
      downloads,
      errors,
      forms,
      hash,
      offline,
      outbound,
      revenue,
      userId: user,
      vitals: () => late(new URL("vitals.js", src)),
    };
    start(
      dataset,
      src,
      q,
      Object.keys(chosen)
        .filter((name) => name in dataset)
        .map((name) => chosen[name]!(dataset[name]!)),
    );
  }
}
