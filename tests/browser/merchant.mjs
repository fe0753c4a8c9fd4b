// What does a merchant say to the gateways? Just enough of each interface to have something to look at, signed by
// hand: whether the sandbox understands the SDKs is asked elsewhere (tests/interop).

import assert from "node:assert/strict";
import { createSign, randomBytes } from "node:crypto";

/** `yyyy-MM-dd HH:mm:ss` in China Standard Time. */
const shanghai = (ms) => new Date(ms + 8 * 3_600_000).toISOString().slice(0, 19).replace("T", " ");

const sign = (text, pem) => createSign("RSA-SHA256").update(text).sign(pem, "base64");

/** The answer's JSON; a refusal fails the test. */
async function taken(response) {
  assert.ok(response.ok, `${response.url}: ${await response.clone().text()}`);
  return response.status === 204 ? null : response.json();
}

/** The path of a cashier's address. */
const path = (address) => new URL(address).pathname;

/** One merchant of the sandbox, by its entry in `config.json`; `shop` takes its callbacks. */
export function merchantOf({ alipay, wechat_pay, stripe }, shop) {
  const merchant = {
    /** Calls Alipay; `spoil` may change the text that is signed. */
    async alipay(method, content, spoil = (text) => text) {
      const params = {
        app_id: alipay.app_id,
        method,
        format: "JSON",
        charset: "utf-8",
        sign_type: "RSA2",
        timestamp: shanghai(Date.now()),
        version: "1.0",
        notify_url: `${shop}/alipay`,
        biz_content: JSON.stringify(content),
      };
      const text = Object.keys(params).sort().map((name) => `${name}=${params[name]}`).join("&");
      const key = `-----BEGIN PRIVATE KEY-----\n${alipay.app_private_key}\n-----END PRIVATE KEY-----`;
      const query = new URLSearchParams({ ...params, sign: sign(spoil(text), key) });
      return taken(await fetch(`${alipay.gateway_url}?${query}`, { method: "POST" }));
    },

    /** Calls WeChat Pay; `spoil` may change the text that is signed. */
    async wechatPay(method, target, content, spoil = (text) => text) {
      const body = content ? JSON.stringify(content) : "";
      const [timestamp, nonce] = [String(Math.floor(Date.now() / 1000)), randomBytes(16).toString("hex")];
      const text = [method, target, timestamp, nonce, body, ""].join("\n");
      const credentials = {
        mchid: wechat_pay.mchid,
        nonce_str: nonce,
        signature: sign(spoil(text), wechat_pay.merchant_private_key),
        timestamp,
        serial_no: wechat_pay.merchant_serial_no,
      };
      const list = Object.entries(credentials).map(([name, value]) => `${name}="${value}"`).join(",");
      return fetch(wechat_pay.base_url + target, {
        method,
        headers: {
          authorization: `WECHATPAY2-SHA256-RSA2048 ${list}`,
          accept: "application/json",
          "content-type": "application/json",
          "user-agent": "browser test",
        },
        body: body || undefined,
      });
    },

    /** Calls Stripe. */
    async stripe(target, params) {
      const headers = { authorization: `Bearer ${stripe.secret_key}` };
      return taken(
        await fetch(stripe.api_base + target, { method: "POST", headers, body: new URLSearchParams(params) }),
      );
    },

    /** Orders; each gives the path of the cashier. */
    order: {
      async alipay(number, subject, amount) {
        const order = { out_trade_no: number, subject, total_amount: amount };
        const answer = await merchant.alipay("alipay.trade.precreate", order);
        return path(answer.alipay_trade_precreate_response.qr_code);
      },

      async wechatPay(number, description, total) {
        const { appid, mchid } = wechat_pay;
        const notify_url = `${shop}/wechat`;
        const order = { appid, mchid, out_trade_no: number, description, notify_url, amount: { total, currency: "CNY" } };
        const { code_url } = await taken(await merchant.wechatPay("POST", "/v3/pay/transactions/native", order));
        return path(code_url);
      },

      async stripe(name, unit_amount, currency = "usd") {
        const { url } = await merchant.stripe("/v1/checkout/sessions", {
          mode: "payment",
          "line_items[0][quantity]": "1",
          "line_items[0][price_data][currency]": currency,
          "line_items[0][price_data][unit_amount]": String(unit_amount),
          "line_items[0][price_data][product_data][name]": name,
          success_url: `${shop}/thanks`,
          cancel_url: `${shop}/cart`,
        });
        return path(url);
      },
    },
  };
  return merchant;
}
