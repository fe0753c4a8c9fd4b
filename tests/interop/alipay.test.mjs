// Does alipay-sdk take the sandbox for Alipay? Every answer's signature is checked (validateSign), every notify
// goes through checkNotifySignV2, and all of it once with bare keys and once with certificates.

import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { AlipaySdk } from "alipay-sdk";
import { number, open, openStage, pay, shanghaiDay } from "./stage.mjs";
import { unzip } from "./unzip.mjs";

/** What people really write into a title; Alipay itself forbids `/`, `=` and `&` there. */
const SUBJECT = "Rust 从零到一 🦀 +50% “引号” \"quotes\" 'single' <b>";
const BODY = "a=1&b=2+3 %26 课程/第一讲 🎓";
const PASSBACK = "buyer=陈 博&from=微博+首页 100%";
const MINUTE_MS = 60_000;

let stage;
before(async () => (stage = await openStage()));
after(() => stage?.close());

/** The SDK as a shop sets it up, with nothing but what config.json says. */
function sdkOf(mode, changes = {}) {
  const { alipay } = stage.config;
  const keys = { alipayPublicKey: alipay.gateway_public_key };
  const certificates = {
    appCertContent: alipay.app_cert,
    alipayRootCertContent: alipay.root_cert,
    alipayPublicCertContent: alipay.gateway_cert,
  };
  const sdk = new AlipaySdk({
    gateway: alipay.gateway_url,
    appId: alipay.app_id,
    keyType: "PKCS8",
    privateKey: alipay.app_private_key,
    ...(mode === "certificates" ? certificates : keys),
    ...changes,
  });
  // Without a key the SDK would not check anything, and only say so on the console.
  assert.ok(sdk.config.alipayPublicKey, `config.json has what the SDK needs for ${mode}`);
  return sdk;
}

/** Calls with the answer's signature checked. */
const callWith =
  (sdk) =>
  (method, bizContent, params = {}) =>
    sdk.exec(method, { ...params, bizContent }, { validateSign: true });

function succeeded(answer, what) {
  assert.equal(answer.code, "10000", `${what}: ${JSON.stringify(answer)}`);
  return answer;
}

function refused(answer, code, subCode) {
  assert.deepEqual([answer.code, answer.subCode], [code, subCode], JSON.stringify(answer));
  return answer;
}

/** A notify's fields, read from the raw form as a shop's framework would. */
function fieldsOf(callback) {
  assert.equal(callback.method, "POST");
  assert.match(callback.headers["content-type"], /^application\/x-www-form-urlencoded/);
  return Object.fromEntries(new URLSearchParams(callback.raw.toString("utf8")));
}

/** The next notify to a payment's own address that `fits`, verified by the SDK. */
async function verifiedNotify(sdk, path, fits = () => true) {
  const fields = fieldsOf(await stage.shop.next(path, (callback) => fits(fieldsOf(callback))));
  assert.equal(sdk.checkNotifySignV2(fields), true, "checkNotifySignV2 accepts the notify");
  assert.equal(sdk.checkNotifySignV2({ ...fields, total_amount: "0.02" }), false, "and nothing altered");
  assert.equal(fields.app_id, stage.config.alipay.app_id);
  assert.equal(fields.seller_id, stage.config.alipay.seller_id);
  return fields;
}

/** The rows of a statement's file, after its comments; values trimmed of the TAB that ids end in. */
function statementOf(file) {
  const text = new TextDecoder("gbk", { fatal: true }).decode(file);
  const [header, ...rows] = text
    .split(/\r?\n/)
    .filter((line) => line && !line.startsWith("#"))
    .map((line) => [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)])
    .map((cells) => cells.map(([, quoted, plain]) => (quoted?.replaceAll('""', '"') ?? plain).trim()));
  return rows.map((row) => Object.fromEntries(header.map((name, index) => [name, row[index]])));
}

/** A payment of 99.00 by QR code, from nothing to paid, asked for and told at each step. */
async function createAndPay(sdk) {
  const call = callWith(sdk);
  const out_trade_no = number("A");
  const path = `/alipay/${out_trade_no}`;
  const passback_params = encodeURIComponent(PASSBACK);
  const order = { out_trade_no, total_amount: "99.00", subject: SUBJECT, body: BODY, passback_params };
  const query = (named) => call("alipay.trade.query", named);

  const notifyUrl = stage.shop.address(path);
  const created = succeeded(await call("alipay.trade.precreate", order, { notifyUrl }), "precreate");
  assert.equal(created.outTradeNo, out_trade_no);
  refused(await query({ out_trade_no }), "40004", "ACQ.TRADE_NOT_EXIST");
  await open(created.qrCode);
  assert.equal(succeeded(await query({ out_trade_no }), "query").tradeStatus, "WAIT_BUYER_PAY");

  await pay(created.qrCode);
  const told = await verifiedNotify(sdk, path);
  assert.deepEqual(
    [told.out_trade_no, told.trade_status, told.total_amount],
    [out_trade_no, "TRADE_SUCCESS", "99.00"],
  );
  assert.deepEqual([told.subject, told.body], [SUBJECT, BODY]);
  assert.equal(decodeURIComponent(told.passback_params), PASSBACK);
  const { trade_no } = told;
  const asked = succeeded(await query({ out_trade_no }), "query");
  assert.deepEqual(
    [asked.tradeStatus, asked.totalAmount, asked.tradeNo],
    ["TRADE_SUCCESS", "99.00", trade_no],
  );
  assert.equal(succeeded(await query({ trade_no }), "query").outTradeNo, out_trade_no);
  return { out_trade_no, trade_no, path };
}

/** Gives back 30.00 and then the rest; the numbers of the two refunds. */
async function refundInTwoParts(sdk, { out_trade_no, trade_no, path }) {
  const call = callWith(sdk);
  const refund = (fields) => call("alipay.trade.refund", fields);
  const refundQuery = (out_request_no) =>
    call("alipay.trade.fastpay.refund.query", { out_trade_no, out_request_no });
  const about = (out_request_no) => (fields) => fields.out_biz_no === out_request_no;

  const [part, rest] = [number("R"), number("R")];
  const refund_reason = "半价 + 10% & 更多";
  const wanted = { out_trade_no, refund_amount: "30.00", out_request_no: part, refund_reason };
  const first = succeeded(await refund(wanted), "refund");
  assert.deepEqual([first.fundChange, first.refundFee], ["Y", "30.00"]);
  const again = succeeded(await refund(wanted), "the same refund");
  assert.deepEqual([again.fundChange, again.refundFee], ["N", "30.00"], "one number moves money once");
  const told = await verifiedNotify(sdk, path, about(part));
  assert.deepEqual([told.trade_status, told.refund_fee], ["TRADE_SUCCESS", "30.00"]);

  const { refundStatus, refundAmount, totalAmount } = succeeded(await refundQuery(part), "refund query");
  assert.deepEqual([refundStatus, refundAmount, totalAmount], ["REFUND_SUCCESS", "30.00", "99.00"]);
  const unknown = await refundQuery(number("R"));
  assert.equal(unknown.refundStatus, undefined, "a refund that nobody asked for has no status");
  const tooMuch = { out_trade_no, refund_amount: "69.01", out_request_no: number("R") };
  assert.equal((await refund(tooMuch)).code, "40004", "no refund beyond the payment");

  const last = succeeded(
    await refund({ trade_no, refund_amount: "69.00", out_request_no: rest }),
    "the rest",
  );
  assert.deepEqual([last.fundChange, last.refundFee], ["Y", "99.00"]);
  const closed = await verifiedNotify(sdk, path, about(rest));
  assert.deepEqual([closed.trade_status, closed.refund_fee], ["TRADE_CLOSED", "99.00"]);
  const over = succeeded(await call("alipay.trade.query", { out_trade_no }), "query");
  assert.equal(over.tradeStatus, "TRADE_CLOSED");
  return [part, rest];
}

/** The rows about a payment in the bill of a day, downloaded and unpacked. */
async function billed(sdk, bill_date, { out_trade_no }) {
  const wanted = { bill_type: "trade", bill_date };
  const bill = await callWith(sdk)("alipay.data.dataservice.bill.downloadurl.query", wanted);
  const download = await fetch(succeeded(bill, "bill").billDownloadUrl);
  assert.equal(download.status, 200);
  const files = unzip(Buffer.from(await download.arrayBuffer()), "gbk");
  const [totals, details] = [true, false].map((of) =>
    [...files].filter(([name]) => name.includes("汇总") === of),
  );
  assert.deepEqual(
    [details.length, totals.length],
    [1, 1],
    `details and totals: ${[...files.keys()].join(", ")}`,
  );
  return statementOf(details[0][1]).filter((row) => row["商户订单号"] === out_trade_no);
}

for (const mode of ["keys", "certificates"]) {
  describe(`with ${mode}`, () => {
    test("a payment is created, paid, asked for, told, refunded in two parts and found in the bill", async () => {
      const sdk = sdkOf(mode);
      const day = shanghaiDay(await stage.toNoon());
      const payment = await createAndPay(sdk);
      const [part, rest] = await refundInTwoParts(sdk, payment);

      const today = { bill_type: "trade", bill_date: day };
      const early = await callWith(sdk)("alipay.data.dataservice.bill.downloadurl.query", today);
      assert.equal(early.code, "40004", "there is no bill of a day that is not over");
      await stage.toNoon();
      const rows = await billed(sdk, day, payment);
      const columns = ["业务类型", "订单金额（元）", "退款批次号/请求号", "支付宝交易号"];
      assert.deepEqual(
        rows.map((row) => columns.map((column) => row[column])),
        [
          ["交易", "99.00", "", payment.trade_no],
          ["退款", "-30.00", part, payment.trade_no],
          ["退款", "-69.00", rest, payment.trade_no],
        ],
      );
      assert.equal(rows[0]["商品名称"], SUBJECT.replace("🦀", "?"), "GBK has no crabs");
    });

    test("page pay and wap pay lead the browser to the cashier, by address and by form", async () => {
      const sdk = sdkOf(mode);
      const call = callWith(sdk);
      for (const [method, product_code] of [
        ["alipay.trade.page.pay", "FAST_INSTANT_TRADE_PAY"],
        ["alipay.trade.wap.pay", "QUICK_WAP_PAY"],
      ]) {
        for (const how of ["GET", "POST"]) {
          const out_trade_no = number("P");
          const path = `/alipay/${out_trade_no}`;
          const page = sdk.pageExec(method, how, {
            notifyUrl: stage.shop.address(path),
            returnUrl: `${stage.shop.address("/alipay/return")}?lesson=1`,
            bizContent: { out_trade_no, total_amount: "0.01", subject: SUBJECT, body: BODY, product_code },
          });
          const cashier = how === "GET" ? await followed(page) : await submitted(page);
          await pay(cashier);
          const notified = await verifiedNotify(sdk, path);
          assert.deepEqual([notified.trade_status, notified.subject], ["TRADE_SUCCESS", SUBJECT]);
          const asked = succeeded(await call("alipay.trade.query", { out_trade_no }), `${method} by ${how}`);
          assert.equal(asked.tradeStatus, "TRADE_SUCCESS");
        }
      }
    });

    test("close ends what waits for its buyer, cancel gives back what was paid", async () => {
      const call = callWith(sdkOf(mode));
      const order = () => ({ out_trade_no: number("C"), total_amount: "8.80", subject: "一杯咖啡" });

      const closing = order();
      const { qrCode } = succeeded(await call("alipay.trade.precreate", closing), "precreate");
      await open(qrCode);
      const { out_trade_no } = closing;
      succeeded(await call("alipay.trade.close", { out_trade_no }), "close");
      const closed = succeeded(await call("alipay.trade.query", { out_trade_no }), "query");
      assert.equal(closed.tradeStatus, "TRADE_CLOSED");
      refused(await call("alipay.trade.precreate", closing), "40004", "ACQ.TRADE_HAS_CLOSE");
      await assert.rejects(pay(qrCode), /409/, "nobody pays a closed trade");

      const waiting = order();
      const code = succeeded(await call("alipay.trade.precreate", waiting), "precreate").qrCode;
      await open(code);
      const cancelled = succeeded(
        await call("alipay.trade.cancel", { out_trade_no: waiting.out_trade_no }),
        "cancel",
      );
      assert.deepEqual([cancelled.action, cancelled.retryFlag], ["close", "N"]);

      const paid = order();
      await pay(succeeded(await call("alipay.trade.precreate", paid), "precreate").qrCode);
      refused(
        await call("alipay.trade.close", { out_trade_no: paid.out_trade_no }),
        "40004",
        "ACQ.TRADE_STATUS_ERROR",
      );
      const undone = succeeded(
        await call("alipay.trade.cancel", { out_trade_no: paid.out_trade_no }),
        "cancel",
      );
      assert.deepEqual([undone.action, undone.retryFlag], ["refund", "N"]);
      const after = succeeded(await call("alipay.trade.query", { out_trade_no: paid.out_trade_no }), "query");
      assert.equal(after.tradeStatus, "TRADE_CLOSED");
    });

    test("another application key is refused, and the log says why", async () => {
      const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
      const der = privateKey.export({ type: "pkcs8", format: "der" }).toString("base64");
      const out_trade_no = number("W");
      const answer = await callWith(sdkOf(mode, { privateKey: der }))("alipay.trade.query", { out_trade_no });
      refused(answer, "40002", "isv.invalid-signature");
      const entry = await stage.logged((entry) => entry.number === out_trade_no);
      assert.equal(entry.fine, false);
      assert.equal(entry.diagnosis.cause, "other_key");
      assert.match(entry.diagnosis.expected, new RegExp(`biz_content=.*${out_trade_no}.*&charset=utf-8`));
    });
  });
}

test("money is sent to an account, once per number, and found again", async () => {
  const call = callWith(sdkOf("certificates"));
  const product = { product_code: "TRANS_ACCOUNT_NO_PWD", biz_scene: "DIRECT_TRANSFER" };
  const [payee] = stage.config.alipay.payees;
  const to = (identity_type) => ({ identity_type, identity: payee[identity_type], name: payee.name });
  const transfer = {
    ...product,
    out_biz_no: number("T"),
    trans_amount: "68.60",
    order_title: "七月分成 + 奖金 & 100%",
    remark: "致 林老师 🎓",
    payee_info: to("ALIPAY_LOGON_ID"),
  };
  const sent = succeeded(await call("alipay.fund.trans.uni.transfer", transfer), "transfer");
  assert.equal(sent.status, "SUCCESS");
  assert.equal(sent.outBizNo, transfer.out_biz_no);
  const again = succeeded(await call("alipay.fund.trans.uni.transfer", transfer), "the same transfer");
  assert.equal(again.orderId, sent.orderId, "the same number moves money once");
  const found = succeeded(
    await call("alipay.fund.trans.common.query", { ...product, out_biz_no: transfer.out_biz_no }),
    "transfer query",
  );
  assert.deepEqual([found.orderId, found.status, found.transAmount], [sent.orderId, "SUCCESS", "68.60"]);
  const missing = await call("alipay.fund.trans.common.query", { ...product, out_biz_no: number("T") });
  assert.equal(missing.code, "40004");

  for (const identity_type of ["ALIPAY_USER_ID", "ALIPAY_OPEN_ID"]) {
    const another = { ...transfer, out_biz_no: number("T"), payee_info: to(identity_type) };
    succeeded(await call("alipay.fund.trans.uni.transfer", another), identity_type);
  }
  const somebody = {
    ...transfer,
    out_biz_no: number("T"),
    payee_info: { ...transfer.payee_info, name: "无此人" },
  };
  refused(await call("alipay.fund.trans.uni.transfer", somebody), "40004", "PAYEE_USER_INFO_ERROR");
  const bare = callWith(sdkOf("keys"));
  refused(await bare("alipay.fund.trans.uni.transfer", transfer), "40002", "isv.missing-app-cert-sn");
});

test("a notify that is not answered with success comes again four minutes later, under its old id", async () => {
  const sdk = sdkOf("keys");
  const out_trade_no = number("N");
  const path = `/alipay/${out_trade_no}`;
  stage.shop.refuse(path);
  const created = succeeded(
    await callWith(sdk)(
      "alipay.trade.precreate",
      { out_trade_no, total_amount: "1.00", subject: "重试" },
      { notifyUrl: stage.shop.address(path) },
    ),
    "precreate",
  );
  await pay(created.qrCode);
  const first = await verifiedNotify(sdk, path);
  await stage.noted(path);
  await stage.pass(4 * MINUTE_MS);
  const second = await verifiedNotify(sdk, path);
  assert.equal(second.notify_id, first.notify_id);
});

test("of a forged notify and the true one, checkNotifySignV2 takes the true one", async () => {
  const sdk = sdkOf("keys");
  const out_trade_no = number("F");
  const path = `/alipay/${out_trade_no}`;
  await stage.fault({ fault: "callback_forged", number: out_trade_no });
  const order = { out_trade_no, total_amount: "1.00", subject: "真假" };
  const created = await callWith(sdk)("alipay.trade.precreate", order, {
    notifyUrl: stage.shop.address(path),
  });
  await pay(created.qrCode);
  const both = [await stage.shop.next(path), await stage.shop.next(path)].map(fieldsOf);
  assert.deepEqual(both.map((fields) => sdk.checkNotifySignV2(fields)).sort(), [false, true]);
});

test("a refund whose answer is lost is done once, under one number", async () => {
  const call = callWith(sdkOf("keys"));
  const out_trade_no = number("U");
  const order = { out_trade_no, total_amount: "1.00", subject: "超时" };
  await pay(succeeded(await call("alipay.trade.precreate", order), "precreate").qrCode);
  // Twice, because the SDK's HTTP client repeats a call whose connection breaks.
  await stage.fault({
    fault: "timeout_after_effect",
    number: out_trade_no,
    operation: "refund",
    by_ms: 0,
    times: 2,
  });
  const refund = { out_trade_no, refund_amount: "0.40", out_request_no: number("R") };
  await assert.rejects(call("alipay.trade.refund", refund), { name: "AlipayRequestError" });
  const again = succeeded(await call("alipay.trade.refund", refund), "the same refund");
  assert.deepEqual([again.fundChange, again.refundFee], ["N", "0.40"]);
});

test("a wrong gateway key makes the SDK refuse the sandbox's answers and notifies", async () => {
  const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const alipayPublicKey = publicKey.export({ type: "spki", format: "der" }).toString("base64");
  const suspicious = sdkOf("keys", { alipayPublicKey });
  const out_trade_no = number("W");
  const path = `/alipay/${out_trade_no}`;
  const order = { out_trade_no, total_amount: "1.00", subject: "验签" };
  await assert.rejects(callWith(suspicious)("alipay.trade.query", { out_trade_no }), /验签失败/);
  const created = await callWith(sdkOf("keys"))("alipay.trade.precreate", order, {
    notifyUrl: stage.shop.address(path),
  });
  await pay(created.qrCode);
  assert.equal(suspicious.checkNotifySignV2(fieldsOf(await stage.shop.next(path))), false);
});

test("an application that does not exist is refused, unsigned: it has no key to be answered by", async () => {
  const sdk = sdkOf("keys", { appId: "2021000000000001" });
  refused(
    await sdk.exec("alipay.trade.query", { bizContent: { out_trade_no: "N1" } }),
    "40002",
    "isv.invalid-app-id",
  );
});

/** Goes to an address as a browser does, to the page it ends on. */
async function followed(address) {
  const response = await fetch(address, { headers: { accept: "text/html" } });
  assert.equal(response.status, 200, await response.text());
  return response.url;
}

/** Submits the form that pageExec returns, as a browser does. */
async function submitted(html) {
  const [, action] = html.match(/action="([^"]+)"/);
  const unescape = (text) => text.replaceAll("&quot;", '"').replaceAll("&amp;", "&");
  const fields = [...html.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)];
  const body = new URLSearchParams(fields.map(([, name, value]) => [name, unescape(value)]));
  const response = await fetch(unescape(action), { method: "POST", body, headers: { accept: "text/html" } });
  assert.equal(response.status, 200, await response.text());
  return response.url;
}
