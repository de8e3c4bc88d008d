// Server-sent events read by fetch: the browser's own EventSource can send no key, which guests of
// a share link need. The form is that of the HTML standard; only what our server sends is read.

export interface Messages {
  onmessage: ((message: { data: string }) => void) | null;
  onerror: (() => void) | null;
  close(): void;
}

export function messages(ask: (signal: AbortSignal) => Promise<Response>): Messages {
  const controller = new AbortController();
  const found: Messages = { onmessage: null, onerror: null, close: () => controller.abort() };
  const fail = () => {
    if (!controller.signal.aborted) found.onerror?.();
  };
  ask(controller.signal)
    .then(async (answer) => {
      if (!answer.ok || !answer.body) return fail();
      const parse = parser((data) => {
        if (!controller.signal.aborted) found.onmessage?.({ data });
      });
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return fail();
        parse(value);
      }
    })
    .catch(fail);
  return found;
}

/** Takes pieces as they come, of any length, and tells each whole message's data. */
export function parser(tell: (data: string) => void): (piece: string) => void {
  let rest = "";
  let data: string[] = [];
  return (piece) => {
    const lines = (rest + piece).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines.map((one) => one.replace(/\r$/, ""))) {
      if (line.startsWith("data:")) data.push(line.slice(line[5] === " " ? 6 : 5));
      else if (line === "" && data.length > 0) {
        tell(data.join("\n"));
        data = [];
      }
    }
  };
}
