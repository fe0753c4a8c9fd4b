// Does the stripe package take the sandbox for Stripe? It is told another host, port and protocol and nothing
// else. Events go through webhooks.constructEvent, which checks signature and age.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import Stripe from "stripe";
import { number, openStage, pay } from "./stage.mjs";

const NAME = "Rust 从零到一 🦀 +50% & “引号” \"quotes\" 'single' <b>";
const NOTE = "a=1&b[c]=2+3 %26 课程/第一讲";

let stage;
let stripe;
let endpoint;
before(async () => {
  stage = await openStage();
  stripe = clientWith(stage.config.stripe.secret_key);
  endpoint = await stripe.webhookEndpoints.create({
    url: stage.shop.address("/stripe/events"),
    enabled_events: ["*"],
    description: NAME,
  });
});
after(() => stage?.close());

function clientWith(key, changes = {}) {
  const { protocol, hostname, port } = new URL(stage.config.stripe.api_base);
  const address = { host: hostname, port, protocol: protocol.replace(":", "") };
  return new Stripe(key, { ...address, maxNetworkRetries: 0, ...changes });
}

const session = (changes = {}) => ({
  mode: "payment",
  line_items: [
    {
      quantity: 1,
      price_data: { currency: "usd", unit_amount: 9_000, product_data: { name: NAME, description: NOTE } },
    },
    { quantity: 3, price_data: { currency: "usd", unit_amount: 300, product_data: { name: "练习册" } } },
  ],
  success_url: stage.shop.address("/thanks?session={CHECKOUT_SESSION_ID}"),
  cancel_url: stage.shop.address("/cart"),
  client_reference_id: number("S"),
  customer_email: "chen.bo+course@example.com",
  metadata: { note: NOTE, 课程: "第一讲" },
  payment_intent_data: { metadata: { note: NOTE }, transfer_group: number("G") },
  ...changes,
});

/** The next event of a type about an object (its id or transfer group), verified by the SDK; its secret is good for it and no other. */
async function told(type, about, { path = "/stripe/events", secret = endpoint.secret } = {}) {
  const callback = await stage.shop.next(path, ({ raw }) => {
    const { type: kind, data } = JSON.parse(raw);
    return kind === type && [data.object.id, data.object.transfer_group].includes(about);
  });
  const header = callback.headers["stripe-signature"];
  assert.throws(
    () => stripe.webhooks.constructEvent(callback.raw, header, "whsec_another"),
    Stripe.errors.StripeSignatureVerificationError,
  );
  const event = stripe.webhooks.constructEvent(callback.raw, header, secret);
  assert.deepEqual([event.object, event.livemode], ["event", false]);
  return event;
}

async function paidSession(changes) {
  const created = await stripe.checkout.sessions.create(session(changes));
  await pay(created.url);
  const { data } = await told("checkout.session.completed", created.id);
  return data.object;
}

/** What the SDK throws: class and details. */
async function refusal(call, type, details) {
  await assert.rejects(call, (error) => {
    assert.ok(error instanceof Stripe.errors[type], `${error.constructor.name}: ${error.message}`);
    for (const [name, value] of Object.entries(details))
      assert.equal(error[name], value, `${name}: ${error.message}`);
    return true;
  });
}

async function all(list) {
  const found = [];
  for await (const item of list) found.push(item);
  return found;
}

/** A session of 99.00, from nothing to paid, retrieved and told at each step; its payment intent. */
async function createAndPay() {
  const wanted = session();
  const created = await stripe.checkout.sessions.create(wanted);
  const { id } = created;
  assert.match(id, /^cs_test_/);
  assert.deepEqual(
    [created.status, created.payment_status, created.payment_intent],
    ["open", "unpaid", null],
  );
  assert.deepEqual([created.amount_total, created.currency], [9_900, "usd"]);
  assert.deepEqual(created.metadata, wanted.metadata);

  await pay(created.url);
  const { object } = (await told("checkout.session.completed", id)).data;
  assert.deepEqual([object.payment_status, object.client_reference_id], ["paid", wanted.client_reference_id]);
  assert.deepEqual(object.metadata, wanted.metadata);

  const expand = ["payment_intent.latest_charge", "line_items"];
  const complete = await stripe.checkout.sessions.retrieve(id, { expand });
  assert.deepEqual([complete.status, complete.payment_status], ["complete", "paid"]);
  const lines = complete.line_items.data.map((line) => [line.description, line.amount_total]);
  assert.deepEqual(lines, [
    [NAME, 9_000],
    ["练习册", 900],
  ]);
  const intent = complete.payment_intent;
  assert.deepEqual([intent.status, intent.amount_received], ["succeeded", 9_900]);
  assert.deepEqual(intent.metadata, wanted.payment_intent_data.metadata);
  await told("payment_intent.succeeded", intent.id);
  await told("charge.succeeded", intent.latest_charge.id);
  return intent;
}

/** Gives back 30.00 and then the rest; the two refunds. */
async function refundInTwoParts({ id: payment_intent, latest_charge: { id: charge } }) {
  const metadata = { note: NOTE };
  const reason = "requested_by_customer";
  const first = await stripe.refunds.create({ payment_intent, amount: 3_000, reason, metadata });
  assert.deepEqual([first.amount, first.metadata], [3_000, metadata]);
  assert.equal((await told("refund.created", first.id)).data.object.payment_intent, payment_intent);
  assert.equal((await told("charge.refunded", charge)).data.object.amount_refunded, 3_000);
  const asked = await stripe.refunds.retrieve(first.id);
  assert.deepEqual([asked.status, asked.amount], ["succeeded", 3_000]);
  const tooMuch = stripe.refunds.create({ payment_intent, amount: 6_901 });
  await refusal(tooMuch, "StripeInvalidRequestError", { param: "amount" });

  const rest = await stripe.refunds.create({ charge });
  assert.equal(rest.amount, 6_900);
  const { object } = (await told("charge.refunded", charge)).data;
  assert.deepEqual([object.amount_refunded, object.refunded], [9_900, true]);
  const again = stripe.refunds.create({ payment_intent });
  await refusal(again, "StripeInvalidRequestError", { code: "charge_already_refunded" });
  const listed = await all(stripe.refunds.list({ payment_intent, limit: 1 }));
  assert.deepEqual(
    listed.map(({ id }) => id),
    [rest.id, first.id],
    "newest first, page by page",
  );
  return [first, rest];
}

test("a session is created, paid, retrieved, told, refunded in two parts and found in the balance", async () => {
  const intent = await createAndPay();
  const [first, rest] = await refundInTwoParts(intent);
  const charge = intent.latest_charge.id;

  const about = new Set([charge, first.id, rest.id]);
  const pages = await all(stripe.balanceTransactions.list({ limit: 2 }));
  const transactions = pages.filter(({ source }) => about.has(source));
  assert.deepEqual(
    transactions.map(({ source, type, amount }) => [source, type, amount]),
    [
      [rest.id, "refund", -6_900],
      [first.id, "refund", -3_000],
      [charge, "charge", 9_900],
    ],
  );
  for (const { amount, fee, net } of transactions) assert.equal(net, amount - fee);
  assert.ok(transactions.at(-1).fee > 0, "a charge costs a fee");
  const charges = await all(stripe.balanceTransactions.list({ type: "charge", source: charge }));
  assert.equal(charges.length, 1);
});

test("a declined card leaves the session open, and the next try may succeed", async () => {
  const wanted = session();
  const created = await stripe.checkout.sessions.create(wanted);
  await pay(created.url, "decline");
  const failed = await told("payment_intent.payment_failed", wanted.payment_intent_data.transfer_group);
  assert.equal(failed.data.object.last_payment_error.type, "card_error");
  assert.equal((await stripe.checkout.sessions.retrieve(created.id)).status, "open");
  await pay(created.url);
  await told("checkout.session.completed", created.id);
});

test("a method that takes days completes the session unpaid, then succeeds or fails", async () => {
  for (const [button, type, payment_status] of [
    ["settle", "checkout.session.async_payment_succeeded", "paid"],
    ["fail", "checkout.session.async_payment_failed", "unpaid"],
  ]) {
    const created = await stripe.checkout.sessions.create(session());
    await pay(created.url, "approve_later");
    const completed = await told("checkout.session.completed", created.id);
    assert.equal(completed.data.object.payment_status, "unpaid");
    const waiting = await stripe.checkout.sessions.retrieve(created.id, { expand: ["payment_intent"] });
    assert.deepEqual([waiting.status, waiting.payment_intent.status], ["complete", "processing"]);
    await pay(created.url, button);
    assert.equal((await told(type, created.id)).data.object.payment_status, payment_status);
  }
});

test("an expired session is told of and cannot be paid", async () => {
  const created = await stripe.checkout.sessions.create(session());
  const expired = await stripe.checkout.sessions.expire(created.id);
  assert.equal(expired.status, "expired");
  await told("checkout.session.expired", created.id);
  await assert.rejects(pay(created.url), /409/);
  await refusal(stripe.checkout.sessions.expire(created.id), "StripeInvalidRequestError", {
    statusCode: 400,
  });
});

test("a session expires by itself when its time is over", async () => {
  const { business_ms } = await stage.get("/sandbox/clock");
  const expires_at = Math.floor(business_ms / 1000) + 1_800 + 60;
  const created = await stripe.checkout.sessions.create(session({ expires_at }));
  assert.equal(created.expires_at, expires_at);
  await stage.pass(1_861_000);
  await told("checkout.session.expired", created.id);
  assert.equal((await stripe.checkout.sessions.retrieve(created.id)).status, "expired");
});

test("a yen is not divided", async () => {
  const line_items = [
    { quantity: 2, price_data: { currency: "jpy", unit_amount: 500, product_data: { name: "教材" } } },
  ];
  const paid = await paidSession({ line_items });
  assert.deepEqual([paid.amount_total, paid.currency], [1_000, "jpy"]);
  const intent = await stripe.paymentIntents.retrieve(paid.payment_intent);
  assert.deepEqual([intent.amount, intent.currency], [1_000, "jpy"]);
});

test("a creator's share is transferred from a charge and partly reversed", async () => {
  const paid = await paidSession();
  const intent = await stripe.paymentIntents.retrieve(paid.payment_intent);
  const [destination] = stage.config.stripe.connected_accounts;
  const transfer = await stripe.transfers.create({
    ...{ amount: 6_000, currency: "usd", destination },
    source_transaction: intent.latest_charge,
    transfer_group: intent.transfer_group,
    metadata: { note: NOTE },
  });
  assert.match(transfer.id, /^tr_/);
  await told("transfer.created", transfer.id);
  const reversal = await stripe.transfers.createReversal(transfer.id, {
    amount: 1_000,
    metadata: { note: NOTE },
  });
  assert.equal(reversal.amount, 1_000);
  const after = await stripe.transfers.retrieve(transfer.id);
  assert.deepEqual([after.amount_reversed, after.reversed, after.metadata.note], [1_000, false, NOTE]);
  const [found] = await all(stripe.transfers.list({ transfer_group: intent.transfer_group }));
  assert.equal(found.id, transfer.id);
  const beyond = { amount: 9_901, currency: "usd", destination, source_transaction: intent.latest_charge };
  await refusal(stripe.transfers.create(beyond), "StripeInvalidRequestError", { statusCode: 400 });
  const nobody = { amount: 100, currency: "usd", destination: "acct_nobody" };
  await refusal(stripe.transfers.create(nobody), "StripeInvalidRequestError", { statusCode: 400 });
});

test("a disputed charge is told of, answered, and decided by the bank", async () => {
  for (const outcome of ["won", "lost"]) {
    const paid = await paidSession();
    const opened = await stage.post("/sandbox/stripe/disputes", { payment_intent: paid.payment_intent });
    const created = (await told("charge.dispute.created", opened.id)).data.object;
    assert.deepEqual(
      [created.status, created.amount, created.payment_intent],
      ["needs_response", 9_900, paid.payment_intent],
    );
    await told("charge.dispute.funds_withdrawn", opened.id);
    await refusal(stripe.refunds.create({ charge: created.charge }), "StripeInvalidRequestError", {
      statusCode: 400,
    });
    const evidence = { customer_purchase_ip: "203.0.113.7", uncategorized_text: NOTE };
    const answered = await stripe.disputes.update(opened.id, { evidence, submit: true });
    assert.equal(answered.status, "under_review");
    await stage.post(`/sandbox/stripe/disputes/${opened.id}`, { outcome });
    assert.equal((await told("charge.dispute.closed", opened.id)).data.object.status, outcome);
    const listed = await all(stripe.disputes.list({ payment_intent: paid.payment_intent }));
    assert.deepEqual(
      listed.map(({ id, status }) => [id, status]),
      [[opened.id, outcome]],
    );
    const moved = (await all(stripe.balanceTransactions.list({ limit: 100 }))).filter(
      ({ source }) => source === opened.id,
    );
    assert.deepEqual(
      moved.map(({ amount }) => amount),
      outcome === "won" ? [9_900, -9_900] : [-9_900],
    );
  }
});

test("a test card is refused with its own reason", async () => {
  const wanted = session();
  const { id } = await stripe.checkout.sessions.create(wanted);
  await stage.post(`/sandbox/stripe/sessions/${id}/pay`, { card: "4000000000009995" });
  const charge = (await told("charge.failed", wanted.payment_intent_data.transfer_group)).data.object;
  assert.deepEqual([charge.failure_code, charge.outcome.reason], ["card_declined", "insufficient_funds"]);
});

test("while a secret is rolled, the old one and the new one are good; then only the new one", async () => {
  const path = "/stripe/rolled";
  const rolled = await stripe.webhookEndpoints.create({
    url: stage.shop.address(path),
    enabled_events: ["checkout.session.completed"],
  });
  const { secret } = await stage.post(`/sandbox/stripe/webhook_endpoints/${rolled.id}/roll`, {
    expires_in_ms: 3_600_000,
  });
  assert.notEqual(secret, rolled.secret);
  const heard = async () => {
    const created = await stripe.checkout.sessions.create(session());
    await pay(created.url);
    const { raw, headers } = await stage.shop.next(path);
    return (secret) =>
      stripe.webhooks.constructEvent(raw, headers["stripe-signature"], secret).data.object.id === created.id;
  };
  const during = await heard();
  assert.ok(during(rolled.secret) && during(secret));
  await stage.pass(3_600_000);
  const after = await heard();
  assert.ok(after(secret));
  assert.throws(() => after(rolled.secret), Stripe.errors.StripeSignatureVerificationError);
  await stripe.webhookEndpoints.del(rolled.id);
});

test("the same idempotency key gives the same session, and refuses another one", async () => {
  const idempotencyKey = number("K");
  const wanted = session();
  const first = await stripe.checkout.sessions.create(wanted, { idempotencyKey });
  const again = await stripe.checkout.sessions.create(wanted, { idempotencyKey });
  assert.equal(again.id, first.id);
  assert.equal(again.lastResponse.headers["idempotent-replayed"], "true");
  const other = { ...wanted, client_reference_id: "other" };
  await refusal(stripe.checkout.sessions.create(other, { idempotencyKey }), "StripeIdempotencyError", {
    statusCode: 400,
  });
});

test("a call whose answer is lost is repeated by the SDK under its key, and done once", async () => {
  const wanted = session();
  await stage.fault({
    fault: "timeout_after_effect",
    number: wanted.client_reference_id,
    operation: "create",
    by_ms: 0,
  });
  const patient = clientWith(stage.config.stripe.secret_key, { maxNetworkRetries: 1 });
  const created = await patient.checkout.sessions.create(wanted);
  assert.equal(created.lastResponse.headers["idempotent-replayed"], "true");
  const { payments } = await stage.get("/sandbox/payments.json");
  assert.equal(payments.filter(({ number }) => number === wanted.client_reference_id).length, 1);
});

test("an event that is too old, or not Stripe's, is refused by the SDK", async () => {
  for (const [fault, message] of [
    ["callback_stale", /[Tt]imestamp/],
    ["callback_forged", /[Nn]o signatures found/],
  ]) {
    const path = `/stripe/${fault}`;
    const { id, secret } = await stripe.webhookEndpoints.create({
      url: stage.shop.address(path),
      enabled_events: ["checkout.session.completed"],
    });
    const wanted = session();
    await stage.fault({ fault, number: wanted.client_reference_id, times: 50 });
    await pay((await stripe.checkout.sessions.create(wanted)).url);
    const outcomes = [];
    for (let left = fault === "callback_forged" ? 2 : 1; left > 0; left -= 1) {
      const { raw, headers } = await stage.shop.next(path);
      try {
        outcomes.push(stripe.webhooks.constructEvent(raw, headers["stripe-signature"], secret).type);
      } catch (error) {
        assert.match(error.message, message);
        outcomes.push("refused");
      }
    }
    const expected = fault === "callback_forged" ? ["checkout.session.completed", "refused"] : ["refused"];
    assert.deepEqual(outcomes.sort(), expected);
    await stripe.webhookEndpoints.del(id);
  }
});

test("events are kept, listed by type and found by id", async () => {
  const paid = await paidSession();
  const events = await all(stripe.events.list({ type: "checkout.session.completed", limit: 1 }));
  const [event] = events.filter(({ data }) => data.object.id === paid.id);
  assert.equal(
    (await stripe.events.retrieve(event.id)).data.object.client_reference_id,
    paid.client_reference_id,
  );
  assert.ok(events.every(({ type }) => type === "checkout.session.completed"));
});

test("an endpoint hears only what it asked for, and nothing once it is deleted", async () => {
  const path = "/stripe/narrow";
  const narrow = await stripe.webhookEndpoints.create({
    url: stage.shop.address(path),
    enabled_events: ["checkout.session.completed"],
  });
  assert.match(narrow.secret, /^whsec_/);
  assert.notEqual(narrow.secret, endpoint.secret);
  const created = await stripe.checkout.sessions.create(session());
  await pay(created.url);
  await told("checkout.session.completed", created.id, { path, secret: narrow.secret });
  assert.equal(
    (await stripe.webhookEndpoints.retrieve(narrow.id)).secret,
    undefined,
    "a secret is shown once",
  );
  assert.equal((await stripe.webhookEndpoints.del(narrow.id)).deleted, true);
  await paidSession();
  const types = stage.shop.heard(path).map(({ raw }) => JSON.parse(raw).type);
  assert.deepEqual(types, ["checkout.session.completed"]);
});

test("an event that was not acknowledged comes again under its id, with a new signature", async () => {
  const path = "/stripe/deaf";
  const deaf = await stripe.webhookEndpoints.create({
    url: stage.shop.address(path),
    enabled_events: ["checkout.session.completed"],
  });
  stage.shop.refuse(path);
  const created = await stripe.checkout.sessions.create(session());
  await pay(created.url);
  const heard = { path, secret: deaf.secret };
  const first = await told("checkout.session.completed", created.id, heard);
  await stage.noted(path);
  await stage.pass(3_600_000);
  const second = await told("checkout.session.completed", created.id, heard);
  assert.equal(second.id, first.id);
  await stripe.webhookEndpoints.del(deaf.id);
});

test("a wrong key and wrong parameters are refused as Stripe refuses them", async () => {
  const stranger = clientWith("sk_test_nobody");
  await refusal(stranger.checkout.sessions.create(session()), "StripeAuthenticationError", {
    statusCode: 401,
  });
  const entry = await stage.logged((entry) => !entry.fine && entry.what.includes("/v1/checkout/sessions"));
  assert.ok(entry.outcome.includes("401"), JSON.stringify(entry));
  for (const [changes, details] of [
    [{ success_url: undefined }, { param: "success_url", code: "parameter_missing" }],
    [{ mode: "gift" }, { param: "mode" }],
    [{ colour: "red" }, { param: "colour", code: "parameter_unknown" }],
    [{ line_items: [] }, { statusCode: 400 }],
  ]) {
    await refusal(stripe.checkout.sessions.create(session(changes)), "StripeInvalidRequestError", details);
  }
  await refusal(stripe.checkout.sessions.retrieve("cs_test_nothing"), "StripeInvalidRequestError", {
    statusCode: 404,
    code: "resource_missing",
  });
});
