// Would one be glad to use the sandbox's pages? Every page is opened on a phone and on a desk, in Chinese and in
// English, light and dark; its buttons are pressed. Nothing may overflow, lack a label, be too pale to read, or
// make the browser complain. All of it is photographed into target/screenshots/sandbox.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { wrongs } from "./judge.mjs";
import { merchantOf } from "./merchant.mjs";
import { binaries, launchBrowser, listening, screenshots as folder, start } from "./stage.mjs";

const screenshots = join(folder, "sandbox");
const DESK = { viewport: { width: 1280, height: 860 } };
const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
const LANGUAGES = ["zh", "en"];

let sandbox;
let url;
let config;
let first;
let second;
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
    [first, second] = config.merchants.map((merchant) => merchantOf(merchant, shop.url));
    await first.stripe("/v1/webhook_endpoints", { url: `${shop.url}/stripe`, "enabled_events[]": "*" });
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
  // A refusal is a page with its status, and an e-mail's script does not run: the browser lists
  // both, and both are right.
  const expected = /status of (400|404|409|422)|Blocked script execution/;
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

async function check(page, what) {
  assert.deepEqual(await wrongs(page), [], what);
}

async function photograph(page, name, { fullPage = true } = {}) {
  await page.screenshot({ path: join(screenshots, `${name}.png`), fullPage });
}

/** A day's work of a school: payments in every state, callbacks that fail, a fault, e-mails, a wrong signature. */
async function aDaysWork() {
  const cashiers = {};
  cashiers.expired = await second.order.alipay("CP-20418", "水墨写意二十讲", "100.00");
  await move(3 * 3_600_000);

  cashiers.paid = await first.order.alipay("CP-20419", "Rust 入门：从零到可以交付", "99.00");
  await press(cashiers.paid, "approve");
  const refund = { out_trade_no: "CP-20419", out_request_no: "R-1", refund_amount: "33.00", refund_reason: "退一章" };
  await first.alipay("alipay.trade.refund", refund);
  cashiers.closed = await first.order.alipay("CP-20420", "账本设计：复式记账与对账", "199.00");
  await fetch(url + cashiers.closed);
  await first.alipay("alipay.trade.close", { out_trade_no: "CP-20420" });

  shop.well = false;
  cashiers.unheard = await second.order.alipay("CP-20421", "Watercolour basics", "45.50");
  await press(cashiers.unheard, "approve");
  await assertSoon(async () => (await deliveriesOf("CP-20421")) > 0, "the first delivery failed");
  shop.well = true;

  cashiers["wechat-paid"] = await first.order.wechatPay("CP-20425", "小提琴启蒙：第一学期", 29_900);
  await press(cashiers["wechat-paid"], "approve");
  cashiers["stripe-paid"] = await first.order.stripe("Ledger design, the book", 4_900);
  await press(cashiers["stripe-paid"], "approve");
  cashiers["stripe-processing"] = await first.order.stripe("Rust from zero", 9_900, "eur");
  await press(cashiers["stripe-processing"], "approve_later");
  cashiers["stripe-failed"] = await first.order.stripe("Ink painting", 1_200, "jpy");
  await press(cashiers["stripe-failed"], "approve_later");
  await press(cashiers["stripe-failed"], "fail");

  await fault({ fault: "callback_duplicated", gateway: "alipay", merchant: "m1", number: "CP-20422", times: 1 });
  await fault({ fault: "timeout_after_effect", operation: "refund", percent: 25, by_ms: 15_000 });
  cashiers.twice = await first.order.alipay("CP-20422", "Rust 入门：从零到可以交付", "99.00");
  await press(cashiers.twice, "approve");
  await assertSoon(async () => (await deliveriesOf("CP-20422")) > 1, "it was sent twice");

  cashiers.declined = await second.order.alipay("CP-20423", "水墨写意二十讲", "100.00");
  await press(cashiers.declined, "decline");
  cashiers.stripe = await second.order.stripe("Watercolour basics", 4_500);
  cashiers.wechat = await second.order.wechatPay("CP-20426", "水墨写意二十讲", 10_000);
  cashiers.waiting = await first.order.alipay("CP-20424", "账本设计：复式记账与对账", "199.00");

  const target = `/v3/pay/transactions/out-trade-no/CP-20425?mchid=${config.wechat_pay.mchid}`;
  await first.wechatPay("GET", target, null, (text) => text.replace(/\?mchid=\d+/, ""));
  const leaveOut = (text) => text.replace("&sign_type=RSA2", "");
  await first.alipay("alipay.trade.query", { out_trade_no: "CP-20419" }, leaveOut);
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
    "payment-processing": payment(cashiers["stripe-processing"]),
    "log": "/log",
    "mailbox": "/mailbox",
    "email-html": `/mailbox/${emails.at(-1).id}`,
    "faults": "/faults",
    "clock": "/clock",
    "unknown": "/nowhere",
    "refused": "/gateway.do?method=alipay.trade.page.pay&app_id=none",
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
  const cashier = await first.order.alipay("B-1", "水墨写意二十讲", "100.00");
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

test("at WeChat Pay the green button pays", async () => {
  const cashier = await first.order.wechatPay("CP-30001", "小提琴启蒙", 100);
  await visit(PHONE, async (page) => {
    await page.goto(`${url}${cashier}?lang=zh`);
    await page.getByRole("button", { name: "立即支付 ¥1.00" }).click();
    await page.getByRole("heading", { name: "支付成功" }).waitFor();
    await assertSoon(async () => (await deliveriesOf("CP-30001")) === 1, "the merchant was told");
  });
});

test("at Stripe a declined card can be followed by a bank debit, and the browser goes back to the shop", async () => {
  const cashier = await first.order.stripe("Rust from zero", 9_900);
  await visit(DESK, async (page) => {
    await page.goto(`${url}${cashier}?lang=en`);
    await page.getByRole("button", { name: /^Card declined/ }).click();
    await page.getByText("Your card was declined.").waitFor();
    await check(page, "declined");
    await photograph(page, "desk-en-stripe-declined");
    await page.getByRole("button", { name: /^Pay by bank debit/ }).click();
    await page.getByRole("heading", { name: "Waiting for the bank" }).waitFor();
    await page.getByRole("link", { name: "All about this payment" }).click();
    await page.getByRole("button", { name: "The money arrives" }).click();
    await page.getByRole("heading", { name: "Payment successful" }).waitFor();
    await page.waitForURL(`${shop.url}/thanks`);
  });
});

test("a login at WeChat asks who one is", async () => {
  const query = new URLSearchParams({
    appid: config.wechat_pay.appid,
    redirect_uri: `${shop.url}/login`,
    response_type: "code",
    scope: "snsapi_userinfo",
    state: "s",
  });
  await visit(PHONE, async (page) => {
    await page.goto(`${url}/connect/oauth2/authorize?${query}`);
    await check(page, "login");
    await photograph(page, "phone-zh-login");
  });
});

test("a buyer who leaves finds the same page again", async () => {
  const cashier = await first.order.alipay("B-2", "水墨写意二十讲", "100.00");
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
  const cashier = await first.order.alipay("B-3", "账本设计", "199.00");
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
  await first.order.alipay("B-4", "水墨写意二十讲", "100.00");
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
    // Where the page is, a browser says a moment after the key.
    await page.waitForURL((address) => address.hash === "#content");
  });
});
