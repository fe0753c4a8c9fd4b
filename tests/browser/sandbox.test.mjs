// Would one be glad to use the sandbox's pages? Every page is opened on a phone and on a desk, in Chinese and in
// English, light and dark; its buttons are pressed. Nothing may overflow, lack a label, be too pale to read, or
// make the browser complain. All of it is photographed into target/screenshots/sandbox.

import assert from "node:assert/strict";
import { createHash, createSign, randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { binaries, launchBrowser, listening, screenshots as folder, start } from "./stage.mjs";

const screenshots = join(folder, "sandbox");
const DESK = { viewport: { width: 1280, height: 860 } };
const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 };
const LANGUAGES = ["zh", "en"];

let sandbox;
let url;
let config;
let browser;
let shop;

before(
  async () => {
    mkdirSync(screenshots, { recursive: true });
    sandbox = start("sandbox", join(binaries, "coursepay-sandbox"), [
      ...["--port", "0", "--state", mkdtempSync(join(tmpdir(), "sandbox-"))],
    ]);
    [url, browser, shop] = await Promise.all([listening(sandbox, "the sandbox"), launchBrowser(), openShop()]);
    config = await (await fetch(`${url}/sandbox/config.json`)).json();
  },
  { timeout: 120_000 },
);
after(async () => {
  await browser?.close();
  shop?.server.close();
  sandbox?.child.kill("SIGTERM");
});

/** A merchant's site: takes callbacks as long as it is well, and thanks the buyer. */
async function openShop() {
  const state = { well: true };
  const server = createServer((request, response) => {
    const page = request.method === "GET";
    response.writeHead(page || state.well ? 200 : 500, { "content-type": page ? "text/html" : "text/plain" });
    response.end(page ? "<!doctype html><title>Shop</title><h1>Thank you</h1>" : state.well ? "success" : "busy");
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return Object.assign(state, { server, url: `http://127.0.0.1:${server.address().port}` });
}

/** `yyyy-MM-dd HH:mm:ss` in China Standard Time. */
const shanghai = (ms) => new Date(ms + 8 * 3_600_000).toISOString().slice(0, 19).replace("T", " ");

const sign = (text, pem) => createSign("RSA-SHA256").update(text).sign(pem, "base64");

/** Calls Alipay as an application does; `spoil` may change the text that is signed. */
async function alipay(method, content, { merchant = config, spoil = (text) => text } = {}) {
  const params = {
    app_id: merchant.alipay.app_id,
    method,
    format: "JSON",
    charset: "utf-8",
    sign_type: "RSA2",
    timestamp: shanghai(Date.now()),
    version: "1.0",
    notify_url: `${shop.url}/alipay`,
    biz_content: JSON.stringify(content),
  };
  const sorted = Object.keys(params).sort();
  const text = sorted.map((name) => `${name}=${params[name]}`).join("&");
  const key = `-----BEGIN PRIVATE KEY-----\n${merchant.alipay.app_private_key}\n-----END PRIVATE KEY-----`;
  const query = new URLSearchParams({ ...params, sign: sign(spoil(text), key) });
  const response = await fetch(`${merchant.alipay.gateway_url}?${query}`, { method: "POST", redirect: "manual" });
  return response.headers.get("location") ?? response.json();
}

/** An order at Alipay; the path of its cashier. */
async function alipayOrder(number, subject, amount, settings) {
  const order = { out_trade_no: number, subject, total_amount: amount };
  const answer = await alipay("alipay.trade.precreate", order, settings);
  return new URL(answer.alipay_trade_precreate_response.qr_code).pathname;
}

/** Presses a button as a script does. */
async function press(cashier, button) {
  await fetch(url + cashier);
  const pressed = await fetch(`${url}${cashier}/${button}`, { method: "POST", headers: { accept: "application/json" } });
  assert.ok(pressed.ok, `${button}: ${await pressed.clone().text()}`);
  return pressed.json();
}

const json = async (path) => (await fetch(url + path)).json();

/** Waits for something outside the page; the loop asks again as fast as it is answered. */
async function assertSoon(holds, what) {
  const deadline = performance.now() + 20_000;
  while (!(await holds())) assert.ok(performance.now() < deadline, what);
}

/** A browser of somebody; what it complains of fails the test. */
async function visit(settings, body) {
  const context = await browser.newContext({ locale: "zh-CN", reducedMotion: "reduce", colorScheme: "light", ...settings });
  context.setDefaultTimeout(20_000);
  const complaints = [];
  const page = await context.newPage();
  // A mistake in a form is answered by 422 and a page, and an e-mail's script does not run: the browser lists
  // both, and both are right.
  const expected = /status of (404|409|422)|Blocked script execution/;
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type()) && !expected.test(message.text())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  try {
    await body(page);
    assert.deepEqual(complaints, [], "the browser has nothing to complain of");
  } finally {
    await context.close();
  }
}

/** What is wrong with the page as it stands, in words. */
const wrongs = (page) =>
  page.evaluate(() => {
    const found = [];
    const root = document.documentElement;
    if (root.scrollWidth > root.clientWidth) {
      const wide = [...document.querySelectorAll("body *")].filter((element) => element.getBoundingClientRect().right > root.clientWidth + 1);
      found.push(`overflows by ${root.scrollWidth - root.clientWidth}px: ${wide.slice(-3).map((element) => element.outerHTML.slice(0, 90))}`);
    }
    for (const [selector, count] of [["h1", 1], ["main", 1], ["[id=content], .stage, .checkout, .refused", 1]]) {
      const there = document.querySelectorAll(selector).length;
      if (there !== count) found.push(`${there} × ${selector}`);
    }
    if (document.querySelectorAll("script, [style], [onclick]").length) found.push("script or inline style");
    const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
    if (new Set(ids).size !== ids.length) found.push(`an id twice: ${ids}`);
    const named = (element) =>
      element.labels?.length || element.getAttribute("aria-label") || element.title || element.textContent.trim();
    for (const field of document.querySelectorAll("input:not([type=hidden]), select, button, a, iframe, nav")) {
      if (!named(field)) found.push(`no name: ${field.outerHTML.slice(0, 90)}`);
    }

    // Contrast as WCAG 2.2 counts it, wherever the background is one colour.
    const parse = (text) => text.match(/[\d.]+/g)?.map(Number) ?? [0, 0, 0, 0];
    const light = ([r, g, b]) => {
      const linear = (value) => ((value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
      return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
    };
    const ground = (element) => {
      for (let one = element; one; one = one.parentElement) {
        const { backgroundColor, backgroundImage } = getComputedStyle(one);
        if (backgroundImage !== "none") return null;
        const [r, g, b, alpha = 1] = parse(backgroundColor);
        if (alpha === 1) return [r, g, b];
        if (alpha > 0) return null;
      }
      return [255, 255, 255];
    };
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const element = texts.currentNode.parentElement;
      if (!texts.currentNode.data.trim() || !element.checkVisibility() || element.closest(".hidden, .skip, option, [aria-hidden=true]")) continue;
      const style = getComputedStyle(element);
      const behind = ground(element);
      if (!behind) continue;
      const [one, other] = [light(parse(style.color)), light(behind)].sort((a, b) => b - a);
      const ratio = (one + 0.05) / (other + 0.05);
      const size = parseFloat(style.fontSize);
      const enough = size >= 24 || (size >= 18.66 && style.fontWeight >= 600) ? 3 : 4.5;
      if (ratio < enough) found.push(`${ratio.toFixed(2)}:1 for “${texts.currentNode.data.trim().slice(0, 30)}” (${style.color} on ${behind})`);
    }
    return [...new Set(found)];
  });

async function check(page, what) {
  assert.deepEqual(await wrongs(page), [], what);
}

async function photograph(page, name, { fullPage = true } = {}) {
  await page.screenshot({ path: join(screenshots, `${name}.png`), fullPage });
}

/** A day's work of a school: payments in every state, callbacks that fail, a fault, an e-mail, a wrong signature. */
async function aDaysWork() {
  const [, second] = config.merchants;
  const cashiers = {};
  cashiers.expired = await alipayOrder("CP-20418", "水墨写意二十讲", "100.00", { merchant: second });
  await move(3 * 3_600_000);
  cashiers.paid = await alipayOrder("CP-20419", "Rust 入门：从零到可以交付", "99.00");
  await press(cashiers.paid, "approve");
  const refund = { out_trade_no: "CP-20419", out_request_no: "R-1", refund_amount: "33.00", refund_reason: "退一章" };
  await alipay("alipay.trade.refund", refund);
  cashiers.closed = await alipayOrder("CP-20420", "账本设计：复式记账与对账", "199.00");
  await fetch(url + cashiers.closed);
  await alipay("alipay.trade.close", { out_trade_no: "CP-20420" });
  shop.well = false;
  cashiers.unheard = await alipayOrder("CP-20421", "Watercolour basics", "45.50", { merchant: second });
  await press(cashiers.unheard, "approve");
  await assertSoon(async () => (await deliveriesOf("CP-20421")) > 0, "the first delivery failed");
  shop.well = true;
  await fault({ fault: "callback_duplicated", gateway: "alipay", merchant: "m1", number: "CP-20422", times: 1 });
  await fault({ fault: "timeout_after_effect", operation: "refund", percent: 25, by_ms: 15_000 });
  cashiers.twice = await alipayOrder("CP-20422", "Rust 入门：从零到可以交付", "99.00");
  await press(cashiers.twice, "approve");
  await assertSoon(async () => (await deliveriesOf("CP-20422")) > 1, "it was sent twice");
  cashiers.declined = await alipayOrder("CP-20423", "水墨写意二十讲", "100.00", { merchant: second });
  await press(cashiers.declined, "decline");
  cashiers.waiting = await alipayOrder("CP-20424", "账本设计：复式记账与对账", "199.00");
  const leaveOut = { spoil: (text) => text.replace("&sign_type=RSA2", "") };
  await alipay("alipay.trade.query", { out_trade_no: "CP-20419" }, leaveOut);
  await email({ subject: "收据：Rust 入门", text: "林同学，你好！\n\n我们收到了你的付款 ¥99.00（订单 CP-20419）。\n课程已经开通，祝学习愉快。\n\n知行课堂" });
  await email({
    subject: "Your receipt <CP-20421>",
    text: "Thank you! We received ¥45.50.",
    html: "<body style='font:16px sans-serif;color:#223'><h2 style='color:#7a3ea8'>Thank you!</h2><p>We received <b>¥45.50</b> for <i>Watercolour basics</i>.</p><script>document.title = 'run'</script></body>",
  });
  return cashiers;
}

const move = (by) => fetch(`${url}/sandbox/clock`, { method: "POST", body: JSON.stringify({ advance_ms: by }) });
const fault = (rule) => fetch(`${url}/sandbox/faults`, { method: "POST", body: JSON.stringify(rule) });
const email = (message) =>
  fetch(`${url}/emails`, {
    method: "POST",
    headers: { authorization: "Bearer any", "content-type": "application/json" },
    body: JSON.stringify({ from: "知行课堂 <school@sandbox.example>", to: ["lin@sandbox.example"], ...message }),
  });

async function deliveriesOf(number) {
  const { callbacks } = await json("/sandbox/callbacks.json");
  return callbacks.filter((one) => one.number === number).flatMap(({ deliveries }) => deliveries).length;
}

test("every page is in order on a phone and on a desk, in both languages, light and dark", { timeout: 300_000 }, async () => {
  const cashiers = await aDaysWork();
  const payment = (cashier) => `/payments/${cashier.split("/").at(-1)}`;
  const { emails } = await json("/sandbox/emails.json");
  const pages = {
    "overview": "/",
    "payments": "/payments",
    "payments-none": "/payments?outcome=failed",
    "payment-paid": payment(cashiers.twice),
    "payment-unheard": payment(cashiers.unheard),
    "payment-refunded": payment(cashiers.paid),
    "log": "/log",
    "mailbox": "/mailbox",
    "email-html": `/mailbox/${emails.at(-1).id}`,
    "faults": "/faults",
    "clock": "/clock",
    "unknown": "/nowhere",
    ...Object.fromEntries(Object.entries(cashiers).map(([name, path]) => [`cashier-${name}`, path])),
    "cashier-unknown": "/cashier/none",
  };
  const settings = [
    ...[DESK, PHONE].flatMap((device) => LANGUAGES.map((lang) => ({ device, lang, colorScheme: "light" }))),
    { device: DESK, lang: "en", colorScheme: "dark" },
    { device: PHONE, lang: "zh", colorScheme: "dark" },
  ];
  const wrong = [];
  for (const { device, lang, colorScheme } of settings) {
    await visit({ ...device, colorScheme }, async (page) => {
      for (const [name, path] of Object.entries(pages)) {
        const what = [device === PHONE ? "phone" : "desk", lang, ...(colorScheme === "dark" ? ["dark"] : []), name].join("-");
        await page.goto(`${url}${path}${path.includes("?") ? "&" : "?"}lang=${lang}`);
        assert.equal(await page.locator("html").getAttribute("lang"), lang === "zh" ? "zh-CN" : "en");
        wrong.push(...(await wrongs(page)).map((one) => `${what}: ${one}`));
        await photograph(page, what);
      }
    });
  }
  assert.deepEqual(wrong, []);
});

test("a buyer declines, pays, and is told so; the payment's page tells the rest", async () => {
  const cashier = await alipayOrder("B-1", "水墨写意二十讲", "100.00");
  await visit(PHONE, async (page) => {
    await page.goto(`${url}${cashier}?lang=zh`);
    await page.getByRole("button", { name: "付款失败" }).click();
    await page.getByRole("status").waitFor();
    await page.getByRole("button", { name: "确认付款 ¥100.00" }).click();
    await page.getByRole("heading", { name: "支付成功" }).waitFor();
    await check(page, "paid");
    await assertSoon(async () => (await deliveriesOf("B-1")) === 1, "the merchant was told");
    await page.getByRole("link", { name: "这笔付款的全部细节" }).click();
    await page.getByText('200 "success"').waitFor();
    await check(page, "payment");
  });
});

test("a buyer who leaves finds the same page again", async () => {
  const cashier = await alipayOrder("B-2", "水墨写意二十讲", "100.00");
  await visit(PHONE, async (page) => {
    await page.goto(`${url}${cashier}?lang=en`);
    await page.getByRole("button", { name: "Leave without paying" }).click();
    await page.getByRole("heading", { name: "You have left the cashier" }).waitFor();
    await check(page, "left");
    await photograph(page, "phone-en-cashier-left");
    await page.goto(`${url}${cashier}?lang=en`);
    await page.getByRole("button", { name: "Approve ¥100.00" }).waitFor();
  });
});

test("a fault is chosen, mistyped, mended, armed and removed", async () => {
  await fetch(`${url}/sandbox/faults`, { method: "DELETE" });
  await visit(DESK, async (page) => {
    await page.goto(`${url}/faults?lang=en`);
    await page.getByRole("radio", { name: /Callback delayed/ }).check();
    await page.getByRole("combobox", { name: "Gateway" }).selectOption("alipay");
    await page.getByRole("textbox", { name: "Percent" }).fill("250");
    await page.getByRole("button", { name: "Arm it" }).click();
    await page.getByRole("alert").waitFor();
    await check(page, "mistake");
    await photograph(page, "desk-en-faults-mistake");
    assert.ok(await page.getByRole("radio", { name: /Callback delayed/ }).isChecked(), "the choice was kept");
    await page.getByRole("textbox", { name: "Percent" }).fill("50");
    await page.getByRole("textbox", { name: "By", exact: true }).fill("2");
    await page.getByRole("combobox", { name: "Unit" }).selectOption("h");
    await page.getByRole("button", { name: "Arm it" }).click();
    await page.getByRole("button", { name: "Remove Callback delayed" }).waitFor();
    const { faults } = await json("/sandbox/faults");
    assert.deepEqual(
      faults.map(({ fault, gateway, percent, times, by_ms }) => [fault, gateway, percent, times, by_ms]),
      [["callback_delayed", "alipay", 50, 1, 7_200_000]],
    );
    await page.getByRole("button", { name: "Remove Callback delayed" }).click();
    await page.getByText("No faults: everything goes well.").waitFor();
  });
});

test("a fault armed on a payment's page strikes that payment", async () => {
  const cashier = await alipayOrder("B-3", "账本设计", "199.00");
  await visit(PHONE, async (page) => {
    await page.goto(`${url}${cashier}?lang=zh`);
    await page.getByRole("link", { name: "为它设置故障" }).click();
    await page.getByRole("combobox", { name: "故障" }).selectOption("callback_lost");
    await page.getByRole("button", { name: "设置" }).click();
    await page.getByRole("button", { name: /撤除/ }).waitFor();
    await press(cashier, "approve");
    await assertSoon(async () => (await deliveriesOf("B-3")) === 1, "the callback was sent");
    await page.reload();
    await page.getByText("lost on the way").waitFor();
    await check(page, "lost");
    await photograph(page, "phone-zh-payment-lost");
  });
});

test("the clock is moved, set and brought back", async () => {
  await visit(PHONE, async (page) => {
    await page.goto(`${url}/clock?lang=zh`);
    const offset = async () => (await json("/sandbox/clock")).offset_ms;
    const before = await offset();
    await page.getByRole("button", { name: "+1 天" }).click();
    await page.waitForLoadState();
    assert.equal(await offset(), before + 86_400_000);
    await page.getByLabel(/设为/).fill("2031-05-06T07:08:09");
    await page.getByRole("button", { name: "设定" }).click();
    await page.getByText("2031-05-06").waitFor();
    await page.getByRole("button", { name: "回到真实时间" }).click();
    await page.getByText("与真实时间一致").waitFor();
    assert.equal(await offset(), 0);
    await check(page, "clock");
  });
});

test("lists are narrowed by links, and the language switch keeps what is shown", async () => {
  await alipayOrder("B-4", "水墨写意二十讲", "100.00");
  await visit(DESK, async (page) => {
    await page.goto(`${url}/payments?lang=zh`);
    await page.getByRole("group", { name: "结果" }).getByRole("link", { name: "待付款" }).click();
    await page.getByRole("group", { name: "网关" }).getByRole("link", { name: "支付宝" }).click();
    await page.getByRole("link", { name: "English" }).click();
    assert.equal(new URL(page.url()).search, "?outcome=waiting&gateway=alipay&lang=en");
    assert.ok(await page.getByText("B-4").isVisible());
    await page.getByRole("group", { name: "Gateway" }).getByRole("link", { name: "Stripe" }).click();
    await page.getByText("No payment fits").waitFor();
  });
});

test("by keyboard the first stop leads past the navigation", async () => {
  await visit(DESK, async (page) => {
    await page.goto(`${url}/?lang=en`);
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "Skip to content");
    await page.keyboard.press("Enter");
    assert.equal(new URL(page.url()).hash, "#content");
  });
});
