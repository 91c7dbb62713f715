//! The page under test, with the acts of a person and the promises that hold for every test.

use crate::driver::{Driver, Element};
use crate::{axe, names, served};
use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};
use xtask::server::Handle;

/// No act of a person may take longer than this to show, however slow the machine.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// How long what was asked for may take to appear when nothing has to be computed first: some frames of a busy machine.
const SOON: Duration = Duration::from_secs(10);

/// The browser that a person has.
#[derive(Debug, Clone)]
pub struct Setting {
    /// The language that the browser asks for: `en-US`, `zh-CN`.
    pub language: &'static str,
    /// Width and height of the window's inside, in CSS pixels.
    pub size: (u32, u32),
    /// Device pixels per CSS pixel.
    pub scale: f64,
    /// Whether dark colours are preferred.
    pub dark: bool,
    /// Whether reduced motion is preferred.
    pub still: bool,
}

impl Default for Setting {
    fn default() -> Self {
        Self {
            language: "en-US",
            size: (1280, 900),
            scale: 1.0,
            dark: false,
            still: false,
        }
    }
}

/// The page in a browser, and the server that it came from.
#[derive(Debug)]
pub struct Page {
    /// The browser.
    pub driver: Driver,
    /// The server.
    pub server: Handle,
    setting: Setting,
}

/// Opens the page, runs a test on it, and then fails it if the browser reported an error or asked anybody else for
/// anything.
///
/// # Panics
/// When the test fails or one of these promises doesn't hold.
#[allow(clippy::panic, reason = "this is how a test fails")]
pub fn scenario(setting: &Setting, test: impl FnOnce(&Page) -> Result<()>) {
    let outcome = Page::open(setting).and_then(|page| {
        page.visit("")?;
        let outcome = test(&page);
        let promises = page.check_promises();
        // The test's own failure says more than what it led to, but both belong in the report.
        match (outcome, promises) {
            (Err(problem), Err(also)) => Err(problem.context(format!("{also:#}"))),
            (outcome, promises) => outcome.and(promises),
        }
    });
    if let Err(problem) = outcome {
        panic!("{problem:#}");
    }
}

impl Page {
    /// Starts a server and a browser; no page is open yet.
    ///
    /// # Errors
    /// When either can't be had.
    pub fn open(setting: &Setting) -> Result<Self> {
        let server = served::serve()?;
        let driver = Driver::start(setting.language, setting.scale)?;
        let page = Self {
            driver,
            server,
            setting: setting.clone(),
        };
        page.emulate(setting)?;
        Ok(page)
    }

    /// Changes window, colours and motion (but not language and scale) while the page is open.
    ///
    /// # Errors
    /// When the browser is gone.
    pub fn emulate(&self, setting: &Setting) -> Result<()> {
        let (width, height) = setting.size;
        // The scale was set at the start: emulated, it would not reach `devicePixelContentBoxSize`.
        let metrics =
            json!({ "width": width, "height": height, "deviceScaleFactor": 0, "mobile": false });
        self.driver
            .devtools("Emulation.setDeviceMetricsOverride", &metrics)?;
        let choose = |yes, chosen, other| if yes { chosen } else { other };
        let features = json!([
            { "name": "prefers-color-scheme", "value": choose(setting.dark, "dark", "light") },
            { "name": "prefers-reduced-motion", "value": choose(setting.still, "reduce", "no-preference") },
        ]);
        self.driver.devtools(
            "Emulation.setEmulatedMedia",
            &json!({ "features": features }),
        )?;
        Ok(())
    }

    /// Opens the page with something after its address (a query, a fragment).
    ///
    /// # Errors
    /// When it can't be loaded.
    pub fn visit(&self, rest: &str) -> Result<()> {
        self.driver.open(&format!("{}{rest}", self.server.url()))
    }

    /// The value of a JavaScript expression.
    ///
    /// # Errors
    /// When it throws.
    pub fn value(&self, expression: &str) -> Result<Value> {
        self.driver.run(&format!("return ({expression});"), &[])
    }

    /// Waits until a JavaScript expression is truthy and no view is left to be drawn.
    ///
    /// # Errors
    /// When [`PATIENCE`] ends first, or the browser reports an error meanwhile: then waiting would be in vain.
    pub fn wait_for(&self, expression: &str) -> Result<Value> {
        let deadline = Instant::now() + PATIENCE;
        let drawn = format!("!document.querySelector('main')?.ariaBusy && ({expression})");
        loop {
            let outcome = self.driver.wait_for(&drawn, Duration::from_secs(2));
            if outcome.is_ok() || Instant::now() > deadline {
                return outcome.with_context(|| format!("all of {PATIENCE:?}"));
            }
            let complaints = self.complaints()?;
            ensure!(
                complaints.is_empty(),
                "the browser reported:\n{}",
                complaints.join("\n")
            );
        }
    }

    /// Waits until some visible text contains `text`.
    ///
    /// # Errors
    /// When [`PATIENCE`] ends first; the error shows what there was instead.
    pub fn wait_for_text(&self, text: &str) -> Result<()> {
        let found = self.wait_for(&format!(
            "document.body.innerText.includes({})",
            json!(text)
        ));
        found
            .map(drop)
            .with_context(|| format!("the page shows:\n{}", self.text("body").unwrap_or_default()))
    }

    /// The visible text of the first element that a selector matches.
    ///
    /// # Errors
    /// When there is none.
    pub fn text(&self, selector: &str) -> Result<String> {
        let text = self.value(&format!(
            "document.querySelector({})?.innerText",
            json!(selector)
        ))?;
        Ok(text
            .as_str()
            .with_context(|| format!("nothing matches {selector}"))?
            .to_owned())
    }

    /// The element with a role and an accessible name.
    ///
    /// # Errors
    /// When there is none or more than one.
    pub fn named(&self, role: &str, name: &str) -> Result<Element> {
        let deadline = Instant::now() + SOON;
        loop {
            let found = names::find(&self.driver, role, name);
            if found.is_ok() || Instant::now() > deadline {
                return found;
            }
        }
    }

    /// Clicks the element with a role and an accessible name.
    ///
    /// # Errors
    /// When there is none or it can't be clicked.
    pub fn click(&self, role: &str, name: &str) -> Result<()> {
        let element = self.named(role, name)?;
        self.driver
            .click(&element)
            .with_context(|| format!("clicking the {role} {name:?}"))
    }

    /// Replaces what a field holds and leaves it, as a person does with the Tab key.
    ///
    /// # Errors
    /// When there is no such field.
    pub fn fill(&self, role: &str, name: &str, text: &str) -> Result<()> {
        let field = self.named(role, name)?;
        self.driver.clear(&field)?;
        self.driver.type_into(&field, text)?;
        self.driver.press("\u{E004}")
    }

    /// Chooses a file of this machine for a file input.
    ///
    /// # Errors
    /// When the selector matches no file input.
    pub fn choose_file(&self, selector: &str, file: &Path) -> Result<()> {
        let input = self.driver.find(selector)?;
        self.driver
            .type_into(&input, &file.canonicalize()?.to_string_lossy())
    }

    /// Fails on any violation of accessibility in the page as it stands.
    ///
    /// # Errors
    /// With the list of violations.
    pub fn check_accessibility(&self) -> Result<()> {
        axe::check(&self.driver)
    }

    /// A picture of the window's inside, as PNG.
    ///
    /// # Errors
    /// When the browser can't make one.
    pub fn picture(&self) -> Result<Vec<u8>> {
        let answer = self
            .driver
            .devtools("Page.captureScreenshot", &json!({ "format": "png" }))?;
        let data = answer["data"]
            .as_str()
            .context("the browser made no picture")?;
        Ok(STANDARD.decode(data)?)
    }

    /// Waits until the service worker holds the whole page.
    ///
    /// # Errors
    /// When it doesn't get there.
    pub fn wait_until_stored(&self) -> Result<()> {
        self.wait_for("navigator.serviceWorker.controller?.state === 'activated'")
            .map(drop)
    }

    /// The addresses that the page asked for since the last call, other than from itself (`data:` and `blob:`).
    ///
    /// # Errors
    /// When the browser is gone.
    pub fn take_requests(&self) -> Result<Vec<String>> {
        let mut addresses = Vec::new();
        for entry in self.driver.take_log("performance")? {
            let event: Value = serde_json::from_str(entry["message"].as_str().unwrap_or("null"))?;
            let sent = event["message"]["method"] == "Network.requestWillBeSent";
            let address = event["message"]["params"]["request"]["url"]
                .as_str()
                .unwrap_or("");
            if sent && !address.starts_with("data:") && !address.starts_with("blob:") {
                addresses.push(address.to_owned());
            }
        }
        Ok(addresses)
    }

    /// The window's setting at the start.
    #[must_use]
    pub fn setting(&self) -> &Setting {
        &self.setting
    }

    fn check_promises(&self) -> Result<()> {
        let complaints = self.complaints()?;
        ensure!(
            complaints.is_empty(),
            "the browser reported:\n{}",
            complaints.join("\n")
        );
        let origin = self
            .server
            .url()
            .split_inclusive('/')
            .take(3)
            .collect::<String>();
        let elsewhere: Vec<_> = self
            .take_requests()?
            .into_iter()
            .filter(|address| !address.starts_with(&origin))
            .collect();
        ensure!(
            elsewhere.is_empty(),
            "the page asked elsewhere for {elsewhere:?}"
        );
        Ok(())
    }

    /// What the browser logged as wrong: uncaught errors, failed loads, violations of the page's own policy.
    ///
    /// # Errors
    /// When the browser is gone.
    pub fn complaints(&self) -> Result<Vec<String>> {
        let entries = self.driver.take_log("browser")?;
        let is_bad = |entry: &&Value| matches!(entry["level"].as_str(), Some("SEVERE" | "WARNING"));
        Ok(entries
            .iter()
            .filter(is_bad)
            .map(|entry| entry["message"].as_str().unwrap_or("").to_owned())
            .collect())
    }
}
