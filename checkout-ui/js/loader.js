// How does a page get a checkout? This small script defines <coursepay-checkout> at once and fetches the app
// when a learner comes near it: once per page, however many checkouts there are.
//
// The names below are filled in by the build, relative to this script's own address.
/* global __APP_JS__, __APP_WASM__, __APP_WASM_INTEGRITY__, __APP_CSS__ */
import { css, skeleton, trouble } from "./skeleton.js";

const PATIENCE_MS = 30_000;
let app;
let tries = 0;

/** The app, loaded once; after a failure the next call tries again. */
function load() {
  app ??= Promise.race([start(), timeout()]).catch((error) => {
    app = undefined;
    tries++;
    throw error;
  });
  return app;
}

async function start() {
  // Browsers may remember that a module could not be loaded: another query asks anew.
  const at = (name) => new URL(tries ? `${name}?${tries}` : name, import.meta.url).href;
  const [glue, module, sheet] = await Promise.all([
    import(at(__APP_JS__)),
    compile(fetch(at(__APP_WASM__), { integrity: __APP_WASM_INTEGRITY__ })),
    fetch(at(__APP_CSS__)).then(ok).then((answer) => answer.text()).then(style),
  ]);
  await glue.default({ module_or_path: module });
  return { mount: glue.mount, sheet };
}

async function compile(request) {
  const answer = ok(await request);
  // A server that does not say application/wasm only costs the streaming.
  return /wasm/.test(answer.headers.get("content-type"))
    ? WebAssembly.compileStreaming(answer)
    : WebAssembly.compile(await answer.arrayBuffer());
}

function ok(answer) {
  if (!answer.ok) throw new Error(`${answer.url} answered ${answer.status}`);
  return answer;
}

const timeout = () =>
  new Promise((_, reject) => setTimeout(() => reject(new Error("the checkout takes too long to load")), PATIENCE_MS));

/** A constructed sheet: a page's `style-src` need not allow anything inline. */
function style(text) {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  return sheet;
}

const base = style(css);

class CoursepayCheckout extends HTMLElement {
  static observedAttributes = ["product", "api", "token-url", "lang"];

  #stage = document.createElement("div");
  #shadow = this.attachShadow({ mode: "open" });
  #token;
  #handle;
  #nearby;

  constructor() {
    super();
    this.#shadow.adoptedStyleSheets = [base];
    this.#shadow.append(this.#stage);
  }

  /** The learner's token, or a function that gives one (or a promise of one). */
  get token() {
    return this.#token;
  }

  set token(token) {
    this.#token = token;
    this.#update();
  }

  connectedCallback() {
    if (Object.hasOwn(this, "token")) {
      // Set by the page before this script ran: move it behind the accessor.
      const token = this.token;
      delete this.token;
      this.token = token;
    }
    if (this.#handle) return;
    this.#stage.replaceChildren(skeleton());
    this.#nearby?.disconnect();
    this.#nearby = new IntersectionObserver(
      (entries) => entries.some((entry) => entry.isIntersecting) && this.#mount(),
      { rootMargin: "240px" },
    );
    this.#nearby.observe(this);
    // Back from WeChat's login, which the learner was sent to from here: the payment goes on by itself.
    if (/[?&]wechat_login=/.test(location.search)) this.#mount();
    for (const intent of ["pointerenter", "focusin"]) {
      this.addEventListener(intent, () => this.#mount(), { once: true, passive: true });
    }
  }

  disconnectedCallback() {
    // A page that moves the element removes and inserts it in one breath: that must not end a checkout.
    queueMicrotask(() => {
      if (this.isConnected) return;
      this.#nearby?.disconnect();
      this.#handle?.destroy();
      this.#handle = undefined;
    });
  }

  attributeChangedCallback() {
    this.#update();
  }

  async #mount() {
    this.#nearby?.disconnect();
    try {
      const { mount, sheet } = await load();
      if (!this.isConnected || this.#handle || !this.getAttribute("product")) return;
      this.#shadow.adoptedStyleSheets = [base, sheet];
      this.#handle = mount(this.#stage, this.#attributes(), this);
    } catch (error) {
      if (!this.isConnected || this.#handle) return;
      console.error("coursepay:", error);
      const retry = () => {
        this.#stage.replaceChildren(skeleton());
        this.#mount();
      };
      this.#stage.replaceChildren(trouble(/^zh/i.test(this.#language()), retry));
      this.dispatchEvent(
        new CustomEvent("coursepay:error", { bubbles: true, composed: true, detail: { code: "not_loaded" } }),
      );
    }
  }

  #update() {
    if (this.#handle) this.#handle.update(this.#attributes());
    else if (this.isConnected && app) this.#mount();
  }

  #attributes() {
    return {
      product: this.getAttribute("product") ?? "",
      api: new URL(this.getAttribute("api") || new URL(".", import.meta.url), document.baseURI).href,
      tokenUrl: this.getAttribute("token-url") || undefined,
      token: this.#token,
      lang: this.#language(),
    };
  }

  #language() {
    return this.getAttribute("lang") || document.documentElement.lang || navigator.language || "";
  }
}

if (!customElements.get("coursepay-checkout")) customElements.define("coursepay-checkout", CoursepayCheckout);
