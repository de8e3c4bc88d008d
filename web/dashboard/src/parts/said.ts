// What went wrong, in words that say what to do.
import { ApiError } from "../api/client";
import { t } from "../i18n/index.svelte";
import type { Key } from "../i18n/keys";

const BY_STATUS: Record<number, Key> = {
  0: "trouble.offline", 403: "trouble.forbidden", 404: "trouble.missing", 429: "trouble.limited", 503: "trouble.busy",
};

export function said(error: unknown): string {
  if (!(error instanceof ApiError)) return String(error);
  const known = BY_STATUS[error.status];
  if (known) return t(known);
  return error.field ? `${error.field}: ${error.message}` : error.message;
}
