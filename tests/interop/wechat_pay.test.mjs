// Does wechatpay-axios-plugin take the sandbox for WeChat Pay v3? It checks every answer's signature itself and
// throws when one does not fit; callbacks are checked here by its Rsa and opened by its Aes, once under WeChat
// Pay's public key and once under its platform certificate.

import assert from "node:assert/strict";
import { X509Certificate, createHash, generateKeyPairSync, randomBytes } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { gunzipSync } from "node:zlib";
import { Aes, Formatter, Rsa, Wechatpay } from "wechatpay-axios-plugin";
import { DAY_MS, number, openStage, pay, shanghaiDay } from "./stage.mjs";

const DESCRIPTION = "Rust 从零到一 🦀 +50% & “引号” \"quotes\" 'single' <b>, `逗号`";
const ATTACH = '{"课程":"第一讲","from":"微博+首页 100%&"}';

/** The real name of whoever is logged in to the sandbox's WeChat. */
const RECEIVER = "林晓晨";

let stage;
before(async () => (stage = await openStage()));
after(() => stage?.close());

/** The keys that an answer or a callback may be signed with, by serial number. */
function keyring() {
  const { wechat_pay } = stage.config;
  return {
    [wechat_pay.public_key_id]: wechat_pay.public_key,
    [wechat_pay.platform_serial_no]: wechat_pay.platform_certificate,
  };
}

const serialOf = (mode) =>
  mode === "the public key"
    ? stage.config.wechat_pay.public_key_id
    : stage.config.wechat_pay.platform_serial_no;

/** The SDK as a shop sets it up. The header `Wechatpay-Serial` says which key answers are to be signed with. */
function sdkOf(mode, changes = {}) {
  const { wechat_pay } = stage.config;
  const serial = serialOf(mode);
  return new Wechatpay({
    baseURL: wechat_pay.base_url,
    mchid: wechat_pay.mchid,
    serial: wechat_pay.merchant_serial_no,
    privateKey: wechat_pay.merchant_private_key,
    certs: { [serial]: keyring()[serial] },
    headers: { "Wechatpay-Serial": serial },
    ...changes,
  });
}

/** What WeChat Pay itself decides: how far the merchant's move to the public key is, and how often it probes. */
const settings = (change) => stage.post("/sandbox/wechat_pay", change);

/** Status and code of a refusal; the SDK throws what axios throws. */
async function refusal(call) {
  const error = await call.then(
    (answer) => assert.fail(`expected a refusal, got ${JSON.stringify(answer.data)}`),
    (error) => error,
  );
  assert.ok(error.response, `an answer came: ${error.message}`);
  return [error.response.status, error.response.data.code];
}

function order(changes = {}) {
  const { wechat_pay } = stage.config;
  const out_trade_no = number("W");
  return {
    appid: wechat_pay.appid,
    mchid: wechat_pay.mchid,
    description: DESCRIPTION,
    out_trade_no,
    attach: ATTACH,
    notify_url: stage.shop.address(`/wechat/${out_trade_no}`),
    amount: { total: 9_900, currency: "CNY" },
    ...changes,
  };
}

const h5Scene = { payer_client_ip: "203.0.113.7", h5_info: { type: "Wap" } };

/** The next callback to a path: its headers and raw bytes verified, its resource opened; whose key signed it. */
async function opened(path, event_type) {
  const callback = await stage.shop.next(path, ({ raw }) => JSON.parse(raw).event_type === event_type);
  const { headers } = callback;
  const raw = callback.raw.toString("utf8");
  const [timestamp, nonce, serial, signature] = ["timestamp", "nonce", "serial", "signature"].map((name) => {
    assert.ok(headers[`wechatpay-${name}`], `the callback has Wechatpay-${name}`);
    return headers[`wechatpay-${name}`];
  });
  assert.equal(headers["wechatpay-signature-type"], "WECHATPAY2-SHA256-RSA2048");
  assert.ok(Math.abs(Formatter.timestamp() - timestamp) < 300, "the callback was signed just now");
  const key = Rsa.from(keyring()[serial], Rsa.KEY_TYPE_PUBLIC);
  assert.equal(
    Rsa.verify(Formatter.response(timestamp, nonce, raw), signature, key),
    true,
    "the signature fits",
  );
  assert.equal(Rsa.verify(Formatter.response(timestamp, nonce, `${raw} `), signature, key), false);
  const body = JSON.parse(raw);
  assert.equal(body.resource_type, "encrypt-resource");
  assert.equal(body.resource.algorithm, "AEAD_AES_256_GCM");
  const { ciphertext, nonce: iv, associated_data } = body.resource;
  const open = (key) => Aes.AesGcm.decrypt(ciphertext, key, iv, associated_data);
  assert.throws(() => open(randomBytes(32)), "only the APIv3 key opens it");
  return { id: body.id, serial, body, resource: JSON.parse(open(stage.config.wechat_pay.api_v3_key)) };
}

/** A payment of 99.00 by QR code, from nothing to paid, asked for and told at each step. */
async function createAndPay(sdk, mode) {
  const { mchid, appid } = stage.config.wechat_pay;
  const { transactions } = sdk.v3.pay;
  const wanted = order();
  const { out_trade_no } = wanted;
  const path = `/wechat/${out_trade_no}`;
  const query = () => transactions.outTradeNo.$out_trade_no$.get({ params: { mchid }, out_trade_no });

  assert.deepEqual(await refusal(query()), [404, "ORDER_NOT_EXIST"]);
  const { data: created } = await transactions.native.post(wanted);
  const { data: waiting } = await query();
  assert.deepEqual([waiting.trade_state, waiting.transaction_id], ["NOTPAY", undefined]);
  await transactions.native.post(wanted);
  const other = { ...wanted, amount: { total: 1, currency: "CNY" } };
  assert.deepEqual(await refusal(transactions.native.post(other)), [400, "INVALID_REQUEST"]);

  await pay(created.code_url);
  const { serial, resource } = await opened(path, "TRANSACTION.SUCCESS");
  assert.equal(
    serial,
    serialOf(mode),
    "callbacks are signed by the key that the merchant's move has reached",
  );
  assert.deepEqual([resource.mchid, resource.appid], [mchid, appid]);
  assert.deepEqual([resource.trade_state, resource.trade_type], ["SUCCESS", "NATIVE"]);
  assert.deepEqual([resource.amount.total, resource.amount.currency], [9_900, "CNY"]);
  assert.equal(resource.attach, ATTACH);

  const { data: paid } = await query();
  assert.deepEqual([paid.trade_state, paid.amount.total, paid.attach], ["SUCCESS", 9_900, ATTACH]);
  const { transaction_id } = paid;
  assert.equal(resource.transaction_id, transaction_id);
  const { data: byId } = await transactions.id.$transaction_id$.get({ params: { mchid }, transaction_id });
  assert.equal(byId.out_trade_no, out_trade_no);
  assert.deepEqual(await refusal(transactions.native.post(wanted)), [400, "ORDERPAID"]);
  return { out_trade_no, transaction_id, path, query };
}

/** Gives back 30.00 and then the rest; the numbers of the two refunds. */
async function refundInTwoParts(sdk, { out_trade_no, transaction_id, path, query }) {
  const { refunds } = sdk.v3.refund.domestic;
  const [part, rest] = [number("R"), number("R")];
  const notify_url = stage.shop.address(path);
  const amountOf = (refund) => ({ refund, total: 9_900, currency: "CNY" });
  const reason = "半价 + 10% & 更多";
  const wanted = { out_trade_no, out_refund_no: part, reason, notify_url, amount: amountOf(3_000) };

  const { data: first } = await refunds.post(wanted);
  assert.ok(["PROCESSING", "SUCCESS"].includes(first.status), first.status);
  const { data: again } = await refunds.post(wanted);
  assert.equal(again.refund_id, first.refund_id, "one number moves money once");
  const { resource } = await opened(path, "REFUND.SUCCESS");
  assert.deepEqual([resource.out_refund_no, resource.refund_status], [part, "SUCCESS"]);
  assert.deepEqual([resource.amount.refund, resource.amount.total], [3_000, 9_900]);
  const { data: found } = await refunds.$out_refund_no$.get({ out_refund_no: part });
  assert.deepEqual([found.status, found.amount.refund, found.refund_id], ["SUCCESS", 3_000, first.refund_id]);
  const unknown = refunds.$out_refund_no$.get({ out_refund_no: number("R") });
  assert.deepEqual(await refusal(unknown), [404, "RESOURCE_NOT_EXISTS"]);
  const tooMuch = { out_trade_no, out_refund_no: number("R"), amount: amountOf(6_901) };
  assert.equal((await refusal(refunds.post(tooMuch)))[0], 400, "no refund beyond the payment");

  await refunds.post({ transaction_id, out_refund_no: rest, notify_url, amount: amountOf(6_900) });
  assert.equal((await opened(path, "REFUND.SUCCESS")).resource.out_refund_no, rest);
  assert.equal((await query()).data.trade_state, "REFUND");
  return [part, rest];
}

for (const mode of ["the public key", "the platform certificate"]) {
  describe(`signed with ${mode}`, () => {
    before(() => settings({ public_key_percent: mode === "the public key" ? 100 : 0 }));

    test("a payment is created, paid, asked for, told, refunded in two parts and found in the bill", async () => {
      const sdk = sdkOf(mode);
      const noon_ms = await stage.toNoon();
      const payment = await createAndPay(sdk, mode);
      const refundNumbers = await refundInTwoParts(sdk, payment);
      await stage.toNoon();

      const day = { bill_date: shanghaiDay(noon_ms), bill_type: "ALL" };
      const bill = await downloaded(sdk, day);
      const rows = bill.rows.filter((row) => row["商户订单号"] === payment.out_trade_no);
      const columns = ["交易状态", "微信订单号", "订单金额", "申请退款金额"];
      assert.deepEqual(rows.map((row) => columns.map((column) => row[column])).sort(), [
        ["REFUND", payment.transaction_id, "0.00", "30.00"],
        ["REFUND", payment.transaction_id, "0.00", "69.00"],
        ["SUCCESS", payment.transaction_id, "99.00", "0.00"],
      ]);
      const named = rows.filter((row) => row["交易状态"] === "REFUND").map((row) => row["商户退款单号"]);
      assert.deepEqual(named.sort(), refundNumbers.sort());
      assert.ok(
        rows.every((row) => row["商品名称"] === DESCRIPTION),
        rows[0]["商品名称"],
      );
      assert.deepEqual(await downloaded(sdk, { ...day, tar_type: "GZIP" }), bill, "packed, it says the same");
      const before = { ...day, bill_date: shanghaiDay(noon_ms - 9 * DAY_MS) };
      assert.deepEqual(await refusal(sdk.v3.bill.tradebill.get({ params: before })), [
        400,
        "NO_STATEMENT_EXIST",
      ]);
    });

    test("a phone's browser pays over H5", async () => {
      const sdk = sdkOf(mode);
      const wanted = order({ scene_info: h5Scene });
      const { data } = await sdk.v3.pay.transactions.h5.post(wanted);
      await pay(`${data.h5_url}&redirect_url=${encodeURIComponent(stage.shop.address("/thanks"))}`);
      const told = await opened(`/wechat/${wanted.out_trade_no}`, "TRANSACTION.SUCCESS");
      assert.deepEqual([told.resource.out_trade_no, told.resource.trade_type], [wanted.out_trade_no, "MWEB"]);
    });

    test("a closed order is never paid, and a paid one never closed", async () => {
      const sdk = sdkOf(mode);
      const { mchid } = stage.config.wechat_pay;
      const close = ({ out_trade_no }) =>
        sdk.v3.pay.transactions.outTradeNo.$out_trade_no$.close.post({ mchid }, { out_trade_no });

      const closing = order();
      const { data: created } = await sdk.v3.pay.transactions.native.post(closing);
      assert.equal((await close(closing)).status, 204);
      assert.equal((await close(closing)).status, 204, "closing twice is closing once");
      const params = { params: { mchid }, out_trade_no: closing.out_trade_no };
      const { data: closed } = await sdk.v3.pay.transactions.outTradeNo.$out_trade_no$.get(params);
      assert.equal(closed.trade_state, "CLOSED");
      await assert.rejects(pay(created.code_url), /409/);
      assert.deepEqual(await refusal(sdk.v3.pay.transactions.native.post(closing)), [400, "ORDER_CLOSED"]);

      const paid = order();
      await pay((await sdk.v3.pay.transactions.native.post(paid)).data.code_url);
      assert.deepEqual(await refusal(close(paid)), [400, "ORDER_PAID"]);
    });

    test("money is sent to a user's change, once per number, and found again", async () => {
      const { appid } = stage.config.wechat_pay;
      const sdk = sdkOf(mode);
      const { openid } = await loggedIn();
      const out_bill_no = number("T");
      const path = `/wechat/${out_bill_no}`;
      const bill = {
        appid,
        out_bill_no,
        transfer_scene_id: "1005",
        openid,
        user_name: Rsa.encrypt(RECEIVER, Rsa.from(keyring()[serialOf(mode)], Rsa.KEY_TYPE_PUBLIC)),
        transfer_amount: 250_000,
        transfer_remark: "七月分成 + 奖金",
        notify_url: stage.shop.address(path),
        transfer_scene_report_infos: [
          { info_type: "岗位类型", info_content: "讲师" },
          { info_type: "报酬说明", info_content: "七月课程分成" },
        ],
      };
      const post = (contents) => sdk.v3.fundApp.mchTransfer.transferBills.post(contents);
      const { data: accepted } = await post(bill);
      assert.ok(
        ["ACCEPTED", "PROCESSING", "WAIT_USER_CONFIRM", "SUCCESS"].includes(accepted.state),
        accepted.state,
      );
      const get = () => sdk.v3.fundApp.mchTransfer.transferBills.outBillNo.$out_bill_no$.get({ out_bill_no });
      const { data: found } = await get();
      assert.deepEqual([found.transfer_bill_no, found.transfer_amount], [accepted.transfer_bill_no, 250_000]);
      const { mchid } = stage.config.wechat_pay;
      const asked = { mchId: mchid, appId: appid, package: accepted.package_info };
      await pay((await bridge("requestMerchantTransfer", asked)).cashier_url);
      const finished = await opened(path, "MCHTRANSFER.BILL.FINISHED");
      assert.deepEqual([finished.resource.out_bill_no, finished.resource.state], [out_bill_no, "SUCCESS"]);
      assert.equal((await get()).data.state, "SUCCESS");
      assert.equal(
        (await post(bill)).data.transfer_bill_no,
        accepted.transfer_bill_no,
        "one number, one transfer",
      );

      const nameless = { ...bill, out_bill_no: number("T"), user_name: undefined };
      assert.equal((await refusal(post(nameless)))[0], 400, "2000 yuan and more need a name");
    });
  });
}

test("inside WeChat: an openid by OAuth, a prepay_id, a paySign that the bridge accepts", async () => {
  const { wechat_pay } = stage.config;
  const sdk = sdkOf("the public key");
  const { openid, state } = await loggedIn();
  assert.equal(state, "第一讲 &+%");
  const wanted = order({ payer: { openid } });
  const { data } = await sdk.v3.pay.transactions.jsapi.post(wanted);
  assert.ok(data.prepay_id);
  const timeStamp = String(Formatter.timestamp());
  const nonceStr = Formatter.nonce();
  const parcel = `prepay_id=${data.prepay_id}`;
  const paySign = Rsa.sign(
    Formatter.joinedByLineFeed(wechat_pay.appid, timeStamp, nonceStr, parcel),
    Rsa.from(wechat_pay.merchant_private_key, Rsa.KEY_TYPE_PRIVATE),
  );
  const request = { appId: wechat_pay.appid, timeStamp, nonceStr, package: parcel, signType: "RSA", paySign };
  const forged = { ...request, timeStamp: String(Number(timeStamp) + 1) };
  await assert.rejects(bridge("getBrandWCPayRequest", forged), /pay_sign/);
  await pay((await bridge("getBrandWCPayRequest", request)).cashier_url);
  const told = await opened(`/wechat/${wanted.out_trade_no}`, "TRANSACTION.SUCCESS");
  assert.deepEqual([told.resource.trade_type, told.resource.payer.openid], ["JSAPI", openid]);

  const stranger = order({ payer: { openid: "oNobodyNobodyNobodyNobodyNob" } });
  assert.equal((await refusal(sdk.v3.pay.transactions.jsapi.post(stranger)))[0], 400);
});

test("the platform certificates are downloaded and opened with the APIv3 key", async () => {
  const { wechat_pay } = stage.config;
  const { data } = await sdkOf("the platform certificate").v3.certificates.get();
  const certificates = data.data.map(
    ({ serial_no, encrypt_certificate: { algorithm, nonce, associated_data, ciphertext } }) => {
      assert.equal(algorithm, "AEAD_AES_256_GCM");
      const pem = Aes.AesGcm.decrypt(ciphertext, wechat_pay.api_v3_key, nonce, associated_data);
      assert.equal(new X509Certificate(pem).serialNumber, serial_no);
      return [serial_no, pem.trim()];
    },
  );
  assert.equal(
    Object.fromEntries(certificates)[wechat_pay.platform_serial_no],
    wechat_pay.platform_certificate.trim(),
  );
});

test("a callback that is not acknowledged comes again after 15 seconds, under its old id, freshly signed", async () => {
  const wanted = order();
  const path = `/wechat/${wanted.out_trade_no}`;
  stage.shop.refuse(path);
  const { data } = await sdkOf("the public key").v3.pay.transactions.native.post(wanted);
  await pay(data.code_url);
  const first = await opened(path, "TRANSACTION.SUCCESS");
  await stage.noted(path);
  await stage.pass(15_000);
  const second = await opened(path, "TRANSACTION.SUCCESS");
  assert.equal(second.id, first.id);
});

test("of a forged callback and the true one, Rsa.verify takes the true one", async () => {
  const wanted = order();
  const path = `/wechat/${wanted.out_trade_no}`;
  await stage.fault({ fault: "callback_forged", number: wanted.out_trade_no });
  await pay((await sdkOf("the public key").v3.pay.transactions.native.post(wanted)).data.code_url);
  const both = [await stage.shop.next(path), await stage.shop.next(path)].map(({ headers, raw }) => {
    const text = Formatter.response(
      headers["wechatpay-timestamp"],
      headers["wechatpay-nonce"],
      raw.toString(),
    );
    const key = Rsa.from(keyring()[headers["wechatpay-serial"]], Rsa.KEY_TYPE_PUBLIC);
    return Rsa.verify(text, headers["wechatpay-signature"], key);
  });
  assert.deepEqual(both.sort(), [false, true]);
});

test("a refund whose answer is lost is done once, under one number", async () => {
  const sdk = sdkOf("the public key");
  const { amount, ...wanted } = order();
  await pay((await sdk.v3.pay.transactions.native.post({ ...wanted, amount })).data.code_url);
  const { out_trade_no } = wanted;
  await stage.fault({ fault: "timeout_after_effect", number: out_trade_no, operation: "refund", by_ms: 0 });
  const refund = { out_trade_no, out_refund_no: number("R"), amount: { ...amount, refund: 4_000 } };
  await assert.rejects(sdk.v3.refund.domestic.refunds.post(refund), (error) => !error.response);
  const { data } = await sdk.v3.refund.domestic.refunds.post(refund);
  assert.deepEqual([data.out_refund_no, data.amount.refund], [refund.out_refund_no, 4_000]);
  const { payments } = await stage.get("/sandbox/payments.json");
  assert.equal(payments.find((payment) => payment.number === out_trade_no).refunds.length, 1);
});

test("a probe with a signature that must fail is taken for true by nobody", async () => {
  const sdk = sdkOf("the public key");
  const wanted = order();
  const path = `/wechat/${wanted.out_trade_no}`;
  const { data } = await sdk.v3.pay.transactions.native.post(wanted);
  await settings({ signtest_percent: 100 });
  try {
    const { mchid, out_trade_no } = wanted;
    const asked = sdk.v3.pay.transactions.outTradeNo.$out_trade_no$.get({ params: { mchid }, out_trade_no });
    await assert.rejects(asked, { code: "EV3_RES_HEADER_SIGNATURE_DIGEST" });
    stage.shop.refuse(path);
    await pay(data.code_url);
    const { headers, raw } = await stage.shop.next(path);
    const signature = headers["wechatpay-signature"];
    assert.match(signature, /^WECHATPAY\/SIGNTEST\//);
    const text = Formatter.response(
      headers["wechatpay-timestamp"],
      headers["wechatpay-nonce"],
      raw.toString(),
    );
    const key = Rsa.from(keyring()[headers["wechatpay-serial"]], Rsa.KEY_TYPE_PUBLIC);
    assert.equal(Rsa.verify(text, signature, key), false);
    await stage.noted(path);
  } finally {
    await settings({ signtest_percent: 0 });
  }
  await stage.pass(15_000);
  await opened(path, "TRANSACTION.SUCCESS");
});

test("another merchant key is refused, and the log says why", async () => {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const thief = sdkOf("the public key", { privateKey });
  const wanted = order();
  assert.deepEqual(await refusal(thief.v3.pay.transactions.native.post(wanted)), [401, "SIGN_ERROR"]);
  const entry = await stage.logged(
    (entry) => !entry.fine && entry.what.includes("/v3/pay/transactions/native"),
  );
  assert.equal(entry.diagnosis.cause, "other_key");
  assert.ok(
    entry.diagnosis.expected.startsWith("POST\n/v3/pay/transactions/native\n"),
    entry.diagnosis.expected,
  );
});

test("an SDK with another platform key takes no answer for true", async () => {
  const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const { public_key_id } = stage.config.wechat_pay;
  const suspicious = sdkOf("the public key", { certs: { [public_key_id]: publicKey } });
  await assert.rejects(suspicious.v3.pay.transactions.native.post(order()), {
    code: "EV3_RES_HEADER_SIGNATURE_DIGEST",
  });
});

test("fields that WeChat Pay does not know are refused", async () => {
  const sdk = sdkOf("the public key");
  for (const [wrong, code] of [
    [{ colour: "red" }, "PARAM_ERROR"],
    [{ amount: { total: 0, currency: "CNY" } }, "PARAM_ERROR"],
    [{ amount: { total: 99.5, currency: "CNY" } }, "PARAM_ERROR"],
    [{ appid: "wx0000000000000000" }, "APPID_MCHID_NOT_MATCH"],
    [{ out_trade_no: "kurz" }, "PARAM_ERROR"],
  ]) {
    assert.deepEqual(
      await refusal(sdk.v3.pay.transactions.native.post(order(wrong))),
      [400, code],
      JSON.stringify(wrong),
    );
  }
});

/** The rows and totals of a day's bill, downloaded and checked as announced. */
async function downloaded(sdk, params) {
  const { data: announced } = await sdk.v3.bill.tradebill.get({ params });
  assert.equal(announced.hash_type, "SHA1");
  const address = new URL(announced.download_url);
  assert.equal(address.pathname, "/v3/billdownload/file");
  const { data } = await sdk.v3.billdownload.file.get({
    params: Object.fromEntries(address.searchParams),
    responseType: "arraybuffer",
    decompress: false,
  });
  const csv = params.tar_type === "GZIP" ? gunzipSync(data) : data;
  assert.equal(
    createHash("sha1").update(csv).digest("hex"),
    announced.hash_value,
    "the bill is what was announced",
  );
  return Formatter.castCsvBill(csv);
}

/** What the page's WeixinJSBridge asks, and is answered: where to lead the buyer. */
const bridge = (api, params) => stage.post("/sandbox/wechat_pay/jsapi", { api, params });

/** A visitor of the shop inside WeChat: OAuth as the browser walks it, then the code for an openid. */
async function loggedIn() {
  const { base_url, appid, app_secret } = stage.config.wechat_pay;
  const authorize = new URL("/connect/oauth2/authorize", base_url);
  authorize.search = new URLSearchParams({
    appid,
    redirect_uri: stage.shop.address("/login?lesson=1"),
    response_type: "code",
    scope: "snsapi_base",
    state: "第一讲 &+%",
  });
  const answer = await fetch(`${authorize}#wechat_redirect`, {
    redirect: "manual",
    headers: { accept: "text/html" },
  });
  assert.ok([302, 303].includes(answer.status), await answer.text());
  const back = new URL(answer.headers.get("location"));
  assert.equal(back.searchParams.get("lesson"), "1", "the shop's own parameters come back");
  const token = new URL("/sns/oauth2/access_token", base_url);
  const code = back.searchParams.get("code");
  token.search = new URLSearchParams({ appid, secret: app_secret, code, grant_type: "authorization_code" });
  const answered = await (await fetch(token)).json();
  assert.ok(answered.openid, JSON.stringify(answered));
  const again = await (await fetch(token)).json();
  assert.equal(again.errcode, 40163, "a code is good for one openid");
  return { openid: answered.openid, state: back.searchParams.get("state") };
}
