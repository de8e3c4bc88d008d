import { describe, expect, it } from "vitest";
import { messages, parser } from "./stream";

describe("server-sent events", () => {
  it("are whole however they were cut on the way", () => {
    const text = 'id: 1\nevent: live\nretry: 2000\ndata: {"a": 1}\n\n: still here\n\ndata:{"a": 2}\r\n\r\n';
    for (const length of [1, 7, 1000]) {
      const told: string[] = [];
      const parse = parser((data) => told.push(data));
      for (let at = 0; at < text.length; at += length) parse(text.slice(at, at + length));
      expect(told).toEqual(['{"a": 1}', '{"a": 2}']);
    }
  });

  it("end with an error where the line breaks or the server refuses", async () => {
    for (const answer of [new Response("data: x\n\n"), new Response("", { status: 401 })]) {
      await new Promise<void>((done) => {
        messages(() => Promise.resolve(answer)).onerror = done;
      });
    }
    await new Promise<void>((done) => {
      messages(() => Promise.reject(new TypeError("away"))).onerror = done;
    });
  });

  it("say nothing more once they are closed", async () => {
    let told = 0;
    const stream = messages(() => Promise.resolve(new Response("data: x\n\n")));
    stream.onmessage = stream.onerror = () => (told += 1);
    stream.close();
    await new Promise((done) => setTimeout(done, 0));
    expect(told).toBe(0);
  });
});
