//! The finished site for any static host.
//!
//! Everything but the two files at the root lies in a folder named after its content, so that a page can never
//! meet the parts of another version in some cache; inside it all links are relative and stay as they are.

use crate::site::{self, File, Freshness};
use crate::workspace;
use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::Path;

/// Writes `dist/` anew from the repository and says where it is.
///
/// # Errors
/// When a file is missing or can't be written.
pub fn write() -> Result<String> {
    let folder = workspace::root().join("dist");
    let files = published(&workspace::root())?;
    write_into(&folder, &files)?;
    let bytes: usize = files.iter().map(|file| file.bytes.len()).sum();
    Ok(format!(
        "{}: {} files, {} kB",
        folder.display(),
        files.len(),
        bytes.div_ceil(1000)
    ))
}

/// Replaces a folder by the files.
///
/// # Errors
/// When it can't be written.
pub fn write_into(folder: &Path, files: &[File]) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)
            .with_context(|| format!("{} can't be replaced", folder.display()))?;
    }
    for file in files {
        let path = folder.join(&file.path);
        fs::create_dir_all(path.parent().unwrap_or(folder))?;
        fs::write(&path, &file.bytes)
            .with_context(|| format!("{} can't be written", path.display()))?;
    }
    Ok(())
}

/// The files to publish: the page, its parts under their version's name, the service worker, and the mark that
/// keeps GitHub Pages from leaving any out.
///
/// # Errors
/// When a file can't be read or the page refers to its parts in a way that can't be renamed.
pub fn published(root: &Path) -> Result<Vec<File>> {
    let (mut page, mut parts): (Vec<_>, Vec<_>) = site::files(root)?
        .into_iter()
        .partition(|file| file.path == "index.html");
    let folder = format!("www-{}", site::version(&parts));
    for part in &mut parts {
        part.path = part.path.replacen("www", &folder, 1);
    }
    for file in &mut page {
        let html = std::str::from_utf8(&file.bytes).context("index.html is not UTF-8")?;
        file.bytes = renamed(html, &folder)?.into_bytes();
    }
    page.append(&mut parts);
    page.push(site::service_worker(root, &page, Freshness::Cache)?);
    page.push(File {
        path: ".nojekyll".into(),
        bytes: Vec::new(),
    });
    Ok(page)
}

/// `index.html` with every attribute that points into `www/` pointing into `folder`.
fn renamed(html: &str, folder: &str) -> Result<String> {
    let renamed = html
        .replace("=\"www/", &format!("=\"{folder}/"))
        .replace("=\"./www/", &format!("=\"./{folder}/"));
    let left = renamed.lines().find(|line| line.contains("www/"));
    ensure!(
        left.is_none(),
        "index.html points into www/ outside a double-quoted attribute: {}",
        left.unwrap_or("")
    );
    Ok(renamed)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn references_move_to_the_versions_folder() {
        let html = "<link href=\"./www/a.css\"><script src=\"www/b.js\"></script>";
        let moved = renamed(html, "www-1").unwrap();
        assert_eq!(
            moved,
            "<link href=\"./www-1/a.css\"><script src=\"www-1/b.js\"></script>"
        );
        assert!(renamed("<script>import('./www/b.js')</script>", "www-1").is_err());
    }
}
