import { describe, expect, it } from "vitest";
import { asTree, isChosen, only, parse, toggled, write, type Filter } from "./filters";

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
});
