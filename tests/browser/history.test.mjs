// Can a learner see on the receipt whether the record of their order was rewritten? The real widget verifies the chain
// in its own wasm; whoever sits between it and the Worker, or rewrites the Worker's database, is seen.

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { openStage, screenshots } from "./stage.mjs";

let stage;
before(async () => (stage = await openStage()), { timeout: 120_000 });
after(() => stage?.close());

/** Somebody has bought a course from their wallet and sees the receipt, whatever becomes of the history they ask for. */
async function receipt({ user, course = "rust-101", lang = "zh", history }, body) {
  const credit = { amount_minor: 20_000, currency: "CNY", reason: "for the browser test" };
  await stage.platform("POST", `/v1/wallets/${user}/credits`, credit);
  const viewport = { width: 1180, height: 860 };
  const context = await stage.browser.newContext({ viewport, reducedMotion: "reduce" });
  context.setDefaultTimeout(20_000);
  const complaints = [];
  context.on("weberror", (error) => complaints.push(String(error.error())));
  try {
    const page = await context.newPage();
    await page.goto(`${stage.schoolSite}/login`);
    await page.locator(`button[name=user][value=${user}]`).first().click();
    await page.waitForURL(`${stage.schoolSite}/`);
    // The receipt stays: the page is not told that the course is open.
    await page.route("**/courses/*/state*", (route) => route.fulfill({ json: { unlocked: false, recorded: false } }));
    if (history) {
      await page.route("**/v1/orders/*/events", async (route) => {
        // Only the browser knows where pay.localhost is.
        const response = await route.fetch({ url: route.request().url().replace("pay.localhost", "127.0.0.1") });
        const told = history(await response.json());
        await (told ? route.fulfill({ response, json: told }) : route.abort());
      });
    }
    await page.goto(`${stage.schoolSite}/courses/${course}?lang=${lang}`);
    const checkout = page.locator("coursepay-checkout");
    await checkout.scrollIntoViewIfNeeded();
    await checkout.locator('input[value="wallet.balance"]').check({ force: true });
    await checkout.locator("button.pay").click();
    await checkout.locator(".badge.good").waitFor();
    await body(checkout);
    assert.deepEqual(complaints, []);
  } finally {
    await context.close();
  }
}

/** What the receipt says after the learner has asked, and what it is said to be for those who cannot see. */
async function verified(checkout, name) {
  const record = checkout.locator("[data-record]");
  assert.equal(await record.getAttribute("data-record"), "open");
  await record.getByRole("button", { name }).click();
  await checkout.locator("[data-record]:not([data-record=open])").waitFor();
  return { outcome: await record.getAttribute("data-record"), words: await record.getByRole("status").innerText() };
}

test("the record of a paid order holds, and the receipt shows the head that the Worker keeps", async () => {
  await receipt({ user: "alice" }, async (checkout) => {
    const { outcome, words } = await verified(checkout, "核对记录");
    assert.equal(outcome, "holds");
    assert.match(words, /记录完整，没有被改动，指纹 [0-9a-f]{12}$/);
    const [{ head_hash }] = await stage.sql("SELECT head_hash FROM orders WHERE status = 'paid' ORDER BY id DESC LIMIT 1");
    assert.equal(await checkout.locator("[data-record] code").getAttribute("title"), head_hash);
    assert.ok(words.endsWith(head_hash.slice(0, 12)));
    await checkout.screenshot({ path: join(screenshots, "record-holds.png") });
  });
});

test("a record that was altered, cut off or made anew is seen not to hold", async () => {
  const altered = ({ events, holds }) => {
    const body = events[0].body.replace("order_created", "order_createb");
    assert.notEqual(body, events[0].body);
    return { events: [{ ...events[0], body }, ...events.slice(1)], holds };
  };
  const cutOff = ({ events, holds }) => ({ events: events.slice(0, -1), holds });
  const emptied = ({ holds }) => ({ events: [], holds });
  for (const [course, history] of [
    ["ink-painting", altered],
    ["ledger-design", cutOff],
  ]) {
    await receipt({ user: "alice", course, history }, async (checkout) => {
      const { outcome, words } = await verified(checkout, "核对记录");
      assert.equal(outcome, "broken", course);
      assert.equal(words, "记录与订单不符，可能被改动过，请联系商家");
      await checkout.screenshot({ path: join(screenshots, `record-${history.name}.png`) });
    });
  }
  await receipt({ user: "bo", history: emptied, lang: "en" }, async (checkout) => {
    const { outcome, words } = await verified(checkout, "Verify this record");
    assert.equal(outcome, "broken");
    assert.match(words, /^The record does not match this order/);
  });
});

test("a record that cannot be read can be asked for again", async () => {
  let answers = false;
  const history = (record) => (answers ? record : undefined);
  await receipt({ user: "bo", course: "ink-painting", lang: "en", history }, async (checkout) => {
    const record = checkout.locator("[data-record]");
    await record.getByRole("button", { name: "Verify this record" }).click();
    await record.getByText("The record cannot be read right now").waitFor();
    answers = true;
    const { outcome } = await verified(checkout, "Verify this record");
    assert.equal(outcome, "holds");
  });
});
