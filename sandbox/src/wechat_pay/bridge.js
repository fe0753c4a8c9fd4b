// What WeChat's browser offers to pages, played by the sandbox: include this script, and
// WeixinJSBridge.invoke('getBrandWCPayRequest', …) shows the sandbox's cashier over the page.
// The page's content security policy must let it load a script from the sandbox (script-src), ask it
// (connect-src) and frame it (frame-src). Where it may not be framed, the link in the corner opens it.
(() => {
  'use strict';
  if (window.WeixinJSBridge) return;

  const CALL_URL = "{{call_url}}";
  const POLL_MS = 400;

  const ask = async (question) => {
    // text/plain is what a page may send without asking beforehand.
    const response = await fetch(CALL_URL, {
      method: 'POST',
      credentials: 'omit',
      headers: { 'content-type': 'text/plain' },
      body: JSON.stringify(question),
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(answer.error.message);
    return answer;
  };

  const element = (name, style, attributes) => {
    const made = Object.assign(document.createElement(name), attributes);
    made.style.cssText = style;
    return made;
  };

  const show = (address, onClose) => {
    const overlay = element('div', 'position:fixed;inset:0;z-index:2147483647;background:#0008', {
      id: 'coursepay-sandbox-wechat',
    });
    const frame = element('iframe', 'width:100%;height:100%;border:0;background:#fff', {
      src: address,
      title: '微信支付',
    });
    const bar = element('div', 'position:absolute;top:8px;right:8px;display:flex;gap:8px');
    const button = 'font:14px/32px sans-serif;min-width:32px;padding:0 8px;border:0;border-radius:16px;' +
      'background:#fff;color:#333;text-align:center;text-decoration:none;cursor:pointer';
    const link = element('a', button, { href: address, target: '_blank', rel: 'noopener', textContent: '↗' });
    const close = element('button', button, { type: 'button', textContent: '×' });
    link.setAttribute('aria-label', '在新窗口打开');
    close.setAttribute('aria-label', '关闭');
    close.addEventListener('click', onClose);
    bar.append(link, close);
    overlay.append(frame, bar);
    document.body.append(overlay);
    return () => overlay.remove();
  };

  const pause = () => new Promise((resolve) => { setTimeout(resolve, POLL_MS); });

  // Resolves to ok, cancel or fail.
  const lead = async (api, params) => {
    let answer = await ask({ api, params });
    const { since_ms } = answer;
    let closed = false;
    const hide = show(answer.cashier_url, () => { closed = true; });
    try {
      while (answer.result === 'waiting' && !closed) {
        await pause();
        answer = await ask({ api, params, since_ms });
      }
      return answer.result === 'waiting' ? 'cancel' : answer.result;
    } finally {
      hide();
    }
  };

  const NAMES = { getBrandWCPayRequest: 'get_brand_wcpay_request', requestMerchantTransfer: 'requestMerchantTransfer' };

  const invoke = (api, params, callback) => {
    const tell = (message, detail) => callback?.({ err_msg: message, ...(detail && { err_desc: detail }) });
    if (!Object.hasOwn(NAMES, api)) {
      tell('system:function_not_exist');
      return;
    }
    lead(api, params ?? {}).then(
      (result) => tell(`${NAMES[api]}:${result}`),
      (error) => tell(`${NAMES[api]}:fail`, error.message),
    );
  };

  window.WeixinJSBridge = {
    invoke,
    call: (api, params, callback) => invoke(api, params, callback),
    on: () => {},
  };

  // As the JS-SDK and mini programs call it.
  window.wx = Object.assign(window.wx ?? {}, {
    requestMerchantTransfer: ({ success, fail, complete, ...params }) => {
      invoke('requestMerchantTransfer', params, (result) => {
        const answer = { ...result, errMsg: result.err_msg };
        (result.err_msg.endsWith(':ok') ? success : fail)?.(answer);
        complete?.(answer);
      });
    },
  });

  // Not before the page's own scripts had their chance to listen.
  const ready = () => setTimeout(() => document.dispatchEvent(new Event('WeixinJSBridgeReady')), 0);
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', ready, { once: true });
  else ready();
})();
