import { describe, expect, it } from "vitest";
import { ApiError } from "../api/client";
import { contentOf, PIECE_BYTES, received, sent } from "./transfer";

const never = new AbortController().signal;
const atOnce = () => Promise.resolve();

describe("a download", () => {
  it("is whole and tells how far it is", async () => {
    const told: number[] = [];
    const file = await received(new Response(new Blob(["time,page\n", "1,/\n"])), (bytes) => told.push(bytes));
    expect(await file.text()).toBe("time,page\n1,/\n");
    expect(told.at(-1)).toBe(14);
  });
});

describe("an upload", () => {
  const file = new Blob(["x".repeat(PIECE_BYTES * 2 + 5)]);

  it("goes in pieces that fit, in their order", async () => {
    const put: [number, number][] = [];
    const told: number[] = [];
    await sent(file, { put: (offset, piece) => Promise.resolve(put.push([offset, piece.size])), wait: atOnce }, (bytes) => told.push(bytes), never);
    expect(put).toEqual([[0, PIECE_BYTES], [PIECE_BYTES, PIECE_BYTES], [2 * PIECE_BYTES, 5]]);
    expect(told).toEqual([PIECE_BYTES, 2 * PIECE_BYTES, file.size]);
  });

  it("sends a piece again that did not get through, but not one that was refused", async () => {
    let tries = 0;
    const shaky = () => ((tries += 1) < 3 ? Promise.reject(new ApiError(503, "busy")) : Promise.resolve());
    await sent(new Blob(["abc"]), { put: shaky, wait: atOnce }, () => undefined, never);
    expect(tries).toBe(3);
    const refused = sent(new Blob(["abc"]), { put: () => Promise.reject(new ApiError(403, "no")), wait: atOnce }, () => undefined, never);
    await expect(refused).rejects.toMatchObject({ status: 403 });
    const away = sent(new Blob(["abc"]), { put: () => Promise.reject(new ApiError(0, "away")), wait: atOnce }, () => undefined, never);
    await expect(away).rejects.toMatchObject({ status: 0 });
  });

  it("is taken for what its name says", () => {
    expect([contentOf("shop-events.csv"), contentOf("x.PARQUET"), contentOf("past.csv"), contentOf("past.jsonl.gz")]).toEqual(["export", "export", "events", "events"]);
  });
});
