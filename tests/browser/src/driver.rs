//! A small WebDriver client: one browser session, synchronous, with the few commands that these tests use.
//!
//! Written here rather than taken from a library because the tests need what is particular to Chromium (its console
//! and network logs, its developer protocol) more than the standard, and no asynchronous runtime.

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, thread};
use ureq::Agent;

/// The key under which WebDriver hands out references to elements.
const ELEMENT_KEY: &str = "element-6066-11e4-a52e-4f735466cecf";

/// How often a condition is looked at while waiting for it.
const POLL: Duration = Duration::from_millis(15);

/// A running browser with one window; both processes end when it is dropped.
#[derive(Debug)]
pub struct Driver {
    process: Child,
    agent: Agent,
    session: String,
}

/// A reference to an element of the page that is open.
#[derive(Debug, Clone)]
pub struct Element(String);

impl Driver {
    /// Starts a driver on a free port, and through it a browser that asks pages for a language and draws with so many
    /// device pixels for each CSS pixel.
    ///
    /// # Errors
    /// When Chromium or its driver is missing or doesn't start.
    pub fn start(language: &str, scale: f64) -> Result<Self> {
        let browser =
            chromium().context("Chromium is not installed (Debian: apt-get install chromium)")?;
        let (process, base) = start_chromedriver()?;
        let agent = Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(600)))
            .http_status_as_error(false)
            .build()
            .into();
        let mut driver = Self {
            process,
            agent,
            session: format!("{base}/session"),
        };
        let answer = driver.post(
            "",
            &capabilities(&browser.to_string_lossy(), language, scale),
        )?;
        let id = answer["sessionId"]
            .as_str()
            .context("the driver gave no session")?;
        driver.session = format!("{base}/session/{id}");
        Ok(driver)
    }

    /// Opens an address and waits until it has loaded.
    ///
    /// # Errors
    /// When the browser can't load it.
    pub fn open(&self, url: &str) -> Result<()> {
        self.post("/url", &json!({ "url": url })).map(drop)
    }

    /// Runs the body of a function in the page and gives what it returns, waiting for it if it is a promise.
    ///
    /// # Errors
    /// When it throws.
    pub fn run(&self, body: &str, arguments: &[Value]) -> Result<Value> {
        self.post(
            "/execute/sync",
            &json!({ "script": body, "args": arguments }),
        )
    }

    /// Lets [`Self::run`] wait longer than the half minute that is usual.
    ///
    /// # Errors
    /// When the browser is gone.
    pub fn allow_scripts_to_take(&self, seconds: u64) -> Result<()> {
        self.post("/timeouts", &json!({ "script": seconds * 1000 }))
            .map(drop)
    }

    /// Looks at an expression until it is truthy and gives its value.
    ///
    /// # Errors
    /// When the deadline passes first or the expression throws.
    pub fn wait_for(&self, expression: &str, limit: Duration) -> Result<Value> {
        let deadline = Instant::now() + limit;
        loop {
            let value = self.run(&format!("return ({expression});"), &[])?;
            if !matches!(&value, Value::Null | Value::Bool(false))
                && value != json!(0)
                && value != json!("")
            {
                return Ok(value);
            }
            if Instant::now() > deadline {
                bail!("waited {limit:?} in vain for {expression}");
            }
            thread::sleep(POLL);
        }
    }

    /// The first element that a selector matches.
    ///
    /// # Errors
    /// When there is none.
    pub fn find(&self, selector: &str) -> Result<Element> {
        let found = self.post(
            "/element",
            &json!({ "using": "css selector", "value": selector }),
        )?;
        let id = found[ELEMENT_KEY]
            .as_str()
            .with_context(|| format!("nothing matches {selector}"))?;
        Ok(Element(id.to_owned()))
    }

    /// Scrolls to an element and clicks where a person would; fails when something covers it.
    ///
    /// # Errors
    /// When it can't be clicked.
    pub fn click(&self, element: &Element) -> Result<()> {
        // A page that scrolls smoothly would still be moving when the driver aims.
        let scroll = "arguments[0].scrollIntoView({ behavior: 'instant', block: 'center' });";
        self.run(scroll, &[Self::argument(element)])?;
        self.post(&format!("/element/{}/click", element.0), &json!({}))
            .map(drop)
    }

    /// Types into an element; for a file input, the path of the file to choose.
    ///
    /// # Errors
    /// When it takes no input.
    pub fn type_into(&self, element: &Element, text: &str) -> Result<()> {
        self.post(
            &format!("/element/{}/value", element.0),
            &json!({ "text": text }),
        )
        .map(drop)
    }

    /// Presses and releases keys, one after the other, wherever the focus is.
    ///
    /// # Errors
    /// When the browser is gone.
    pub fn press(&self, keys: &str) -> Result<()> {
        let stroke = |key: char| {
            [
                json!({ "type": "keyDown", "value": key }),
                json!({ "type": "keyUp", "value": key }),
            ]
        };
        let strokes: Vec<Value> = keys.chars().flat_map(stroke).collect();
        self.post(
            "/actions",
            &json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": strokes }] }),
        )
        .map(drop)
    }

    /// Empties a field.
    ///
    /// # Errors
    /// When it takes no input.
    pub fn clear(&self, element: &Element) -> Result<()> {
        self.post(&format!("/element/{}/clear", element.0), &json!({}))
            .map(drop)
    }

    /// Gives the element as an argument for [`Self::run`].
    #[must_use]
    pub fn argument(element: &Element) -> Value {
        json!({ ELEMENT_KEY: element.0 })
    }

    /// Does something while another tab lies in front of the page, so that the page is hidden. Commands still go to the page.
    ///
    /// # Errors
    /// When there is no other tab to be had, or what is done fails.
    pub fn behind_another_tab(&self, act: impl FnOnce() -> Result<()>) -> Result<()> {
        let front = self.devtools("Target.createTarget", &json!({ "url": "about:blank" }))?;
        self.devtools("Target.activateTarget", &front)?;
        let outcome = act();
        self.devtools("Target.closeTarget", &front)?;
        outcome
    }

    /// A command of Chromium's developer protocol.
    ///
    /// # Errors
    /// When Chromium refuses it.
    pub fn devtools(&self, command: &str, parameters: &Value) -> Result<Value> {
        self.post(
            "/goog/cdp/execute",
            &json!({ "cmd": command, "params": parameters }),
        )
    }

    /// The entries of a log (`browser`, `performance`) since the last call.
    ///
    /// # Errors
    /// When there is no such log.
    pub fn take_log(&self, kind: &str) -> Result<Vec<Value>> {
        let entries = self.post("/se/log", &json!({ "type": kind }))?;
        Ok(entries.as_array().cloned().unwrap_or_default())
    }

    fn post(&self, command: &str, parameters: &Value) -> Result<Value> {
        let mut response = self
            .agent
            .post(format!("{}{command}", self.session))
            .send_json(parameters)?;
        let mut answer: Value = response
            .body_mut()
            .with_config()
            .limit(1 << 30)
            .read_json()?;
        if !response.status().is_success() {
            let message = answer["value"]["message"].as_str().unwrap_or("no message");
            bail!("the browser refused {command}: {message}");
        }
        Ok(answer["value"].take())
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // Closing the session ends the browser; nothing is left to do where that fails.
        drop(self.agent.delete(&self.session).call());
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn start_chromedriver() -> Result<(Child, String)> {
    let program = in_path(&["chromedriver"])
        .context("ChromeDriver is not installed (Debian: apt-get install chromium-driver)")?;
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
        .local_addr()?
        .port();
    let mut process = Command::new(program)
        .arg(format!("--port={port}"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let deadline = Instant::now() + Duration::from_secs(30);
    while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
        if let Some(status) = process.try_wait()? {
            bail!("ChromeDriver ended at once: {status}");
        }
        if Instant::now() > deadline {
            drop(process.kill());
            bail!("ChromeDriver did not open its port");
        }
        thread::sleep(POLL);
    }
    Ok((process, format!("http://127.0.0.1:{port}")))
}

fn chromium() -> Option<PathBuf> {
    in_path(&["chromium", "chromium-browser", "google-chrome", "chrome"])
}

fn in_path(names: &[&str]) -> Option<PathBuf> {
    let folders: Vec<PathBuf> = env::split_paths(&env::var_os("PATH")?).collect();
    let candidates = names
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    candidates.into_iter().find(|path| path.is_file())
}

fn capabilities(browser: &str, language: &str, scale: f64) -> Value {
    let arguments = [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-extensions",
        "--force-color-profile=srgb",
        "--hide-scrollbars",
        &format!("--lang={language}"),
        &format!("--force-device-scale-factor={scale}"),
        // Whatever a page asks for elsewhere fails at once, so that no test depends on a network.
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    ];
    json!({ "capabilities": { "alwaysMatch": {
        "browserName": "chrome",
        "goog:chromeOptions": {
            "binary": browser,
            "args": arguments,
            "prefs": { "intl.accept_languages": language, "intl.selected_languages": language },
        },
        "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
    } } })
}
