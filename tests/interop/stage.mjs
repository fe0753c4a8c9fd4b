// Who takes part in an interop test? The sandbox as it is built, with a state folder of its own, and a shop: an
// HTTP server that keeps every callback byte for byte and answers what its gateway wants to hear. The third is
// the official SDK, which the tests bring along.
//
// What must be built before: the sandbox (`cargo build -p coursepay-sandbox`; SANDBOX_BIN names another one).
// `cargo xtask test` does that and then runs `node --test` on this folder.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));
const target = process.env.CARGO_TARGET_DIR ?? join(root, "target");
const binary = process.env.SANDBOX_BIN ?? join(target, "debug", "coursepay-sandbox");

/** How long a callback may take before the test says that it did not come. */
const PATIENCE_MS = 20_000;
const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

/** What a gateway takes for "heard"; anything else makes it call again. */
const HEARD = {
  "/alipay": { status: 200, body: "success" },
  "/wechat": { status: 204, body: "" },
  "/stripe": { status: 200, body: '{"received":true}' },
};
const NOT_HEARD = { status: 500, body: "not now" };

/** Starts the sandbox; `url` once it listens, `close()` when it is no longer needed. */
export async function startSandbox() {
  const state = mkdtempSync(join(tmpdir(), "sandbox-"));
  const child = spawn(binary, ["--port", "0", "--state", state], { stdio: ["ignore", "pipe", "pipe"] });
  const errors = [];
  child.stderr.on("data", (chunk) => errors.push(chunk));
  const ended = once(child, "exit");
  process.once("exit", () => child.kill("SIGTERM"));
  const url = await new Promise((resolve, reject) => {
    child.once("error", (error) =>
      reject(new Error(`${binary} does not start: build it first (${error.message})`)),
    );
    child.once("exit", (code) =>
      reject(new Error(`the sandbox ended with ${code}: ${Buffer.concat(errors)}`)),
    );
    createInterface({ input: child.stdout }).on("line", (line) => {
      const listening = line.match(/listening on (http:\/\/\S+)/);
      if (listening) resolve(listening[1]);
    });
  });
  return {
    url,
    async close() {
      child.kill("SIGTERM");
      await ended;
      rmSync(state, { recursive: true, force: true });
    },
  };
}

/** The shop's ear: `address(path)` goes into `notify_url`, `next(…)` waits for what comes. */
async function openShop() {
  const heard = [];
  const waiting = new Set();
  const refusals = new Map();

  const server = createServer(async (request, response) => {
    const chunks = await request.toArray();
    const { pathname } = new URL(request.url, "http://shop");
    const refusing = refusals.get(pathname) ?? 0;
    refusals.set(pathname, refusing - 1);
    const gateway = Object.keys(HEARD).find((prefix) => pathname.startsWith(prefix));
    const { status, body } = refusing > 0 ? NOT_HEARD : (HEARD[gateway] ?? NOT_HEARD);
    response.writeHead(status).end(body);
    const callback = {
      path: pathname,
      method: request.method,
      headers: request.headers,
      raw: Buffer.concat(chunks),
    };
    heard.push(callback);
    for (const look of waiting) look();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const origin = `http://127.0.0.1:${server.address().port}`;

  return {
    address: (path) => origin + path,

    /** The next `times` callbacks to `path` are answered 500, so that the gateway must call again. */
    refuse: (path, times = 1) => refusals.set(path, times),

    /** Everything that came to `path` so far. */
    heard: (path) => heard.filter((callback) => callback.path === path),

    /**
     * The first callback to `path` that `fits`, now or later. Each is handed out once, so that a second call waits
     * for a second one.
     */
    next(path, fits = () => true) {
      return new Promise((resolve, reject) => {
        const look = () => {
          const found = heard.find((callback) => callback.path === path && !callback.taken && fits(callback));
          if (!found) return;
          found.taken = true;
          clearTimeout(timer);
          waiting.delete(look);
          resolve(found);
        };
        const timer = setTimeout(() => {
          waiting.delete(look);
          const paths = heard.map((callback) => callback.path + (callback.taken ? " (taken)" : ""));
          reject(new Error(`no such callback to ${path}; heard so far: ${paths.join(", ") || "nothing"}`));
        }, PATIENCE_MS);
        waiting.add(look);
        look();
      });
    },

    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** The sandbox and a shop, ready. */
export async function openStage() {
  const sandbox = await startSandbox();
  const shop = await openShop();
  const get = async (path) => json(await fetch(sandbox.url + path));
  const post = async (path, body) =>
    json(
      await fetch(sandbox.url + path, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      }),
    );
  return {
    url: sandbox.url,
    config: await get("/sandbox/config.json"),
    shop,
    get,
    post,
    /** Lets business time pass: deadlines, retries. */
    pass: (advance_ms) => post("/sandbox/clock", { advance_ms }),
    /**
     * Goes on to the next noon in Shanghai: what happens now falls on one day, and the statement of the day
     * before is there. Answers the business time.
     */
    async toNoon() {
      const { business_ms } = await get("/sandbox/clock");
      const noon_ms = 4 * HOUR_MS;
      const set_ms = business_ms - ((business_ms - noon_ms) % DAY_MS) + DAY_MS;
      return (await post("/sandbox/clock", { set_ms })).business_ms;
    },
    /** Puts a fault in force, once if it does not say otherwise. */
    fault: (rule) => post("/sandbox/faults", { times: 1, ...rule }),
    /** The newest entry of the request log that `fits`. */
    async logged(fits) {
      const { log } = await get("/sandbox/log.json");
      const found = log.find(fits);
      assert.ok(found, `nothing like that in the request log: ${JSON.stringify(log.slice(0, 3))}`);
      return found;
    },
    /** Waits until the sandbox knows how a callback to `path` was answered; asks as fast as it is answered. */
    async noted(path) {
      const deadline = performance.now() + PATIENCE_MS;
      for (;;) {
        const { callbacks } = await get("/sandbox/callbacks.json");
        const there = callbacks.filter(({ url }) => url === shop.address(path));
        if (there.some(({ deliveries }) => deliveries.length > 0)) return;
        assert.ok(performance.now() < deadline, `nothing delivered to ${path}: ${JSON.stringify(there)}`);
      }
    },
    async close() {
      await Promise.all([sandbox.close(), shop.close()]);
    },
  };
}

/** The buyer opens what the QR code or the link says. */
export async function open(cashier) {
  const response = await fetch(cashier, { headers: { accept: "text/html" } });
  assert.equal(response.status, 200, `${cashier} is a page`);
  return response.text();
}

/** The buyer opens the cashier and presses a button. */
export async function pay(cashier, button = "approve") {
  await open(cashier);
  const address = new URL(cashier);
  address.search = "";
  address.hash = "";
  const response = await fetch(`${address}/${button}`, {
    method: "POST",
    headers: { accept: "application/json" },
  });
  return json(response);
}

async function json(response) {
  const text = await response.text();
  assert.ok(response.ok, `${response.url}: ${response.status} ${text}`);
  return JSON.parse(text);
}

let count = 0;

/** A merchant's number that was not there before: letters and digits only, as every gateway takes it. */
export function number(prefix = "N") {
  count += 1;
  return `${prefix}${Date.now().toString(36).toUpperCase()}${process.pid}${count}`;
}

/** The day in Shanghai on which statements are kept, as `2026-01-31`. */
export function shanghaiDay(at_ms) {
  return new Date(at_ms + 8 * HOUR_MS).toISOString().slice(0, 10);
}
