// What a learner meets on a course page: the real widget, on the school's site, which is another one than the
// Worker's, under a CSP that allows nothing but what the widget documents. Every state is photographed into
// target/screenshots.

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { openStage, press, screenshots } from "./stage.mjs";

const DESKTOP = { width: 1180, height: 860 };
const PHONE = {
  viewport: { width: 390, height: 844 },
  isMobile: true,
  hasTouch: true,
  userAgent:
    "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Mobile Safari/537.36",
};

const WECHAT = {
  ...PHONE,
  userAgent: `${PHONE.userAgent} XWEB/1420071 MMWEBSDK/20250904 MicroMessenger/8.0.65(0x28004133) NetType/WIFI Language/zh_CN`,
};

let stage;
before(async () => (stage = await openStage()), { timeout: 120_000 });
after(() => stage?.close());

/** A browser profile of one person, on the school's site. Nothing may break the page's CSP. */
async function visit({ as, viewport = DESKTOP, ...settings } = {}, body) {
  // Without motion, so that a picture shows a state and not the way to it.
  const still = { viewport, locale: "zh-CN", reducedMotion: "reduce" };
  const context = await stage.browser.newContext({ ...still, ...settings });
  context.setDefaultTimeout(20_000);
  const complaints = [];
  context.on("console", (message) => {
    if (/Content Security Policy|Refused to/.test(message.text())) complaints.push(message.text());
  });
  context.on("weberror", (error) => complaints.push(String(error.error())));
  const page = await context.newPage();
  try {
    if (as) {
      await page.goto(`${stage.schoolSite}/login`);
      await page.locator(`button[name=user][value=${as}]`).first().click();
      await page.waitForURL(`${stage.schoolSite}/`);
    }
    await body(page, context);
    assert.deepEqual(complaints, [], "the browser has nothing to complain of");
  } finally {
    await context.close();
  }
}

async function open(page, course, query = "") {
  await page.goto(`${stage.schoolSite}/courses/${course}${query}`);
  const checkout = page.locator("coursepay-checkout");
  await checkout.scrollIntoViewIfNeeded();
  return checkout;
}

/** The page as far as it is seen, or the whole of a part of it. */
const photograph = (shown, name) => shown.screenshot({ path: join(screenshots, `${name}.png`) });

/** Follows the answers to `POST …/payments`, which say what each attempt's QR code holds. */
function attemptsOf(page) {
  const attempts = [];
  page.on("response", async (response) => {
    if (response.request().method() !== "POST" || !response.url().endsWith("/payments")) return;
    if (response.status() === 201) attempts.push(await response.json());
  });
  return attempts;
}

/** Picks a way to pay by the names of method and channel, such as `alipay.qr`. */
const choose = (checkout, way) => checkout.locator(`input[value="${way}"]`).check({ force: true });
const pay = (checkout) => checkout.locator("button.pay").click();

async function showQr(page, course, { query, way = "alipay.qr" } = {}) {
  const attempts = attemptsOf(page);
  const checkout = await open(page, course, query);
  await choose(checkout, way);
  await pay(checkout);
  await checkout.locator("svg.qr").waitFor();
  await assertSoon(() => attempts.length > 0, "the attempt's answer was seen");
  return { checkout, attempt: attempts[0] };
}

/** Waits for something outside the page; the loop asks again as fast as it is answered. */
async function assertSoon(holds, what) {
  const deadline = performance.now() + 20_000;
  while (!(await holds())) {
    assert.ok(performance.now() < deadline, what);
    // What it waits for may come in through this process.
    await new Promise(setImmediate);
  }
}

test("a course is bought by Alipay: paid on the page, booked to the cent, unlocked by the school", async () => {
  const [pending, fees] = [await stage.balance("creator:lin:pending"), await stage.balance("platform:fees")];
  await visit({ as: "bo" }, async (page) => {
    const attempts = attemptsOf(page);
    const checkout = await open(page, "rust-101");
    await checkout.locator("button.pay").waitFor();
    await photograph(page, "offer");
    await choose(checkout, "alipay.qr");
    await pay(checkout);
    await checkout.locator("svg.qr").waitFor();
    await photograph(page, "qr");
    assert.match(await checkout.locator(".countdown .time").innerText(), /^\d\d:\d\d$/);

    // The paid state stays until the school has heard of it; then the page shows the course.
    await page.route("**/courses/rust-101/state*", (route) =>
      route.fulfill({ json: { unlocked: false, recorded: false } }),
    );
    await press("approve", attempts[0].action.content);
    await checkout.locator(".badge.good").waitFor();
    await photograph(page, "paid");
    await page.unroute("**/courses/rust-101/state*");
    await assertSoon(() => stage.unlocked("bo", "rust-101"), "the school verified the webhook");
    await page.reload();
    await page.locator("[data-unlocked]").first().waitFor();
    await photograph(page, "unlocked");
  });
  assert.equal(await stage.balance("creator:lin:pending"), pending + 6_930);
  assert.equal(await stage.balance("platform:fees"), fees + 2_970);
});

test("a course is bought from the wallet", async () => {
  await stage.platform("POST", "/v1/wallets/alice/credits", {
    ...{ amount_minor: 50_000, currency: "CNY", reason: "for the browser test" },
  });
  await visit({ as: "alice" }, async (page) => {
    const checkout = await open(page, "ink-painting");
    await choose(checkout, "wallet.balance");
    await photograph(page, "wallet");
    await pay(checkout);
    await assertSoon(() => stage.unlocked("alice", "ink-painting"), "the school verified the webhook");
    await page.locator("[data-unlocked]").first().waitFor();
  });
  assert.equal(await stage.balance("wallet:alice"), 40_000);
});

test("a wallet that holds too little leaves the order open and says so", async () => {
  await visit({ as: "bo" }, async (page) => {
    const checkout = await open(page, "ink-painting");
    await checkout.locator("button.pay").waitFor();
    // An empty wallet cannot be chosen, once it is known to be empty.
    await checkout.locator('input[value="wallet.balance"]:disabled').waitFor({ state: "attached" });
    await photograph(page, "wallet-short");
  });
});

test("a reload while the QR code shows brings back the same order and the same code", async () => {
  await visit({ as: "alice" }, async (page) => {
    const { checkout, attempt } = await showQr(page, "ledger-design");
    const before = await checkout.locator("svg.qr path").getAttribute("d");
    await page.reload();
    await page.locator("coursepay-checkout").scrollIntoViewIfNeeded();
    await checkout.locator("svg.qr").waitFor();
    assert.equal(await checkout.locator("svg.qr path").getAttribute("d"), before);
    const attempts = await stage.sql("SELECT id FROM attempts WHERE order_id = (SELECT order_id FROM attempts WHERE id = ?1)", attempt.id);
    assert.equal(attempts.length, 1, "no second attempt was started");
  });
});

test("whoever says they have paid waits while the gateway is asked, and can go back to the code", async () => {
  await visit({}, async (page) => {
    const { checkout } = await showQr(page, "ink-painting");
    const asked = page.waitForResponse((response) => response.url().endsWith("/check"));
    await checkout.locator("button.secondary").click();
    await checkout.locator(".card[data-phase=confirming]").waitFor();
    assert.equal((await asked).status(), 200);
    await photograph(page, "waiting");
    await checkout.locator("button.secondary").click();
    await checkout.locator("svg.qr").waitFor();
  });
});

test("a double click and a second tab make one order", async () => {
  await visit({ as: "bo" }, async (page, context) => {
    const checkout = await open(page, "ledger-design");
    await choose(checkout, "alipay.qr");
    await checkout.locator("button.pay").dblclick({ noWaitAfter: true });
    await checkout.locator("svg.qr").waitFor();
    const code = await checkout.locator("svg.qr path").getAttribute("d");

    const tab = await context.newPage();
    const second = await open(tab, "ledger-design");
    await second.locator("button.pay, svg.qr").first().waitFor();
    if (await second.locator("button.pay").count()) {
      await choose(second, "alipay.qr");
      await pay(second);
    }
    await second.locator("svg.qr").waitFor();
    assert.equal(await second.locator("svg.qr path").getAttribute("d"), code);
    const orders = await stage.sql(
      "SELECT o.id FROM orders o JOIN buyers b ON b.id = o.buyer_id WHERE b.user_id = 'bo' AND o.lines LIKE '%ledger-design%'",
    );
    assert.equal(orders.length, 1);
  });
});

test("a visitor without an account buys as a guest", async () => {
  await visit({}, async (page) => {
    const { checkout, attempt } = await showQr(page, "rust-101");
    await press("approve", attempt.action.content);
    await checkout.locator(".badge.good").waitFor();
    await photograph(page, "guest-paid");
  });
});

test("on a phone the gateway's own page comes first, in English and in the dark as well", async () => {
  await visit({ as: "alice", ...PHONE, locale: "en-US", colorScheme: "dark" }, async (page) => {
    const checkout = await open(page, "rust-101", "?lang=en");
    await checkout.locator("button.pay").waitFor();
    assert.equal(await checkout.locator("input[name=method]").first().getAttribute("value"), "alipay.mobile");
    await photograph(page, "phone-offer-en-dark");
  });
});

test("on a phone the payment goes through the gateway's page and back", async () => {
  await visit({ as: "alice", ...PHONE }, async (page) => {
    const checkout = await open(page, "rust-101");
    await choose(checkout, "alipay.mobile");
    await pay(checkout);
    await page.waitForURL(/\/cashier\//);
    await photograph(page, "phone-cashier");
    await page.locator('form[action*="/approve"] button').click();
    await page.waitForURL(/\/courses\/rust-101/);
    await assertSoon(() => stage.unlocked("alice", "rust-101"), "the school verified the webhook");
    await page.locator("[data-unlocked]").first().waitFor();
    await photograph(page, "phone-unlocked");
  });
});

test("a refused payment says so and can be tried again", async () => {
  await visit({}, async (page) => {
    // The gateway's refusal is played at the edge of the browser; everything after it is real.
    await page.route("**/payments", (route) =>
      route.fulfill({
        status: 502,
        contentType: "application/problem+json",
        headers: { "access-control-allow-origin": "*" },
        body: JSON.stringify({
          type: "urn:coursepay:problem:gateway_refused",
          title: "The payment gateway refused the payment.",
          status: 502,
          code: "gateway_refused",
          detail: "The gateway refused with ACQ.ACCESS_FORBIDDEN.",
        }),
      }),
    );
    const checkout = await open(page, "ledger-design");
    await choose(checkout, "alipay.qr");
    await pay(checkout);
    await checkout.locator(".badge.bad").waitFor();
    await photograph(page, "failed");
    await page.unroute("**/payments");
    await checkout.locator("button.pay").click();
    await checkout.locator("svg.qr, button.pay:not([disabled])").first().waitFor();
  });
});

test("a Worker that does not answer is said so, and asked again on request", async () => {
  await visit({}, async (page) => {
    // An answer that never came is played at the edge of the browser.
    await page.route("**/v1/products/**", (route) => route.abort("connectionfailed"));
    const checkout = await open(page, "ink-painting");
    await checkout.locator(".card[data-phase=unavailable]").waitFor();
    await photograph(page, "unavailable");
    await page.unroute("**/v1/products/**");
    await checkout.locator("button.pay").click();
    await checkout.locator(".card[data-phase=choosing]").waitFor();
  });
});

test("an order whose time is up is closed at the gateway and offers a new one", async () => {
  await visit({}, async (page) => {
    const { checkout, attempt } = await showQr(page, "ledger-design");
    // Half an hour passes in the database; everything that follows from it is real.
    const order = "(SELECT order_id FROM attempts WHERE id = ?1)";
    const soon = "expires_at_ms = created_at_ms + 1, next_at_ms = 1";
    await stage.sql(`UPDATE orders SET ${soon} WHERE id = ${order}`, attempt.id);
    await stage.runCron();
    await checkout.locator(".badge.late").waitFor();
    await photograph(page, "expired");
    await assertSoon(async () => {
      const [{ status }] = await stage.sql("SELECT status FROM attempts WHERE id = ?1", attempt.id);
      return status === "closed";
    }, "the gateway was told that the code is void");
    await pay(checkout);
    await checkout.locator("svg.qr, button.pay:not([disabled])").first().waitFor();
  });
});

/** What is cut off or sticks out inside the card. */
const spills = (checkout) =>
  checkout.evaluate(({ shadowRoot }) =>
    [...shadowRoot.querySelectorAll(".card, .card *")]
      .filter((part) => part.clientWidth > 0 && part.scrollWidth > part.clientWidth + 1)
      .filter((part) => !part.closest(".unseen, svg"))
      .map((part) => `${part.className}: ${part.textContent}`),
  );

const PLACES = [
  ["desktop", {}, ["alipay.qr", "wechat_pay.qr", "alipay.redirect", "card.redirect", "wallet.balance"]],
  ["phone", PHONE, ["alipay.mobile", "wechat_pay.mobile", "card.redirect", "wallet.balance"]],
  ["in-wechat", WECHAT, ["wechat_pay.in_app", "card.redirect", "wallet.balance"]],
  ["small-phone", { ...PHONE, viewport: { width: 320, height: 640 } }, ["alipay.mobile", "wechat_pay.mobile", "card.redirect", "wallet.balance"]],
];

for (const [place, settings, ways] of PLACES) {
  for (const lang of ["zh-CN", "en"]) {
    test(`on ${place}, in ${lang}, every way to pay that fits is offered, the handiest first`, async () => {
      await visit({ as: "bo", ...settings, locale: lang }, async (page) => {
        const checkout = await open(page, "ledger-design", `?lang=${lang.slice(0, 2)}`);
        await checkout.locator("button.pay:enabled").waitFor();
        const shown = await checkout.locator("input[name=method]").evaluateAll((inputs) => inputs.map(({ value }) => value));
        assert.deepEqual(shown, ways);
        assert.deepEqual(await spills(checkout), []);
        const tall = await checkout.locator(".row").evaluateAll((rows) => rows.filter((row) => row.offsetHeight > 130).length);
        assert.equal(tall, 0, "every row is a row");
        await photograph(checkout, `ways-${place}-${lang}`);
      });
    });
  }
}

test("where the server has no way to pay, none is made up", async () => {
  await visit({}, async (page) => {
    // What every gateway being off looks like is played at the edge of the browser.
    const prices = [{ amount_minor: 10_000, currency: "CNY" }];
    const product = { id: "ink-painting", title: "水墨写意二十讲", kind: "course", prices, methods: [] };
    await page.route("**/v1/products/**", (route) =>
      route.fulfill({ json: product, headers: { "access-control-allow-origin": "*" } }),
    );
    const checkout = await open(page, "ink-painting");
    await checkout.locator(".card[data-phase=choosing]").waitFor();
    assert.equal(await checkout.locator("input[name=method]").count(), 0);
    assert.ok(await checkout.locator("button.pay").isDisabled());
    await photograph(page, "no-way-to-pay");
  });
});

test("a course is bought by WeChat Pay, and once it is refunded its page no longer calls it paid", async () => {
  const before = await stage.balance("gateway:wechat_pay:clearing");
  await visit({}, async (page) => {
    const { checkout, attempt } = await showQr(page, "rust-101", { way: "wechat_pay.qr" });
    assert.match(await checkout.locator("h3").innerText(), /微信/);
    await photograph(page, "wechat-qr");
    await press("approve", attempt.action.content);
    await checkout.locator(".badge.good").waitFor();
    assert.equal(await stage.balance("gateway:wechat_pay:clearing"), before + 9_900);

    const [{ order_id: order }] = await stage.sql("SELECT order_id FROM attempts WHERE id = ?1", attempt.id);
    await stage.platform("POST", `/v1/orders/${order}/refunds`, { reason: "退课" });
    await assertSoon(async () => {
      await stage.runCron();
      return (await stage.platform("GET", `/v1/orders/${order}`)).refund_status === "full";
    }, "WeChat has given the money back");
    // The learner looks at the page again.
    await page.evaluate(() => dispatchEvent(new Event("pageshow")));
    await checkout.locator(".notice").waitFor();
    assert.equal(await checkout.locator(".badge.good").count(), 0);
    await photograph(page, "refunded");
  });
});

test("in English WeChat's code has its own words", async () => {
  await visit({ ...PHONE, userAgent: undefined, colorScheme: "dark" }, async (page) => {
    const { checkout } = await showQr(page, "rust-101", { query: "?lang=en", way: "wechat_pay.qr" });
    assert.match(await checkout.locator("h3").innerText(), /WeChat/);
    assert.deepEqual(await spills(checkout), []);
    await photograph(page, "wechat-qr-en-dark");
  });
});

test("on a phone WeChat's own page is gone to, and back from it the server is asked", async () => {
  await visit({ as: "bo", ...PHONE }, async (page) => {
    const checkout = await open(page, "ledger-design");
    await choose(checkout, "wechat_pay.mobile");
    await pay(checkout);
    await page.waitForURL(/\/cashier\//);
    await page.goBack();
    await checkout.locator(".card[data-phase=confirming]").waitFor();
    await photograph(checkout, "phone-wechat-back");
  });
});

/** Pays by card up to Stripe's page. */
async function goToStripe(page, course, query) {
  const checkout = await open(page, course, query);
  await choose(checkout, "card.redirect");
  await pay(checkout);
  await page.waitForURL(/\/c\/pay\//);
  return checkout;
}

test("a course is bought by card, on Stripe's page and back", async () => {
  const before = await stage.balance("gateway:stripe:clearing");
  await visit({}, async (page) => {
    const checkout = await goToStripe(page, "ink-painting");
    await page.locator('form[action*="/approve"] button').first().click();
    await page.waitForURL(/\/courses\/ink-painting/);
    await checkout.locator(".badge.good").waitFor();
    await photograph(page, "card-paid");
  });
  assert.equal(await stage.balance("gateway:stripe:clearing"), before + 10_000);
});

for (const lang of ["zh", "en"]) {
  test(`a bank that takes its time is waited for, and says that one may leave (${lang})`, async () => {
    await visit(PHONE, async (page) => {
      const checkout = await goToStripe(page, "ink-painting", `?lang=${lang}`);
      const stripe = page.url();
      await page.locator('form[action*="/approve_later"] button').click();
      await page.locator("a.button.primary, a.button.quiet").first().click();
      await page.waitForURL(/\/courses\/ink-painting/);
      await checkout.locator(".card[data-phase=processing]").waitFor();
      assert.equal(await checkout.locator("button").count(), 0, "there is nothing to do");
      assert.deepEqual(await spills(checkout), []);
      await photograph(checkout, `card-processing-${lang}`);
      await press("settle", stripe.split("?")[0]);
      await checkout.locator(".badge.good").waitFor();
    });
  });
}

/** WeChat's bridge comes into the page, which may wait for it: it shows the sandbox's cashier, where `button` is pressed. */
async function bringBridge(page, button) {
  const context = page.context();
  await page.exposeFunction("showCashier", async (api, params) => {
    const ask = async (since_ms) => {
      const question = JSON.stringify({ api, params, since_ms });
      return (await fetch(`${stage.sandboxUrl}/sandbox/wechat_pay/jsapi`, { method: "POST", body: question })).json();
    };
    const { cashier_url, since_ms } = await ask();
    if (!button) return { err_msg: "get_brand_wcpay_request:cancel" };
    const cashier = await context.newPage();
    await cashier.goto(cashier_url);
    await photograph(cashier, "in-wechat-cashier");
    await cashier.locator(`form[action*="/${button}"] button`).first().click();
    let result;
    await assertSoon(async () => (result = (await ask(since_ms)).result) !== "waiting", "the cashier is closed");
    await cashier.close();
    return { err_msg: `get_brand_wcpay_request:${result}` };
  });
  await page.evaluate(() => {
    const invoke = (api, params, answer) => showCashier(api, params).then(answer);
    window.WeixinJSBridge = { invoke };
    document.dispatchEvent(new Event("WeixinJSBridgeReady"));
  });
}

test("inside WeChat the buyer logs in, comes back to the same order and pays through the bridge", async () => {
  await visit({ as: "bo", ...WECHAT }, async (page) => {
    const logins = [];
    page.on("request", (request) => {
      if (request.method() === "POST" && request.url().endsWith("/wechat_login")) logins.push(request.url());
    });
    const checkout = await open(page, "ink-painting", "?lang=zh");
    await choose(checkout, "wechat_pay.in_app");
    await pay(checkout);
    // Away to WeChat's login and back again; the bridge is late, as it may be.
    await checkout.locator(".card[data-phase=in-wechat]").waitFor();
    assert.equal(logins.length, 1);
    assert.equal(page.url(), `${stage.schoolSite}/courses/ink-painting?lang=zh`, "the outcome is out of the address");
    assert.deepEqual(await spills(checkout), []);
    await photograph(checkout, "in-wechat-paying");
    await bringBridge(page, "approve");
    await assertSoon(() => stage.unlocked("bo", "ink-painting"), "the school verified the webhook");
    await page.locator("[data-unlocked]").first().waitFor();
    const orders = await stage.sql(
      "SELECT o.id FROM orders o JOIN buyers b ON b.id = o.buyer_id WHERE b.user_id = 'bo' AND o.lines LIKE '%ink-painting%'",
    );
    assert.equal(orders.length, 1);
  });
});

test("inside WeChat whoever closes the cashier is back at the choice, with the order still open", async () => {
  // On a screen so small that the checkout is far below: coming back from the login it goes on all the same.
  await visit({ ...WECHAT, viewport: { width: 390, height: 260 }, locale: "en-US" }, async (page) => {
    const attempts = attemptsOf(page);
    const checkout = await open(page, "rust-101", "?lang=en");
    await choose(checkout, "wechat_pay.in_app");
    await pay(checkout);
    await checkout.locator(".card[data-phase=in-wechat]").waitFor();
    await photograph(checkout, "in-wechat-paying-en");
    const checked = page.waitForResponse((response) => response.url().endsWith("/check"));
    await bringBridge(page);
    await checkout.locator(".card[data-phase=choosing]").waitFor();
    assert.equal((await (await checked).json()).status, "awaiting_payment");
    await pay(checkout);
    await assertSoon(() => attempts.length === 2, "the ticket was asked for again");
    assert.equal(attempts[1].id, attempts[0].id);
  });
});

test("inside WeChat whoever does not log in is told so and can choose again", async () => {
  await visit(WECHAT, async (page) => {
    // WeChat comes back without a code when the person declines.
    await page.route("**/connect/oauth2/authorize?**", (route) => {
      const asked = new URL(route.request().url()).searchParams;
      const back = new URL(asked.get("redirect_uri"));
      back.searchParams.set("state", asked.get("state"));
      return route.fulfill({ status: 302, headers: { location: back.href } });
    });
    const checkout = await open(page, "rust-101");
    await choose(checkout, "wechat_pay.in_app");
    await pay(checkout);
    await checkout.locator(".notice").waitFor();
    assert.ok(!page.url().includes("wechat_login"));
    await photograph(checkout, "in-wechat-declined");
    await checkout.locator("button.pay:enabled").waitFor();
  });
});
