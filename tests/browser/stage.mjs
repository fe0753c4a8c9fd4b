// Who takes part in a browser test? The built Worker on workerd with a D1 of its own, the sandbox, the school
// on another site, and Debian's Chromium; where a test asks for them, gates before the Worker and before the gateways.
// Each on a free port; all of them end with the test.
//
// What must be built before: edge-worker/build and checkout-ui/dist (`cargo xtask build`), and the two native
// binaries in target/debug. `cargo xtask test` does that and then runs `node --test` on this folder.

import { spawn } from "node:child_process";
import { createHash, createHmac, randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { openGate } from "./gate.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
export const binaries = process.env.COURSEPAY_BINARIES ?? join(root, "target", "debug");
export const screenshots = join(root, "target", "screenshots");

const PLATFORM_KEY = "cpk_the-platforms-key-of-this-browser-test";
const TOKEN = { kid: "browser", secret: "a checkout secret that only this test knows" };
const WEBHOOK_SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;

/** The courses of the school that are on sale here, as the platform sets them. */
const CATALOGUE = [
  ["rust-101", "Rust 入门：从零到可以交付", 9_900, "lin", 7_000],
  ["ink-painting", "水墨写意二十讲", 10_000, "mei", 10_000],
  ["ledger-design", "账本设计：复式记账与对账", 19_900, "lin", 8_000],
];

const children = [];

/** Starts a process and gives its lines; what it says on stderr is shown only when it dies. */
export function start(name, command, args, options = {}) {
  const child = spawn(command, args, { cwd: root, stdio: ["pipe", "pipe", "pipe"], ...options });
  const errors = [];
  child.stderr.on("data", (chunk) => errors.push(chunk));
  child.on("exit", (code) => {
    if (code) process.stderr.write(`${name} ended with ${code}:\n${Buffer.concat(errors)}\n`);
  });
  children.push(child);
  return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
}

async function nextLine({ lines }, what) {
  const { value, done } = await lines.next();
  if (done) throw new Error(`${what} ended before it was ready`);
  return value;
}

/** The address in a line like `sandbox listening on http://127.0.0.1:8790`. */
export async function listening(process, what) {
  for (;;) {
    const address = (await nextLine(process, what)).match(/listening on (http:\/\/\S+)/);
    if (address) return address[1];
  }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

async function json(response) {
  if (!response.ok) throw new Error(`${response.url}: ${response.status} ${await response.text()}`);
  return response.json();
}

/** Has the sandbox's Stripe send its events to the Worker; the secret it signs them with. */
async function stripeSecret({ api_base, secret_key }, publicUrl) {
  const url = `${publicUrl}/v1/callbacks/stripe`;
  const endpoint = await json(
    await fetch(`${api_base}/v1/webhook_endpoints`, {
      method: "POST",
      headers: { authorization: `Bearer ${secret_key}` },
      body: new URLSearchParams({ url, "enabled_events[0]": "*" }),
    }),
  );
  return endpoint.secret;
}

/** Debian's Chromium, quiet: it asks nothing of anybody but the pages under test. */
export function launchBrowser() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

/** A checkout token for `user`, who may use their wallet, as a platform mints it. */
export function checkoutToken(user) {
  const encode = (part) => Buffer.from(JSON.stringify(part)).toString("base64url");
  const iat = Math.floor(Date.now() / 1000);
  const claims = { iss: "school", aud: "coursepay", sub: user, wallet: true, iat, exp: iat + 600 };
  const message = `${encode({ alg: "HS256", typ: "JWT", kid: TOKEN.kid })}.${encode(claims)}`;
  return `${message}.${createHmac("sha256", TOKEN.secret).update(message).digest("base64url")}`;
}

/**
 * Everybody, ready, with the catalogue on sale. With `gated`, browsers and gateways meet the Worker through
 * `gates.worker`, and everybody the gateways through `gates.gateways`.
 */
export async function openStage({ gated = false } = {}) {
  mkdirSync(screenshots, { recursive: true });
  // Keys are kept between runs, because making them takes seconds; nothing else of that folder matters.
  const gates = gated ? { worker: await openGate(), gateways: await openGate() } : undefined;
  const sandbox = start("sandbox", join(binaries, "coursepay-sandbox"), [
    ...["--port", "0", "--state", join(root, "target", gated ? "gated-sandbox" : "browser-sandbox")],
    ...(gates ? ["--base-url", `http://127.0.0.1:${gates.gateways.port}`] : []),
  ]);
  const sandboxUrl = await listening(sandbox, "the sandbox");
  if (gates) gates.gateways.target = sandboxUrl;
  const { alipay, wechat_pay, stripe } = await json(await fetch(`${sandboxUrl}/sandbox/config.json`));

  const workerPort = await freePort();
  const schoolPort = await freePort();
  const publicUrl = `http://127.0.0.1:${gates?.worker.port ?? workerPort}`;
  const schoolSite = `http://school.localhost:${schoolPort}`;
  const worker = start("workerd", process.execPath, [join(root, "tests", "workerd.mjs")]);
  const variables = {
    PUBLIC_URL: publicUrl,
    ALIPAY_APP_ID: alipay.app_id,
    ALIPAY_SELLER_ID: alipay.seller_id,
    ALIPAY_APP_PRIVATE_KEY: alipay.app_private_key,
    ALIPAY_PUBLIC_KEYS: alipay.gateway_public_key,
    ALIPAY_GATEWAY_URL: alipay.gateway_url,
    WECHAT_PAY_BASE_URL: wechat_pay.base_url,
    WECHAT_PAY_MCHID: wechat_pay.mchid,
    WECHAT_PAY_APPID: wechat_pay.appid,
    WECHAT_PAY_APP_SECRET: wechat_pay.app_secret,
    WECHAT_PAY_LOGIN_PAGES_URL: wechat_pay.base_url,
    WECHAT_PAY_LOGIN_API_URL: wechat_pay.base_url,
    WECHAT_PAY_API_V3_KEYS: wechat_pay.api_v3_key,
    WECHAT_PAY_MERCHANT_SERIAL_NO: wechat_pay.merchant_serial_no,
    WECHAT_PAY_MERCHANT_PRIVATE_KEY: wechat_pay.merchant_private_key,
    WECHAT_PAY_PUBLIC_KEYS: `${wechat_pay.public_key_id}:${wechat_pay.public_key}`,
    STRIPE_BASE_URL: stripe.api_base,
    STRIPE_SECRET_KEY: stripe.secret_key,
    STRIPE_WEBHOOK_SECRETS: await stripeSecret(stripe, publicUrl),
    ALLOWED_ORIGINS: schoolSite,
    CHECKOUT_TOKEN_KEYS: `${TOKEN.kid}:${TOKEN.secret}`,
    DATA_KEYS: `b1:${Buffer.alloc(32, 9).toString("base64")}`,
    WEBHOOK_ENDPOINTS: JSON.stringify([
      { url: `http://127.0.0.1:${schoolPort}/webhooks/coursepay`, secret: WEBHOOK_SECRET },
    ]),
  };
  worker.child.stdin.write(`${JSON.stringify({ variables, port: workerPort })}\n`);
  const ready = JSON.parse(await nextLine(worker, "the Worker"));
  if (ready.error) throw new Error(`the Worker: ${ready.error}`);
  const workerUrl = ready.url;
  if (gates) gates.worker.target = workerUrl;
  const workerSite = publicUrl.replace("127.0.0.1", "pay.localhost");

  const school = start(
    "school",
    join(binaries, "coursepay-school"),
    ["--port", String(schoolPort), "--state", mkdtempSync(join(tmpdir(), "school-"))],
    {
      env: {
        ...process.env,
        COURSEPAY_URL: workerUrl,
        COURSEPAY_PUBLIC_URL: workerSite,
        CHECKOUT_TOKEN_KID: TOKEN.kid,
        CHECKOUT_TOKEN_SECRET: TOKEN.secret,
        WEBHOOK_SECRET,
      },
    },
  );
  const schoolUrl = await listening(school, "the school");

  /** Tells the process around the Worker to do something; one at a time. */
  async function command(wish) {
    worker.child.stdin.write(`${JSON.stringify(wish)}\n`);
    const answer = JSON.parse(await nextLine(worker, "the Worker"));
    if (answer.error) throw new Error(answer.error);
    return answer;
  }

  /** Runs SQL on the Worker's D1. */
  const sql = async (text, ...params) => (await command({ sql: text, params })).rows;

  /** Calls the Worker as the platform. */
  async function platform(method, path, body) {
    const response = await fetch(workerUrl + path, {
      method,
      headers: {
        authorization: `Bearer ${PLATFORM_KEY}`,
        "content-type": "application/json",
        "idempotency-key": randomUUID(),
      },
      body: body && JSON.stringify(body),
    });
    return json(response);
  }

  await sql(
    "INSERT INTO api_keys (id, key_hash, scopes, created_at_ms) VALUES (?1, ?2, ?3, 0)",
    "browser-test",
    createHash("sha256").update(PLATFORM_KEY).digest("hex"),
    "products orders refunds refund_overrides wallets ledger entitlements",
  );
  for (const [id, title, amount_minor, creator, creator_share_bps] of CATALOGUE) {
    const price = { amount_minor, currency: "CNY" };
    await platform("PUT", `/v1/products/${id}`, { title, kind: "course", price, creator, creator_share_bps });
  }

  const browser = await launchBrowser();

  return {
    browser,
    gates,
    platform,
    /** A minute has passed, says Cloudflare. */
    runCron: () => command({ scheduled: "* * * * *" }),
    sandboxUrl,
    schoolSite,
    sql,
    /** What an account holds, on its normal side. */
    async balance(account) {
      return (await platform("GET", `/v1/ledger/accounts/${account}`)).balance_minor;
    },
    async unlocked(user, course) {
      return (await json(await fetch(`${schoolUrl}/api/unlocked?user=${user}&course=${course}`))).unlocked;
    },
    async close() {
      await browser.close();
      gates?.worker.close();
      gates?.gateways.close();
      worker.child.stdin.end();
      for (const child of children) child.kill("SIGTERM");
    },
  };
}

/** Presses a button of the sandbox's cashier, as the learner's phone would. */
export async function press(button, qrContent) {
  await fetch(qrContent, { headers: { accept: "text/html" } });
  await json(
    await fetch(`${qrContent}/${button}`, { method: "POST", headers: { accept: "application/json" } }),
  );
}
