import { describe, expect, it } from "vitest";
import { condition, drafted, EMPTY, isWhole, tests } from "./condition";

describe("goals and steps", () => {
  it("are made of what was chosen and come back as it", () => {
    const drafts = [
      { ...EMPTY, value: "/pricing" },
      { ...EMPTY, what: "event" as const, match: "matches" as const, value: "^Sign", prop: "plan", propValue: "pro" },
    ];
    expect(condition(drafts[0] ?? EMPTY)).toEqual({ page: "/pricing" });
    expect(condition(drafts[1] ?? EMPTY)).toEqual({ event: { matches: "^Sign" }, props: { plan: "pro" } });
    for (const draft of drafts) expect(drafted(condition(draft))).toEqual(draft);
  });

  it("are whole with a value, and a property with one too", () => {
    expect(isWhole(EMPTY)).toBe(false);
    expect(isWhole({ ...EMPTY, value: "/" })).toBe(true);
    expect(isWhole({ ...EMPTY, value: "/", prop: "plan" })).toBe(false);
  });

  it("are told by what they ask, a page view by its page alone", () => {
    const filter = ["and", [["is", "event", ["page_view"]], ["contains", "page", ["/blog/"]]]] as const;
    expect(tests(filter as never)).toEqual([{ op: "contains", dimension: "page", value: "/blog/" }]);
    expect(tests({ event: "Signup" })).toEqual([{ op: "is", dimension: "event", value: "Signup" }]);
  });
});
