//! What a person does with the laboratory, in words that tests share.

use crate::page::Page;
use anyhow::{Context, Result, ensure};
use serde_json::json;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use std::{fs, thread};
use xtask::workspace;

use crate::page::PATIENCE;

/// The button that trains, pauses and resumes.
const TRAIN: &str = "[data-testid=train]";

impl Page {
    /// Waits until a log is read, its problem is solved and training can begin.
    ///
    /// # Errors
    /// When that doesn't come about.
    pub fn wait_until_ready(&self) -> Result<()> {
        self.wait_for(&format!(
            "document.querySelector('{TRAIN}')?.disabled === false"
        ))
        .map(drop)
    }

    /// Presses Train and waits until training has ended by itself; gives the words in which it says so.
    ///
    /// # Errors
    /// When it doesn't end.
    pub fn train(&self) -> Result<String> {
        self.wait_until_ready()?;
        let button = self.driver.find(TRAIN)?;
        self.driver.click(&button)?;
        self.wait_until_trained()?;
        self.text(".outcome")
    }

    /// Waits until the bar of the training is full and the outcome stands there.
    ///
    /// # Errors
    /// When training doesn't end.
    pub fn wait_until_trained(&self) -> Result<()> {
        let full = "document.querySelector('#learn-view progress')?.value === 1";
        self.wait_for(&format!(
            "{full} && document.querySelector('.outcome .message b')"
        ))
        .map(drop)
    }

    /// Chooses a textbook problem or a sample by what is written on it.
    ///
    /// # Errors
    /// When there is none of that name.
    pub fn choose(&self, name: &str) -> Result<()> {
        self.click("button", name)
    }

    /// Gives the page a file with this content, and waits until it has been taken or refused.
    ///
    /// # Errors
    /// When neither happens.
    pub fn drop_file(&self, name: &str, content: &[u8]) -> Result<()> {
        let before = self.value("document.querySelector('#data-view').dataset.reads")?;
        self.choose_file("#file", &scratch(name, content)?)?;
        self.wait_for(&format!(
            "((view) => view.dataset.reads !== {before} && view.ariaBusy === 'false')(document.querySelector('#data-view'))",
            before = json!(before)
        ))
        .map(drop)
        .with_context(|| format!("the page shows:\n{}", self.text("#data-view").unwrap_or_default()))
    }

    /// The number above a label of the report, such as `Users`.
    ///
    /// # Errors
    /// When there is no such label.
    pub fn figure(&self, label: &str) -> Result<String> {
        let script = "const of = (selector) => [...document.querySelectorAll(`#data-view ${selector}`)];
                      const label = of('dt, .label, span').find((place) => place.textContent.trim() === arguments[0]);
                      const pair = label?.closest('div');
                      return pair?.innerText ?? null;";
        let text = self.driver.run(script, &[json!(label)])?;
        let text = text.as_str().unwrap_or("");
        ensure!(!text.is_empty(), "the report has no {label}");
        Ok(text.replace(label, "").trim().to_owned())
    }

    /// Makes a link to the experiment and gives what follows the page's address in it.
    ///
    /// # Errors
    /// When none appears.
    pub fn make_link(&self) -> Result<String> {
        self.click("button", "Make a link")?;
        let link = self.wait_for("document.querySelector('#s-link')?.value")?;
        let link = link.as_str().unwrap_or("");
        ensure!(
            link.starts_with(self.server.url()),
            "the link leads to {link}"
        );
        Ok(link.trim_start_matches(self.server.url()).to_owned())
    }

    /// Does what saves a file of this name, and gives its bytes once the browser has written it.
    ///
    /// # Errors
    /// When no such file is saved.
    pub fn saved(&self, name: &str, act: impl FnOnce() -> Result<()>) -> Result<Vec<u8>> {
        // The origin is one test's own, and so is its port.
        let port = self.server.url().split([':', '/']).nth(4).unwrap_or("");
        let folder = workspace::target_dir()
            .join("browser-tests/saved")
            .join(port);
        fs::create_dir_all(&folder)?;
        let path = folder.join(name);
        drop(fs::remove_file(&path));
        let allow = json!({ "behavior": "allow", "downloadPath": folder.canonicalize()? });
        self.driver
            .devtools("Browser.setDownloadBehavior", &allow)?;
        act()?;
        // The browser writes under another name and gives the file its own when it is complete.
        let deadline = Instant::now() + PATIENCE;
        while !path.exists() {
            ensure!(Instant::now() < deadline, "{name} was not saved");
            thread::sleep(Duration::from_millis(15));
        }
        Ok(fs::read(&path)?)
    }

    /// Whether everything fits the window's width.
    ///
    /// # Errors
    /// With how much is too much.
    pub fn check_width(&self) -> Result<()> {
        let wide = self
            .value("document.documentElement.scrollWidth - document.documentElement.clientWidth")?;
        ensure!(wide == 0, "the page is {wide} pixels wider than its window");
        Ok(())
    }
}

/// A file that a test can give to the page. Tests run beside each other: a page that reads its file once more must be the only one
/// with a file of this name, or it finds that the file has changed.
///
/// # Errors
/// When it can't be written.
pub fn scratch(name: &str, content: &[u8]) -> Result<PathBuf> {
    let folder = workspace::target_dir().join("browser-tests/files");
    fs::create_dir_all(&folder)?;
    let path = folder.join(name);
    fs::write(&path, content)?;
    Ok(path)
}
