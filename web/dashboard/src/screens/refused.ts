// What the server does not take of a form, in the words of the page; it says it in its own.
import { ApiError } from "../api/client";
import { t } from "../i18n/index.svelte";
import type { Key } from "../i18n/keys";
import { said } from "../parts/said";

const BY_FIELD: Record<string, Key> = {
  address: "refused.address", domain: "refused.domain", email: "refused.email", id: "refused.id", name: "refused.name",
  old_password: "refused.old_password", role: "refused.role", timezone: "refused.timezone",
};

export function refused(error: unknown): string {
  const known = error instanceof ApiError && error.status === 400 ? BY_FIELD[error.field ?? ""] : undefined;
  return known ? t(known) : said(error);
}
