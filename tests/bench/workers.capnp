# The three Workers of a bench, each an isolate of its own in one workerd. `cargo xtask bench` builds what is embedded
# and says where they listen.

using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "ours", worker = .ours),
    (name = "yardstick", worker = .yardstick),
    (name = "sdk", worker = .sdk),
  ],
  sockets = [
    (name = "ours", service = "ours"),
    (name = "yardstick", service = "yardstick"),
    (name = "sdk", service = "sdk"),
  ],
);

const ours :Workerd.Worker = (
  modules = [
    (name = "index.js", esModule = embed "../../edge-worker/build-probe/index.js"),
    (name = "index_bg.wasm", wasm = embed "../../edge-worker/build-probe/index_bg.wasm"),
  ],
  bindings = .variables,
  compatibilityDate = .date,
);

const yardstick :Workerd.Worker = (
  modules = [(name = "yardstick.mjs", esModule = embed "yardstick.mjs")],
  bindings = .variables,
  compatibilityDate = .date,
);

const sdk :Workerd.Worker = (
  modules = [(name = "sdk.js", esModule = embed "../../target/bench/sdk.js")],
  bindings = .variables,
  compatibilityDate = .date,
);

# As in wrangler.toml. By this date, `nodejs_compat` is on for all three.
const date :Text = "2026-11-01";

const variables :List(Workerd.Worker.Binding) = [
  (name = "PUBLIC_URL", fromEnvironment = "PUBLIC_URL"),
  (name = "ALIPAY_APP_ID", fromEnvironment = "ALIPAY_APP_ID"),
  (name = "ALIPAY_SELLER_ID", fromEnvironment = "ALIPAY_SELLER_ID"),
  (name = "ALIPAY_GATEWAY_URL", fromEnvironment = "ALIPAY_GATEWAY_URL"),
  (name = "ALIPAY_APP_PRIVATE_KEY", fromEnvironment = "ALIPAY_APP_PRIVATE_KEY"),
  (name = "ALIPAY_PUBLIC_KEYS", fromEnvironment = "ALIPAY_PUBLIC_KEYS"),
];
