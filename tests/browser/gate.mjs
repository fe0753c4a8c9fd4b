// How does somebody answer slowly, for exactly as long as a test wants? A proxy that lets everything through but what
// it was told to hold, and holds that until it is told to let go. Nothing here waits for a time.

import { createServer, request as ask } from "node:http";

/** Something that is held: `arrived` once it is here, and it goes on once it is released. */
class Hold {
  constructor(pattern, { before = false, once = false } = {}) {
    Object.assign(this, { pattern, before, once });
    this.arrived = new Promise((resolve) => (this.arrive = resolve));
    this.opened = new Promise((resolve) => (this.release = resolve));
  }

  async stop() {
    this.arrive();
    await this.opened;
  }
}

/** Sends a request on to `target` and gives the answer, whole. */
function forward(target, { method, url, headers }, body) {
  return new Promise((resolve, reject) => {
    const sent = ask(new URL(url, target), { method, headers }, (answer) => {
      const parts = [];
      answer.on("data", (part) => parts.push(part));
      answer.on("end", () => resolve({ answer, body: Buffer.concat(parts) }));
      answer.on("error", reject);
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

/** A gate before `target`, on a port of its own; whoever waits for `target` must ask here. */
export async function openGate() {
  const [holds, all] = [new Set(), new Set()];
  const gate = { target: undefined };
  const server = createServer(async (incoming, outgoing) => {
    const parts = [];
    for await (const part of incoming) parts.push(part);
    const body = Buffer.concat(parts);
    const said = `${incoming.method} ${incoming.url} ${body}`;
    const hold = [...holds].find(({ pattern }) => pattern.test(said));
    if (hold?.once) holds.delete(hold);
    try {
      if (hold?.before) await hold.stop();
      const { answer, body: text } = await forward(gate.target, incoming, body);
      if (hold && !hold.before) await hold.stop();
      outgoing.writeHead(answer.statusCode, answer.rawHeaders);
      outgoing.end(text);
    } catch {
      // Whoever asked sees what they would see without us: the connection breaks off.
      outgoing.destroy();
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));

  /** Holds what `pattern` finds in `METHOD /path?query body`, before it reaches its target or on the way back. */
  const hold = (pattern, how) => {
    const held = new Hold(pattern, how);
    held.opened.then(() => holds.delete(held));
    holds.add(held);
    all.add(held);
    return held;
  };
  return Object.assign(gate, {
    port: server.address().port,
    /** Holds requests: nobody has heard of them yet. */
    holdRequests: (pattern) => hold(pattern, { before: true }),
    /** Holds answers: what was asked for is done, and nobody knows. */
    holdAnswers: (pattern) => hold(pattern),
    /** Holds the next answer only. */
    holdAnswer: (pattern) => hold(pattern, { once: true }),
    releaseAll() {
      for (const held of all) held.release();
      all.clear();
    },
    close() {
      gate.releaseAll();
      server.close();
      server.closeAllConnections();
    },
  });
}
