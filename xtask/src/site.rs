//! What a visitor's browser may ask for: the files of the page, their types, and the service worker that lists them.

use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Component, Path, PathBuf};

/// The name of the service worker at the root of the site: only there its scope covers the page.
pub const SERVICE_WORKER: &str = "sw.js";

/// One file of the site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its address relative to the site's root, with forward slashes.
    pub path: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// Which of two copies the service worker prefers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// The cached copy: a published version never changes.
    Cache,
    /// The server's, so that an edit shows on reload; the cached copy when there is no server.
    Network,
}

/// The files of the page as they lie in the repository, sorted by path, without the service worker.
///
/// # Errors
/// When `index.html` or a file of `www` can't be read.
pub fn files(root: &Path) -> Result<Vec<File>> {
    let index = root.join("index.html");
    let bytes = fs::read(&index).with_context(|| format!("{} can't be read", index.display()))?;
    let mut files = vec![File {
        path: "index.html".into(),
        bytes,
    }];
    collect(&root.join("www"), "www", &mut files)?;
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn collect(folder: &Path, path: &str, files: &mut Vec<File>) -> Result<()> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("{} can't be read", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{path}/{name}");
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), &path, files)?;
        } else if is_published(&path) {
            files.push(File {
                path,
                bytes: fs::read(entry.path())?,
            });
        }
    }
    Ok(())
}

/// Type declarations and hidden files serve the people who write the page, not those who open it.
fn is_published(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let for_writers = name.starts_with('.') || name.ends_with(".d.ts") || name == "package.json";
    !for_writers && path != "www/sw.js"
}

/// The service worker's code with the list of `files`, each with its checksum, and their common version.
///
/// # Errors
/// When `www/sw.js` can't be read or lacks a line that is to be filled in.
pub fn service_worker(root: &Path, files: &[File], freshness: Freshness) -> Result<File> {
    let source = root.join("www/sw.js");
    let mut code = fs::read_to_string(&source)
        .with_context(|| format!("{} can't be read", source.display()))?;
    let assets: Vec<_> = files
        .iter()
        .map(|file| (&file.path, integrity(&file.bytes)))
        .collect();
    fill(
        &mut code,
        "const VERSION = \"unbuilt\";",
        &format!("const VERSION = \"{}\";", version(files)),
    )?;
    fill(
        &mut code,
        "const ASSETS = [];",
        &format!("const ASSETS = {};", serde_json::to_string(&assets)?),
    )?;
    if freshness == Freshness::Network {
        fill(
            &mut code,
            "const NETWORK_FIRST = false;",
            "const NETWORK_FIRST = true;",
        )?;
    }
    Ok(File {
        path: SERVICE_WORKER.into(),
        bytes: code.into_bytes(),
    })
}

fn fill(code: &mut String, line: &str, filled: &str) -> Result<()> {
    ensure!(
        code.contains(line),
        "www/sw.js no longer holds the line `{line}`"
    );
    *code = code.replacen(line, filled, 1);
    Ok(())
}

/// A short name that changes whenever any path or byte of the files does: 12 hexadecimal digits of SHA-256.
#[must_use]
pub fn version(files: &[File]) -> String {
    let mut all = Sha256::new();
    for file in files {
        all.update(Sha256::digest(file.path.as_bytes()));
        all.update(Sha256::digest(&file.bytes));
    }
    all.finalize()
        .iter()
        .take(6)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The checksum in the form of subresource integrity, which the browser itself verifies.
fn integrity(bytes: &[u8]) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(bytes)))
}

/// The media type by the file's extension; browsers refuse modules and WebAssembly of any other.
#[must_use]
pub fn media_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "csv" => "text/csv; charset=utf-8",
        "txt" | "md" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// A place that a site is served from.
#[derive(Debug, Clone)]
pub enum Source {
    /// The repository itself: edits show on reload.
    Repository(PathBuf),
    /// A folder of finished files, as [`crate::dist`] writes it.
    Folder(PathBuf),
}

impl Source {
    /// The file at an address below the site's root (no leading slash, already decoded), if it may be seen.
    ///
    /// # Errors
    /// When the service worker can't be made; a missing file is `None`.
    pub fn get(&self, path: &str) -> Result<Option<File>> {
        let path = if path.is_empty() { "index.html" } else { path };
        match self {
            Self::Folder(folder) => Ok(read_inside(folder, path)),
            Self::Repository(root) if path == SERVICE_WORKER => Ok(Some(service_worker(
                root,
                &files(root)?,
                Freshness::Network,
            )?)),
            Self::Repository(root) => {
                let public = path == "index.html" || path.starts_with("www/");
                Ok(if public {
                    read_inside(root, path)
                } else {
                    None
                })
            }
        }
    }
}

/// Only plain names lead on from the folder: `..`, absolute paths, hidden files and links out of it lead nowhere.
fn read_inside(folder: &Path, path: &str) -> Option<File> {
    let plain =
        |part| matches!(part, Component::Normal(name) if !name.to_string_lossy().starts_with('.'));
    if path.contains(['\\', '\0', ':']) || !Path::new(path).components().all(plain) {
        return None;
    }
    let real = folder.join(path).canonicalize().ok()?;
    if !real.starts_with(folder.canonicalize().ok()?) || !real.is_file() {
        return None;
    }
    Some(File {
        path: path.to_owned(),
        bytes: fs::read(real).ok()?,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn file(path: &str, bytes: &[u8]) -> File {
        File {
            path: path.into(),
            bytes: bytes.into(),
        }
    }

    #[test]
    fn the_version_changes_with_a_name_or_a_byte() {
        let one = version(&[file("a", b"1"), file("b", b"2")]);
        assert_eq!(one.len(), 12);
        assert_eq!(one, version(&[file("a", b"1"), file("b", b"2")]));
        assert_ne!(one, version(&[file("a", b"1"), file("b", b"3")]));
        assert_ne!(one, version(&[file("a", b"1"), file("c", b"2")]));
        assert_ne!(version(&[file("ab", b"")]), version(&[file("a", b"b")]));
    }

    #[test]
    fn integrity_is_what_browsers_compute() {
        // The value that `openssl dgst -sha256 -binary | base64` gives for an empty input.
        assert_eq!(
            integrity(b""),
            "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
        );
    }

    #[test]
    fn nothing_outside_the_page_can_be_read() {
        let site = Source::Repository(crate::workspace::root());
        for path in [
            "Cargo.toml",
            "../etc/passwd",
            "www/../Cargo.toml",
            "/etc/passwd",
            "www/..\\Cargo.toml",
            ".git/HEAD",
        ] {
            assert_eq!(site.get(path).unwrap(), None, "{path}");
        }
        let folder = Source::Folder(crate::workspace::root().join("xtask"));
        assert!(folder.get("src/site.rs").unwrap().is_some());
        for path in [
            "../Cargo.toml",
            "src/../../Cargo.toml",
            "src",
            "src/nothing.rs",
            "C:/x",
        ] {
            assert_eq!(folder.get(path).unwrap(), None, "{path}");
        }
    }
}
