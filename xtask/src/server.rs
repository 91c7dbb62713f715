//! A small static file server: `GET` and `HEAD` under any prefix, nothing cached, nothing outside the site.

use crate::site::{self, Source};
use crate::workspace;
use anyhow::{Context, Result, bail, ensure};
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// Where to listen.
#[derive(Debug, Clone)]
pub struct Listen {
    /// A name or address of this machine.
    pub host: String,
    /// The first port to try; 0 takes any free one.
    pub port: u16,
    /// The path under which the site appears, as on hosts that give each project a sub-path.
    pub prefix: String,
}

impl Default for Listen {
    fn default() -> Self {
        Self {
            host: "127.0.0.1".into(),
            port: 8080,
            prefix: "/".into(),
        }
    }
}

/// Serves the repository's page until the program is ended.
///
/// # Errors
/// When no port can be had.
pub fn serve(listen: &Listen) -> Result<()> {
    let server = Server::bind(listen, Source::Repository(workspace::root()))?;
    println!("Qcart is at {}   (Ctrl+C ends it)", server.url());
    server.run();
    Ok(())
}

/// A server that has its port and answers nobody yet.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    handle: Handle,
}

/// A hold on a server that runs on another thread.
#[derive(Debug, Clone)]
pub struct Handle {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    address: SocketAddr,
    url: String,
    prefix: String,
    source: Mutex<Source>,
    requests: Mutex<Vec<String>>,
    stopped: AtomicBool,
}

/// Longer heads than this are nobody's browser.
const HEAD_LIMIT: u64 = 64 * 1024;

impl Server {
    /// Takes the port that was asked for, or the next free one of the following hundred.
    ///
    /// # Errors
    /// When none of them is free or the host isn't one of this machine.
    pub fn bind(listen: &Listen, source: Source) -> Result<Self> {
        let listener = first_free(&listen.host, listen.port)?;
        let address = listener.local_addr()?;
        let prefix = format!("/{}/", listen.prefix.trim_matches('/')).replace("//", "/");
        let host = if listen.host.contains(':') {
            format!("[{}]", listen.host)
        } else {
            listen.host.clone()
        };
        let shared = Shared {
            address,
            url: format!("http://{host}:{}{prefix}", address.port()),
            prefix,
            source: Mutex::new(source),
            requests: Mutex::default(),
            stopped: AtomicBool::new(false),
        };
        let handle = Handle {
            shared: Arc::new(shared),
        };
        Ok(Self { listener, handle })
    }

    /// The page's address.
    #[must_use]
    pub fn url(&self) -> &str {
        self.handle.url()
    }

    /// Answers requests, each connection on its own thread, until the handle says stop.
    pub fn run(self) {
        for stream in self.listener.incoming() {
            if self.handle.is_stopped() {
                return;
            }
            let handle = self.handle.clone();
            // A connection that breaks off concerns nobody else.
            thread::spawn(move || stream.map(|stream| handle.answer(&stream)));
        }
    }

    /// Runs on a thread of its own.
    #[must_use]
    pub fn spawn(self) -> Handle {
        let handle = self.handle.clone();
        thread::spawn(move || self.run());
        handle
    }
}

impl Handle {
    /// The page's address.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.shared.url
    }

    /// Refuses all further connections and requests, as a network that is gone does.
    pub fn stop(&self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        // The thread that waits for a connection gets one, sees the mark and gives the port back.
        drop(TcpStream::connect(self.shared.address));
    }

    /// Serves another version of the site from now on.
    pub fn replace(&self, source: Source) {
        *locked(&self.shared.source) = source;
    }

    /// The paths asked for since the last call, in order: also those that a worker asked for.
    #[must_use]
    pub fn take_requests(&self) -> Vec<String> {
        std::mem::take(&mut *locked(&self.shared.requests))
    }

    fn is_stopped(&self) -> bool {
        self.shared.stopped.load(Ordering::SeqCst)
    }

    fn answer(&self, stream: &TcpStream) -> Result<()> {
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        let mut reader = BufReader::new(stream);
        while let Some(request) = Request::read(&mut reader)? {
            if self.is_stopped() {
                break;
            }
            let response = self.respond(&request);
            response.write(stream, request.head_only, request.keep_alive)?;
            if !request.keep_alive {
                break;
            }
        }
        Ok(())
    }

    fn respond(&self, request: &Request) -> Response {
        if request.other_method {
            return Response::text(
                "405 Method Not Allowed",
                "This server only hands out files.",
            );
        }
        locked(&self.shared.requests).push(request.path.clone());
        let prefix = &self.shared.prefix;
        if format!("{}/", request.path) == *prefix {
            let moved = Response::text("301 Moved Permanently", "");
            return Response {
                location: Some(prefix.clone()),
                ..moved
            };
        }
        let Some(path) = request.path.strip_prefix(prefix) else {
            return Response::not_found(&request.path);
        };
        let source = locked(&self.shared.source).clone();
        match source.get(path) {
            Ok(Some(file)) => Response::file(file),
            Ok(None) => Response::not_found(&request.path),
            Err(problem) => Response::text("500 Internal Server Error", &format!("{problem:#}")),
        }
    }
}

/// A thread that panicked leaves whole values behind: each is replaced in one step.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn first_free(host: &str, port: u16) -> Result<TcpListener> {
    for candidate in port..=port.saturating_add(100) {
        match TcpListener::bind((host, candidate)) {
            Ok(listener) => return Ok(listener),
            Err(problem)
                if matches!(
                    problem.kind(),
                    ErrorKind::AddrInUse | ErrorKind::PermissionDenied
                ) => {}
            Err(problem) => return Err(problem).with_context(|| format!("can't listen on {host}")),
        }
    }
    bail!(
        "no port from {port} to {} is free on {host}",
        port.saturating_add(100)
    )
}

struct Request {
    path: String,
    head_only: bool,
    other_method: bool,
    keep_alive: bool,
}

impl Request {
    /// `None` when the browser has closed the connection.
    fn read(reader: &mut impl BufRead) -> Result<Option<Self>> {
        let mut head = reader.take(HEAD_LIMIT);
        let mut first = String::new();
        if head.read_line(&mut first)? == 0 {
            return Ok(None);
        }
        let mut keep_alive = first.trim_end().ends_with("HTTP/1.1");
        loop {
            let mut line = String::new();
            ensure!(head.read_line(&mut line)? > 0, "a request broke off");
            if line.trim_end().is_empty() {
                break;
            }
            keep_alive &= !line.trim_end().eq_ignore_ascii_case("connection: close");
        }
        let mut words = first.split_ascii_whitespace();
        let (method, target) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
        let other_method = !matches!(method, "GET" | "HEAD");
        let path = percent_decoded(target.split(['?', '#']).next().unwrap_or(""));
        // The body of an unexpected method stays unread, so its connection can't be used again.
        keep_alive &= !other_method;
        Ok(Some(Self {
            path,
            head_only: method == "HEAD",
            other_method,
            keep_alive,
        }))
    }
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let digits = if *first == b'%' {
            tail.get(..2).and_then(|two| std::str::from_utf8(two).ok())
        } else {
            None
        };
        match digits.and_then(|two| u8::from_str_radix(two, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

struct Response {
    status: &'static str,
    media_type: &'static str,
    location: Option<String>,
    body: Vec<u8>,
}

impl Response {
    fn file(file: site::File) -> Self {
        Self {
            status: "200 OK",
            media_type: site::media_type(&file.path),
            location: None,
            body: file.bytes,
        }
    }

    fn text(status: &'static str, text: &str) -> Self {
        Self {
            status,
            media_type: "text/plain; charset=utf-8",
            location: None,
            body: text.as_bytes().into(),
        }
    }

    fn not_found(path: &str) -> Self {
        Self::text("404 Not Found", &format!("There is nothing at {path}"))
    }

    fn write(&self, mut stream: &TcpStream, head_only: bool, keep_alive: bool) -> Result<()> {
        let mut head = format!(
            "HTTP/1.1 {}\r\nContent-Type: {}\r\nContent-Length: {}\r\nCache-Control: no-store\r\n\
             X-Content-Type-Options: nosniff\r\n",
            self.status,
            self.media_type,
            self.body.len()
        );
        if let Some(location) = &self.location {
            head.push_str(&format!("Location: {location}\r\n"));
        }
        head.push_str(if keep_alive {
            "\r\n"
        } else {
            "Connection: close\r\n\r\n"
        });
        let mut message = head.into_bytes();
        if !head_only {
            message.extend_from_slice(&self.body);
        }
        stream.write_all(&message)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::time::Instant;

    fn ask(server: &Handle, request: &str) -> String {
        let mut stream = TcpStream::connect(server.shared.address).unwrap();
        stream
            .write_all(format!("{request}\r\nConnection: close\r\n\r\n").as_bytes())
            .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn running(prefix: &str) -> Handle {
        let listen = Listen {
            port: 0,
            prefix: prefix.into(),
            ..Listen::default()
        };
        let server =
            Server::bind(&listen, Source::Folder(workspace::root().join("xtask"))).unwrap();
        server.spawn()
    }

    #[test]
    fn files_are_served_below_the_prefix_only() {
        let server = running("some/path");
        assert!(server.url().ends_with("/some/path/"));
        let found = ask(&server, "GET /some/path/Cargo.toml?x=1 HTTP/1.1");
        assert!(
            found.starts_with("HTTP/1.1 200 OK") && found.contains("name = \"xtask\""),
            "{found}"
        );
        assert!(ask(&server, "GET /Cargo.toml HTTP/1.1").starts_with("HTTP/1.1 404"));
        assert!(ask(&server, "GET /some/path HTTP/1.1").contains("Location: /some/path/\r\n"));
        assert_eq!(
            server.take_requests(),
            ["/some/path/Cargo.toml", "/Cargo.toml", "/some/path"]
        );
    }

    #[test]
    fn encoded_ways_out_and_other_methods_are_refused() {
        let server = running("/");
        assert!(ask(&server, "GET /%2e%2e/Cargo.toml HTTP/1.1").starts_with("HTTP/1.1 404"));
        assert!(
            ask(&server, "GET /src%2f..%2f..%2fCargo.toml HTTP/1.1").starts_with("HTTP/1.1 404")
        );
        assert!(ask(&server, "POST /Cargo.toml HTTP/1.1").starts_with("HTTP/1.1 405"));
        let head = ask(&server, "HEAD /Cargo.toml HTTP/1.1");
        assert!(
            head.starts_with("HTTP/1.1 200 OK") && head.ends_with("\r\n\r\n"),
            "{head}"
        );
    }

    #[test]
    fn a_taken_port_leads_to_the_next() {
        let first = running("/");
        let port = first.shared.address.port();
        let listen = Listen {
            port,
            ..Listen::default()
        };
        let second = Server::bind(&listen, Source::Folder(workspace::root())).unwrap();
        assert!(second.listener.local_addr().unwrap().port() > port);
    }

    #[test]
    fn a_stopped_server_refuses_connections() {
        let server = running("/");
        assert!(ask(&server, "GET /Cargo.toml HTTP/1.1").starts_with("HTTP/1.1 200"));
        server.stop();
        let deadline = Instant::now() + Duration::from_secs(5);
        while TcpStream::connect(server.shared.address).is_ok() {
            assert!(Instant::now() < deadline, "still accepts connections");
        }
    }

    #[test]
    fn names_are_decoded_and_broken_ones_kept() {
        assert_eq!(percent_decoded("/a%20b%E4%B8%AD"), "/a b中");
        assert_eq!(percent_decoded("/100%/%zz/%4"), "/100%/%zz/%4");
    }
}
