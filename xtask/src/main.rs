//! The program: reads the command line and calls one room of the library.

use anyhow::{Result, bail, ensure};
use lexopt::{Arg, Parser, ValueExt};
use std::process::ExitCode;
use xtask::server::{self, Listen};
use xtask::{dist, suite, wasm, workspace};

const HELP: &str = "\
cargo xtask COMMAND

  build [--dev]     compile the engine and its bindings into www/pkg
  serve [--dev] [--port P] [--host H] [--prefix /some/path/]
                    build, then serve the page; prints its address
  dist              build, then write dist/ for any static host
  test              check everything; ends with \"N passed, N failed\"
  screenshots       take the pictures in docs/ of the page as it is
  bench [PART...]   measure native, wasm and rivals; also as target/bench.json

--dev builds quicker, with symbol names, and runs slower.
";

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(problem) => {
            eprintln!("xtask: {problem:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<ExitCode> {
    let options = Options::read(Parser::from_env())?;
    match options.command.as_deref() {
        Some("build") => wasm::build(options.profile)?,
        Some("serve") => {
            wasm::build(options.profile)?;
            server::serve(&options.listen)?;
        }
        Some("dist") => {
            wasm::build(wasm::Profile::Release)?;
            println!("{}", dist::write()?);
        }
        Some("test") if !suite::run() => return Ok(ExitCode::FAILURE),
        Some("test") => {}
        Some("screenshots") => browser_program("pictures", &[])?,
        Some("bench") => browser_program("bench", &options.parts)?,
        Some("help") => print!("{HELP}"),
        Some(other) => bail!("there is no command {other}\n\n{HELP}"),
        None => bail!("say which command\n\n{HELP}"),
    }
    Ok(ExitCode::SUCCESS)
}

/// A program that drives the browser; it lives with the tests that do, so that building the page needs none of it.
fn browser_program(name: &str, arguments: &[String]) -> Result<()> {
    let mut cargo = workspace::cargo();
    cargo.args([
        "run",
        "--quiet",
        "--package",
        "qcart-browser-tests",
        "--bin",
        name,
        "--",
    ]);
    cargo.args(arguments);
    ensure!(cargo.status()?.success(), "{name} failed");
    Ok(())
}

struct Options {
    command: Option<String>,
    profile: wasm::Profile,
    listen: Listen,
    /// What of the benchmark is wished for; everything where nothing is named.
    parts: Vec<String>,
}

impl Options {
    fn read(mut words: Parser) -> Result<Self> {
        let mut options = Self {
            command: None,
            profile: wasm::Profile::Release,
            listen: Listen::default(),
            parts: Vec::new(),
        };
        while let Some(word) = words.next()? {
            match word {
                Arg::Long("dev") => options.profile = wasm::Profile::Dev,
                Arg::Long("release") => options.profile = wasm::Profile::Release,
                Arg::Long("port") => options.listen.port = words.value()?.parse()?,
                Arg::Long("host") => options.listen.host = words.value()?.string()?,
                Arg::Long("prefix") => options.listen.prefix = words.value()?.string()?,
                Arg::Long("help") | Arg::Short('h') => options.command = Some("help".into()),
                Arg::Value(value) if options.command.is_none() => {
                    options.command = Some(value.string()?);
                }
                Arg::Value(value) if options.command.as_deref() == Some("bench") => {
                    options.parts.push(value.string()?);
                }
                other => return Err(other.unexpected().into()),
            }
        }
        Ok(options)
    }
}
