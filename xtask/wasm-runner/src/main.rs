//! The program that Cargo hands compiled WebAssembly tests to: it runs them in a headless browser.
//!
//! `cargo xtask test` sets it as the runner of the target, so that nothing has to be installed by hand.

fn main() -> anyhow::Result<()> {
    wasm_bindgen_cli::wasm_bindgen_test_runner::run_cli_with_args(std::env::args_os())
}
