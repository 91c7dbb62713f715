//! The finished site, served as static hosts do: under a sub-path, from a folder of files.

use anyhow::Result;
use std::path::PathBuf;
use std::sync::OnceLock;
use xtask::server::{Handle, Listen, Server};
use xtask::site::{File, Source};
use xtask::{dist, wasm, workspace};

/// The path under which all tests see the page.
pub const PREFIX: &str = "/some/sub/path/";

/// Serves the current sources on a free port; every test has a server, and so an origin, of its own.
///
/// # Errors
/// When the engine doesn't compile or the site can't be written.
pub fn serve() -> Result<Handle> {
    let listen = Listen {
        port: 0,
        prefix: PREFIX.into(),
        ..Listen::default()
    };
    Ok(Server::bind(&listen, Source::Folder(folder()?))?.spawn())
}

/// The published files with one of them changed, in a folder of their own: what the next version of the site is.
///
/// # Errors
/// When they can't be written.
pub fn changed(name: &str, change: impl Fn(&mut File)) -> Result<Source> {
    let scratch = workspace::target_dir().join("browser-tests").join(name);
    let root = scratch.join("repository");
    let mut files = xtask::site::files(&workspace::root())?;
    files.push(File {
        path: "www/sw.js".into(),
        bytes: std::fs::read(workspace::root().join("www/sw.js"))?,
    });
    files.iter_mut().for_each(change);
    dist::write_into(&root, &files)?;
    let site = scratch.join("site");
    dist::write_into(&site, &dist::published(&root)?)?;
    Ok(Source::Folder(site))
}

/// Built and written once for all tests of the process.
fn folder() -> Result<PathBuf> {
    static FOLDER: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    FOLDER
        .get_or_init(|| write().map_err(|problem| format!("{problem:#}")))
        .clone()
        .map_err(anyhow::Error::msg)
}

fn write() -> Result<PathBuf> {
    wasm::build(wasm::Profile::Release)?;
    let folder = workspace::target_dir().join("browser-tests/site");
    dist::write_into(&folder, &dist::published(&workspace::root())?)?;
    Ok(folder)
}
