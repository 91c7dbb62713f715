//! The engine as WebAssembly: compiled by Cargo, bound to JavaScript by the library behind `wasm-bindgen`.
//!
//! The library is linked in rather than installed, so that a machine with nothing but Rust can build.

use crate::workspace;
use anyhow::{Context, Result, bail, ensure};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use wasm_bindgen_cli_support::Bindgen;

/// The only target that the page loads.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// A module of the page: the folder of `www/pkg` that it lies in, the package and its features.
struct Module {
    folder: &'static str,
    package: &'static str,
    features: &'static [&'static str],
    /// Whether it shall rather be small than fast where the two differ.
    small: bool,
}

/// LLVM's limit for copying a function into its callers is 225. Lower, the engine of a first visit weighs less;
/// `cargo xtask bench` measures that engine.
const SMALL: &str = "-Cllvm-args=-inline-threshold=100";

/// The engine that a visit begins with; charts and links, loaded when the first is needed; the engine with everything that
/// it can do; the decoders of encodings other than UTF-8; the fingerprint of a large file.
const MODULES: [Module; 5] = [
    FIRST,
    Module {
        folder: "page",
        package: "qcart",
        features: &["page"],
        small: true,
    },
    Module {
        folder: "whole",
        package: "qcart",
        features: &["engine", "whole"],
        small: false,
    },
    Module {
        folder: "decoder",
        package: "qcart-decoder",
        features: &[],
        small: false,
    },
    FINGERPRINT,
];

const FIRST: Module = Module {
    folder: "engine",
    package: "qcart",
    features: &["engine"],
    small: true,
};

const FINGERPRINT: Module = Module {
    folder: "fingerprint",
    package: "qcart-fingerprint",
    features: &[],
    small: false,
};

/// How the engine is compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// Optimised for speed and size: what people get.
    Release,
    /// Quick to build, with symbol names in stack traces.
    Dev,
}

impl Profile {
    fn cargo_name(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Dev => "dev",
        }
    }

    fn folder(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Dev => "debug",
        }
    }
}

/// Compiles the modules of the page and writes them with their bindings into `www/pkg`.
///
/// # Errors
/// When the target can't be added, the code doesn't compile, or the bindings can't be made or written.
pub fn build(profile: Profile) -> Result<()> {
    ensure_target()?;
    check_bindgen_version()?;
    let out = workspace::root().join("www/pkg");
    remove(&out)?;
    // Each is optimised as one piece, by one thread: together they use the cores that there are.
    thread::scope(|scope| {
        let builds = MODULES.each_ref().map(|module| {
            let folder = out.join(module.folder);
            scope.spawn(move || bind(profile, &compile(profile, module)?, &folder))
        });
        builds.into_iter().try_for_each(|build| {
            build
                .join()
                .unwrap_or_else(|_| bail!("a build ended abruptly"))
        })
    })
}

/// The first engine and the whole one, each with what only benchmarks call.
const BENCHES: [Module; 2] = [
    Module {
        folder: "first",
        package: "qcart",
        features: &["engine", "bench"],
        small: true,
    },
    Module {
        folder: "bench",
        package: "qcart",
        features: &["engine", "whole", "bench"],
        small: false,
    },
];

/// Writes what benchmarks measure into folders of `out`: the modules that read a log, as visitors get them, and
/// both engines with what only benchmarks call.
///
/// # Errors
/// As for [`build`].
pub fn build_bench(out: &Path) -> Result<()> {
    ensure_target()?;
    check_bindgen_version()?;
    remove(out)?;
    for module in [&FIRST, &FINGERPRINT].into_iter().chain(&BENCHES) {
        let compiled = compile(Profile::Release, module)?;
        bind(Profile::Release, &compiled, &out.join(module.folder))?;
    }
    Ok(())
}

/// Compiles a package of `tests` with a workspace of its own, which needs no bindings, and says where its module is.
///
/// # Errors
/// When it doesn't compile.
pub fn build_apart(folder: &str, name: &str) -> Result<PathBuf> {
    ensure_target()?;
    let manifest = workspace::root()
        .join("tests")
        .join(folder)
        .join("Cargo.toml");
    let target = workspace::target_dir().join(folder);
    let mut cargo = workspace::cargo();
    cargo.args(["build", "--quiet", "--release", "--target", TARGET]);
    cargo.arg("--manifest-path").arg(manifest);
    cargo.arg("--target-dir").arg(&target);
    cargo
        .env_remove("RUSTFLAGS")
        .env("CARGO_ENCODED_RUSTFLAGS", "-Ctarget-feature=+simd128");
    let status = cargo.status().context("cargo could not be started")?;
    ensure!(status.success(), "{folder} did not compile for {TARGET}");
    Ok(target
        .join(TARGET)
        .join("release")
        .join(format!("{name}.wasm")))
}

fn remove(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)
            .with_context(|| format!("{} can't be replaced", folder.display()))?;
    }
    Ok(())
}

/// Adds the WebAssembly target through rustup where it isn't there yet.
///
/// # Errors
/// When it is missing and rustup can't add it.
pub fn ensure_target() -> Result<()> {
    if target_is_installed() {
        return Ok(());
    }
    eprintln!("adding the target {TARGET}");
    let added = Command::new("rustup")
        .args(["target", "add", TARGET])
        .current_dir(workspace::root())
        .status();
    match added {
        Ok(status) if status.success() => Ok(()),
        _ => bail!(
            "the Rust target {TARGET} is missing and rustup could not add it; install it and try again"
        ),
    }
}

fn target_is_installed() -> bool {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| OsString::from("rustc"));
    let printed = Command::new(rustc)
        .args(["--print", "target-libdir", "--target", TARGET])
        .current_dir(workspace::root())
        .stderr(Stdio::null())
        .output();
    printed.is_ok_and(|output| {
        output.status.success()
            && Path::new(String::from_utf8_lossy(&output.stdout).trim()).is_dir()
    })
}

/// Bindings made by another version than the one compiled in would fail in the browser, far from the cause.
fn check_bindgen_version() -> Result<()> {
    let lock = fs::read_to_string(workspace::root().join("Cargo.lock"))
        .context("Cargo.lock can't be read")?;
    let of =
        |name| locked_version(&lock, name).with_context(|| format!("Cargo.lock holds no {name}"));
    let (library, tool) = (of("wasm-bindgen")?, of("wasm-bindgen-cli-support")?);
    ensure!(
        library == tool,
        "wasm-bindgen is {library} but wasm-bindgen-cli-support is {tool}: pin both to one version"
    );
    Ok(())
}

fn locked_version<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let heading = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != heading).skip(1);
    lines
        .next()?
        .strip_prefix("version = \"")?
        .strip_suffix('"')
}

/// Compiles a module and says where it is. Each has a target folder of its own: they would overwrite each other in one.
fn compile(profile: Profile, module: &Module) -> Result<PathBuf> {
    let target = workspace::target_dir().join("page").join(module.folder);
    let mut cargo = workspace::cargo();
    cargo.args([
        "build",
        "--lib",
        "--target",
        TARGET,
        "--no-default-features",
    ]);
    cargo.args(["--package", module.package]);
    cargo.args(["--profile", profile.cargo_name()]);
    if !module.small {
        // Level 2 of Cargo.toml is for what a visit begins with; what is loaded later may weigh a little more to be faster.
        cargo.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "3");
    }
    cargo.arg("--target-dir").arg(&target);
    if !module.features.is_empty() {
        cargo.arg("--features").arg(module.features.join(","));
    }
    // A RUSTFLAGS of the surroundings would silently replace the target features of .cargo/config.toml.
    cargo
        .env_remove("RUSTFLAGS")
        .env("CARGO_ENCODED_RUSTFLAGS", rust_flags(module).join("\u{1f}"));
    let status = cargo.status().context("cargo could not be started")?;
    ensure!(
        status.success(),
        "the module {} did not compile for {TARGET}",
        module.folder
    );
    Ok(target
        .join(TARGET)
        .join(profile.folder())
        .join(format!("{}.wasm", module.package.replace('-', "_"))))
}

/// SIMD as everywhere, and no paths of the building machine inside: equal sources give equal bytes.
fn rust_flags(module: &Module) -> Vec<String> {
    let mut flags = vec!["-Ctarget-feature=+simd128".to_owned()];
    if module.small {
        flags.push(SMALL.to_owned());
    }
    let mut remap = |from: PathBuf, to: &str| {
        flags.push(format!("--remap-path-prefix={}={to}", from.display()));
    };
    remap(workspace::root(), "qcart");
    if let Some(home) = cargo_home() {
        remap(home, "cargo");
    }
    flags
}

fn cargo_home() -> Option<PathBuf> {
    let home = || std::env::home_dir().map(|home| home.join(".cargo"));
    std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(home)
}

fn bind(profile: Profile, module: &Path, out: &Path) -> Result<()> {
    let release = profile == Profile::Release;
    Bindgen::new()
        .input_path(module)
        .web(true)?
        // Without its default path `init()` would not find the module.
        .omit_default_module_path(false)
        .typescript(true)
        .remove_name_section(release)
        .remove_producers_section(release)
        .generate(out)
        .with_context(|| format!("the bindings could not be made from {}", module.display()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_package_is_found_by_its_whole_name() {
        let lock = "[[package]]\nname = \"wasm-bindgen-test\"\nversion = \"0.3.1\"\n\n\
                    [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        assert_eq!(locked_version(lock, "wasm-bindgen"), Some("0.2.130"));
        assert_eq!(locked_version(lock, "wasm"), None);
    }
}
