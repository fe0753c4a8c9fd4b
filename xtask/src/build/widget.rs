//! How does the Yew app become the files a page embeds?
//!
//! checkout-ui/dist:
//! - `checkout.js`: the loader, the one name that integrators write down. It knows the others.
//! - `checkout/app-<hash>.js`, `checkout/app-<hash>.wasm`, `checkout/checkout-<hash>.css`: never change under
//!   their name, so browsers keep them for ever.
//! - `_headers`: how Cloudflare serves them.
//!
//! The loader learns the names from these constants (checkout-ui/js/loader.js): `__APP_JS__`, `__APP_WASM__`,
//! `__APP_CSS__`, each relative to the loader's own URL, and `__APP_WASM_INTEGRITY__` for `fetch`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use sha2::{Digest as _, Sha256, Sha384};

use super::worker::effort_note;
use super::{Effort, size};
use crate::step::{self, Step};
use crate::{setup, workspace};

/// What a page pays for the widget, `gzip -9`, all files together.
const BUDGET_BYTES: u64 = 120 * 1024;

/// The features rustc uses by default and every browser since 2022 has.
const WASM_FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-sign-ext",
    "--enable-nontrapping-float-to-int",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
];

const HEADERS: &str = "\
# Any page may embed the widget; nothing here is personal.
/*
  Access-Control-Allow-Origin: *
  Cross-Origin-Resource-Policy: cross-origin
  X-Content-Type-Options: nosniff
# The loader keeps its name, so it is asked for again soon.
/checkout.js
  Cache-Control: public, max-age=300
# A file in here never changes: another content has another name.
/checkout/*
  Cache-Control: public, max-age=31536000, immutable
";

/// The files of one build and what they weigh.
struct Files {
    loader: PathBuf,
    glue: PathBuf,
    wasm: PathBuf,
    css: PathBuf,
}

pub(super) fn build(effort: Effort) -> Result<()> {
    let files = step::step("Build the widget", |step| assemble(step, effort))?;
    report(&files, effort)
}

fn assemble(step: &mut Step, effort: Effort) -> Result<Files> {
    let work = workspace::path("target/ui/widget");
    recreate(&work)?;
    let wasm = compile(step, effort, &work)?;
    let next = work.join("dist");
    let hashed = next.join("checkout");
    fs::create_dir_all(&hashed).context("cannot make the widget's folder")?;

    let glue = work.join("glue.js");
    esbuild(step, &[as_text(&work.join("app.js"))?, "--bundle", "--format=esm", "--minify"], &glue)?;
    let css = work.join("checkout.css");
    let source = workspace::path("checkout-ui/styles/checkout.css");
    esbuild(step, &[as_text(&source)?, "--minify"], &css)?;

    let glue = add_hashed(&glue, &hashed, "app", "js")?;
    let css = add_hashed(&css, &hashed, "checkout", "css")?;
    let wasm = add_hashed(&wasm, &hashed, "app", "wasm")?;
    let integrity = format!("sha384-{}", BASE64.encode(Sha384::digest(read(&wasm)?)));

    let loader = next.join("checkout.js");
    let constants = [
        define("__APP_JS__", &relative(&glue, &next)?),
        define("__APP_CSS__", &relative(&css, &next)?),
        define("__APP_WASM__", &relative(&wasm, &next)?),
        define("__APP_WASM_INTEGRITY__", &integrity),
    ];
    let source = workspace::path("checkout-ui/js/loader.js");
    let mut arguments = vec![as_text(&source)?, "--bundle", "--format=esm", "--minify", "--target=es2022"];
    arguments.extend(constants.iter().map(String::as_str));
    esbuild(step, &arguments, &loader)?;
    fs::write(next.join("_headers"), HEADERS).context("cannot write _headers")?;

    let dist = workspace::path("checkout-ui/dist");
    publish(&next, &dist)?;
    let published = |file: &Path| Ok::<_, anyhow::Error>(dist.join(file.strip_prefix(&next)?));
    Ok(Files {
        loader: published(&loader)?,
        glue: published(&glue)?,
        wasm: published(&wasm)?,
        css: published(&css)?,
    })
}

/// Compiles and binds the app into `work`: app.js and the wasm whose path comes back.
fn compile(step: &mut Step, effort: Effort, work: &Path) -> Result<PathBuf> {
    let mut cargo = workspace::cargo(&["build", "--package", "coursepay-checkout", "--lib"])?;
    cargo.args(["--profile", effort.profile(), "--target", "wasm32-unknown-unknown"]);
    // Alone and in a folder of its own: a build with the Worker would switch core's gateway code on for it.
    cargo.args(["--target-dir", "target/ui"]);
    if effort == Effort::Release {
        shrink(&mut cargo);
    }
    step.run(&mut cargo)?;

    let compiled =
        Path::new("target/ui/wasm32-unknown-unknown").join(effort.profile()).join("coursepay_checkout.wasm");
    let mut wasm_bindgen = workspace::command(workspace::path(setup::WASM_BINDGEN))?;
    wasm_bindgen.arg(workspace::path(compiled));
    wasm_bindgen.args(["--target", "web", "--no-typescript", "--out-name", "app", "--out-dir"]).arg(work);
    if effort == Effort::Release {
        wasm_bindgen.args(["--remove-name-section", "--remove-producers-section"]);
    }
    step.run(&mut wasm_bindgen)?;

    let bound = work.join("app_bg.wasm");
    if effort == Effort::Quick {
        return Ok(bound);
    }
    let optimised = work.join("app.wasm");
    let mut wasm_opt = workspace::command("node")?;
    wasm_opt
        .arg(workspace::path("node_modules/binaryen/bin/wasm-opt"))
        .args(["-Oz", "--converge"])
        .args(WASM_FEATURES);
    wasm_opt.args(["--strip-debug", "--strip-producers"]).arg(bound).arg("-o").arg(&optimised);
    step.run(&mut wasm_opt)?;
    Ok(optimised)
}

/// Has the standard library compiled with the app, without panic messages, `Debug` texts and source positions:
/// nobody reads them in a learner's browser, and they are a fifth of the bytes. SHA-256 is taken in its small form: it
/// hashes a few kilobytes, once.
///
/// For the widget only. The Worker's panic hook drives its recovery, so it keeps all of them.
fn shrink(cargo: &mut Command) {
    // These flags are unstable, so the stable compiler is asked to accept them (as Yew's own examples do).
    cargo.env("RUSTC_BOOTSTRAP", "1");
    cargo.env(
        "RUSTFLAGS",
        "-Zunstable-options -Cpanic=immediate-abort -Zfmt-debug=none -Zlocation-detail=none \
         --cfg sha2_backend_soft=\"compact\"",
    );
    cargo.args(["-Z", "build-std=std,panic_abort", "-Z", "build-std-features=optimize_for_size"]);
}

fn report(files: &Files, effort: Effort) -> Result<()> {
    let parts = [
        ("loader", size::gzip(&files.loader)?),
        ("glue", size::gzip(&files.glue)?),
        ("wasm", size::gzip(&files.wasm)?),
        ("css", size::gzip(&files.css)?),
    ];
    let total = parts.iter().map(|(_, bytes)| bytes).sum();
    let each: Vec<_> =
        parts.iter().map(|(name, bytes)| format!("{name} {}", size::kilobytes(*bytes))).collect();
    let note = effort_note(effort);
    eprintln!("    widget: {}; together {} gzip -9{note}", each.join(", "), size::kilobytes(total));
    if effort == Effort::Release {
        within_budget(total)?;
    }
    Ok(())
}

fn within_budget(total_bytes: u64) -> Result<()> {
    if total_bytes > BUDGET_BYTES {
        bail!(
            "the widget weighs {} ({total_bytes} bytes, gzip -9), its budget is {}: make it smaller",
            size::kilobytes(total_bytes),
            size::kilobytes(BUDGET_BYTES)
        );
    }
    Ok(())
}

fn esbuild(step: &mut Step, arguments: &[&str], output: &Path) -> Result<()> {
    let mut esbuild = workspace::command("node")?;
    esbuild
        .arg(workspace::path("node_modules/esbuild/bin/esbuild"))
        .args(arguments)
        .arg("--log-level=warning");
    esbuild.arg(format!("--outfile={}", as_text(output)?));
    step.run(&mut esbuild)
}

/// A constant for esbuild. The value becomes a JavaScript string, for which JSON's quoting serves.
fn define(name: &str, value: &str) -> String {
    format!("--define:{name}={}", serde_json::Value::from(value))
}

/// Copies `file` under a name that holds its hash: `app-0123456789abcdef.wasm`.
fn add_hashed(file: &Path, folder: &Path, stem: &str, extension: &str) -> Result<PathBuf> {
    let bytes = read(file)?;
    let mut hash = hex::encode(Sha256::digest(&bytes));
    hash.truncate(16);
    let target = folder.join(format!("{stem}-{hash}.{extension}"));
    fs::write(&target, bytes).with_context(|| format!("cannot write {}", target.display()))?;
    Ok(target)
}

/// `./checkout/app-….js`, as the loader resolves it against its own URL.
fn relative(file: &Path, base: &Path) -> Result<String> {
    Ok(format!("./{}", as_text(file.strip_prefix(base)?)?))
}

/// Puts a finished folder in the place of the old one; a failed build leaves the old one alone.
fn publish(next: &Path, dist: &Path) -> Result<()> {
    if dist.exists() {
        fs::remove_dir_all(dist).with_context(|| format!("cannot remove {}", dist.display()))?;
    }
    fs::rename(next, dist).with_context(|| format!("cannot move the widget to {}", dist.display()))
}

fn recreate(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))
}

fn read(file: &Path) -> Result<Vec<u8>> {
    fs::read(file).with_context(|| format!("cannot read {}", file.display()))
}

fn as_text(path: &Path) -> Result<&str> {
    path.to_str().with_context(|| format!("{} is not UTF-8: move the checkout", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hashed_name_follows_the_content() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("source");
        fs::write(&file, "one").unwrap();
        let first = add_hashed(&file, folder.path(), "app", "js").unwrap();
        fs::write(&file, "two").unwrap();
        let second = add_hashed(&file, folder.path(), "app", "js").unwrap();
        assert_ne!(first, second);
        assert_eq!(fs::read_to_string(first).unwrap(), "one");
        assert!(relative(&second, folder.path()).unwrap().starts_with("./app-"));
    }

    #[test]
    fn a_constant_is_quoted_for_javascript() {
        assert_eq!(define("__X__", "a\"b"), r#"--define:__X__="a\"b""#);
    }

    #[test]
    fn the_budget_refuses_one_byte_too_many() {
        assert!(within_budget(120 * 1024).is_ok());
        let error = within_budget(120 * 1024 + 1).unwrap_err().to_string();
        assert!(error.contains("122881 bytes") && error.contains("120.0 KB"), "{error}");
    }
}
