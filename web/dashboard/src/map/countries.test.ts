import { describe, expect, it } from "vitest";
import atlas from "world-atlas/countries-110m.json";
import type { Topology } from "topojson-specification";
import { drawn, HEIGHT, WIDTH } from "./countries";

const world = drawn(atlas as unknown as Topology);

describe("the world map", () => {
  it("knows the letters of every country that has a number", () => {
    const names = new Intl.DisplayNames("en", { type: "region" });
    const known = world.countries.map((one) => one.code).filter((code) => code !== null);
    expect(known.length).toBeGreaterThan(165);
    expect(new Set(known).size).toBe(known.length);
    for (const code of known) expect(names.of(code), code).not.toBe(code);
    expect(names.of(known.find((code) => code === "KR") ?? "")).toBe("South Korea");
  });

  it("names the same land as the atlas does", () => {
    const names = new Intl.DisplayNames("en", { type: "region" });
    const shapes = (atlas as unknown as { objects: { countries: { geometries: { id?: string; properties: { name: string } }[] } } }).objects.countries.geometries;
    const sample = ["France", "Japan", "Brazil", "Kenya", "Australia", "Germany", "India", "Norway", "Chile", "Vietnam", "South Africa", "Ukraine"];
    const drawnShapes = shapes.filter((one) => one.id !== "010");
    for (const name of sample) {
      const at = drawnShapes.findIndex((one) => one.properties.name === name);
      expect(names.of(world.countries[at]?.code ?? "")).toBe(name);
    }
  });

  it("lights an arrival up inside the picture, France in Europe", () => {
    for (const code of ["FR", "US", "KR", "SG", "NZ"]) {
      const [x, y] = world.centre(code) ?? [-1, -1];
      expect(x > 0 && x < WIDTH && y > 0 && y < HEIGHT, code).toBe(true);
    }
    expect((world.centre("FR")?.[0] ?? 0) > WIDTH * 0.42).toBe(true);
    expect(world.centre("ZZ")).toBe(null);
  });
});
