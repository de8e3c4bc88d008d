import { describe, expect, it } from "vitest";
import { areOn, asFilters, asTree, isChosen, only, parse, toggled, toggledAll, write, type Filter } from "./filters";

const korea: Filter = { op: "is", dimension: "country", values: ["KR"] };

describe("filters", () => {
  it("are written and read without loss", () => {
    for (const filter of [korea, { ...korea, values: [null, "%-", "a,b", ""] }] as Filter[]) {
      expect(parse(write(filter))).toEqual(filter);
    }
    expect(parse("is,country")).toBe(null);
    expect(parse("was,country,KR")).toBe(null);
  });

  it("are chosen by a click and taken off by the next", () => {
    expect(toggled([], "country", "KR")).toEqual([korea]);
    expect(toggled([korea], "country", "KR")).toEqual([]);
    expect(toggled([korea], "country", "JP")).toEqual([{ ...korea, values: ["JP"] }]);
  });

  it("gather values with a modifier, and lose them one by one", () => {
    const both = toggled([korea], "country", "JP", true);
    expect(both).toEqual([{ ...korea, values: ["KR", "JP"] }]);
    expect(toggled(both, "country", "KR", true)).toEqual([{ ...korea, values: ["JP"] }]);
    expect(isChosen(both, "country", "JP")).toBe(true);
  });

  it("are one condition alone and all of them together in a question", () => {
    expect(asTree([])).toBe(undefined);
    expect(asTree([korea])).toEqual(["is", "country", ["KR"]]);
    expect(asTree([korea], [["is", "page", ["/"]]])).toEqual(["and", [["is", "country", ["KR"]], ["is", "page", ["/"]]]]);
  });

  it("tell the one value that a dimension is held to", () => {
    expect(only([korea], "country")).toBe("KR");
    expect(only([{ ...korea, values: ["KR", "JP"] }], "country")).toBe(undefined);
    expect(only([{ ...korea, op: "is_not" }], "country")).toBe(undefined);
  });

  it("reads a goal's condition as filters, where it is some that all hold", () => {
    const page: Filter = { op: "is", dimension: "page", values: ["/a"] };
    const view: Filter = { op: "is", dimension: "event", values: ["page_view"] };
    expect(asFilters(["is", "page", ["/a"]])).toEqual([page]);
    expect(asFilters(["and", [["is", "event", ["page_view"]], ["is", "page", ["/a"]]]])).toEqual([view, page]);
    expect(asFilters(["or", [["is", "page", ["/a"]], ["is", "page", ["/b"]]]])).toBeNull();
    expect(asFilters(["and", [["not", ["is", "page", ["/a"]]]]])).toBeNull();
    expect(asFilters({ event: "Signup" })).toBeNull();
    expect(toggledAll([page], [view, page])).toEqual([view, page]);
    expect(toggledAll([view, page], [view, page])).toEqual([]);
    expect([areOn([view], [view, page]), areOn([page, view], [view, page])]).toEqual([false, true]);
  });
});
