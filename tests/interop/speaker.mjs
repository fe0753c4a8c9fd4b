// Who is our own code, for an official SDK to be held against? The program `speaker` (tests/src/bin/speaker) puts
// core's gateway code behind lines of JSON; what those say stands there.
//
// What must be built before: the speaker (`cargo build -p coursepay-tests --bin speaker`).

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { join } from "node:path";
import { root } from "./stage.mjs";

const target = process.env.CARGO_TARGET_DIR ?? join(root, "target");
const binary = process.env.SPEAKER_BIN ?? join(target, "debug", "speaker");

/** Some moment; nothing here looks at the real clock. */
export const NOW_MS = Date.UTC(2026, 5, 30, 15, 59, 58);
export const NONCE = "5K8264ILTKCH16CQ2502SI8ZNMTM67VS";

/** Two numbers of ours. */
export const ATTEMPT = "01JZ0M7Q4R8Y2K3N5P6T7V9WXA";
export const REFUND = "01JZ0M7Q4R8Y2K3N5P6T7V9WXB";

/** What people write, and what breaks programs that put texts together. */
export const ODD = {
  "nothing odd": "Rust from zero to one",
  "Chinese": "从零到一：借用检查器，生命周期……《第二版》",
  "characters of four bytes": "🦀 𠮷野家 👩‍👩‍👧 🏳️‍🌈",
  "plus": "1+1=2 C++ +50%",
  "percent": "100% %26 %2B %zz %",
  "ampersand": "R&D & sign=forged&sign_type=MD5&&",
  "equals": "a=b==c=",
  "quotes": "\"double\" 'single' “Chinese” `tick` ,`",
  "markup": "<b>&amp;</b><!-- ]]> &#x27;",
  "backslashes": 'C:\\new \\" \\u0041 \\/ /',
  "spaces around": "  two before, two after  ",
  "line ends": "one\ntwo\r\nthree\tfour\n",
  "separators of lines": "a\u2028b\u2029c",
  "invisible": "a\u200bb\u202ec\u00a0d",
  "controls": "a\u0000b\u001fc\u007fd\u0085e",
  "JSON": '{"a":[1,"}"],"sign":"x"}',
  "very long": "课程".repeat(400),
  "four bytes where 127 bytes end": `${"a".repeat(125)}🦀🦀`,
  "four bytes where 250 characters end": `${"🦀".repeat(249)}ab🦀`,
  "a space where 127 bytes end": `${"a".repeat(126)} ${"b".repeat(200)}`,
};

/** Those of them that are not changed on the way, and nothing at all. */
export const PLAIN_ODD = { ...ODD, empty: "" };

/** A test for each of `values`. */
export const each = (values) => Object.entries(values);

/** A pair of RSA keys: base64 of DER for us, PEM for an SDK. */
export function keyPair() {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const der = (key, type) => key.export({ type, format: "der" }).toString("base64");
  return {
    private: der(privateKey, "pkcs8"),
    public: der(publicKey, "spki"),
    privatePem: privateKey.export({ type: "pkcs8", format: "pem" }),
    publicPem: publicKey.export({ type: "spki", format: "pem" }),
  };
}

/** A payment of 99.00 as the speaker is told of it. */
export const payment = (changes = {}) => ({
  id: ATTEMPT,
  channel: "qr",
  amount_minor: 9_900,
  currency: "CNY",
  subject: ODD["nothing odd"],
  notify_url: "https://pay.example/v1/callbacks/alipay",
  return_url: "https://school.example/courses?of=lin&from=微博+首页",
  created_at_ms: NOW_MS - 1_000,
  expires_at_ms: NOW_MS + 900_000,
  ...changes,
});

/** A refund of 30.00 of it. */
export const refund = (of, changes = {}) => ({
  payment: of,
  number: REFUND,
  refund_minor: 3_000,
  reason: "half of it",
  notify_url: of.notify_url,
  ...changes,
});

/** Starts a speaker for one merchant; `ask` and `hear` answer what it says. */
export async function openSpeaker(party) {
  const child = spawn(binary, { stdio: ["pipe", "pipe", "inherit"] });
  const waiting = [];
  const ended = once(child, "exit");
  child.once("error", (error) =>
    waiting
      .splice(0)
      .forEach(({ reject }) =>
        reject(new Error(`${binary} does not start: build it first`, { cause: error })),
      ),
  );
  child.once("exit", (code) =>
    waiting.splice(0).forEach(({ reject }) => reject(new Error(`the speaker ended with ${code}`))),
  );
  // Not by readline, for which U+2028 ends a line too.
  let rest = "";
  child.stdout.setEncoding("utf8").on("data", (text) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop();
    for (const line of lines) waiting.shift().resolve(JSON.parse(line));
  });
  const say = (value) =>
    new Promise((resolve, reject) => {
      waiting.push({ resolve, reject });
      child.stdin.write(`${JSON.stringify(value)}\n`);
    });
  assert.deepEqual(await say(party), { ready: true });
  const command = async (value) => {
    const answer = await say({ now_ms: NOW_MS, nonce: NONCE, ...value });
    assert.equal(answer.error, undefined, `${answer.error}: ${JSON.stringify(value)}`);
    return answer;
  };
  return {
    /** What we would send, or hand to the page. */
    ask: (task, of, more = {}) => command({ do: task, ...of, ...more }),
    /** What we make of a message: `{heard}`, `{forged}` or `{fault}`. */
    hear: (task, of, { status = 200, headers = {}, body }, more = {}) =>
      command({
        do: task,
        ...of,
        message: { status, headers: Object.entries(headers), body: Buffer.from(body).toString("base64") },
        ...more,
      }),
    async close() {
      child.stdin.end();
      await ended;
    },
  };
}

/** An HTTP server that keeps each request and answers what `answer` says of it. */
export async function openEar(answer) {
  const heard = [];
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString("utf8");
    const { method, url, headers } = request;
    const noted = { verb: method, target: url, headers, body };
    heard.push(noted);
    const { status = 200, headers: more = {}, body: text } = answer(noted);
    response.writeHead(status, { "content-type": "application/json", ...more }).end(text);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    port: server.address().port,
    /** The only request since the last time. */
    only() {
      assert.equal(heard.length, 1, "one request came");
      return heard.pop();
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** The same bytes but for one: in the middle, or after `mark`. */
export function altered(bytes, mark) {
  const copy = Buffer.from(bytes);
  const at = mark === undefined ? copy.length >> 1 : copy.indexOf(mark) + Buffer.byteLength(mark);
  assert.ok(at > 0 && at < copy.length, `there is a byte after ${mark}`);
  copy[at] ^= 1;
  return copy;
}
