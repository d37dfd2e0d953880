//! Stands between the connector and a real server on 127.0.0.1: loses answers, lets others be
//! quicker, says something else than the server, and remembers what was asked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What happens to a request.
#[derive(Clone)]
pub enum Trick {
    /// The server does it and its answer is lost.
    LoseAnswer,
    /// These requests reach the server first, each with method, path under the tenant, and body.
    First(Vec<(&'static str, String, String)>),
    /// The server hears nothing; this is the answer: status line, headers, body.
    Say(&'static str, &'static str, String),
    /// In the server's answer this becomes that.
    Rewrite(&'static str, &'static str),
}

/// For which requests, how often, and what.
struct Rule {
    method: &'static str,
    path: &'static str,
    times: usize,
    trick: Trick,
}

/// The one in between.
#[derive(Clone)]
pub struct Between {
    port: u16,
    path: String,
    rules: Arc<Mutex<VecDeque<Rule>>>,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Between {
    /// In front of a tenant.
    pub async fn new(tenant: &str) -> Self {
        let (server, path) = tenant.strip_prefix("http://").unwrap().split_once('/').unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let between =
            Self { port: listener.local_addr().unwrap().port(), path: format!("/{path}"), rules: Arc::default(), heard: Arc::default() };
        let (server, own) = (server.to_owned(), between.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (own, server) = (own.clone(), server.clone());
                tokio::spawn(async move { own.pass_on(stream, &server).await });
            }
        });
        between
    }

    /// The tenant, seen from here.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}{}", self.port, self.path)
    }

    /// From now on, for so many requests of a method whose path contains a text.
    pub fn play(&self, method: &'static str, path: &'static str, times: usize, trick: Trick) {
        self.rules.lock().unwrap().push_back(Rule { method, path, times, trick });
    }

    /// The requests that came, whole, of one method.
    pub fn heard(&self, method: &str) -> Vec<String> {
        self.heard.lock().unwrap().iter().filter(|request| request.starts_with(method)).cloned().collect()
    }

    async fn pass_on(&self, mut client: TcpStream, server: &str) {
        let request = read_request(&mut client).await;
        if request.is_empty() {
            return;
        }
        self.heard.lock().unwrap().push(request.clone());
        let answer = match self.trick(&request) {
            None => ask(server, &request).await,
            Some(Trick::LoseAnswer) => {
                ask(server, &request).await;
                return;
            }
            Some(Trick::First(others)) => {
                for (method, path, body) in others {
                    let token = super::servers::TOKEN;
                    let head = format!("{method} {}{path} HTTP/1.1\r\nhost: {server}\r\nauthorization: Bearer {token}\r\n", self.path);
                    let rest = format!("content-type: application/scim+json\r\ncontent-length: {}\r\n\r\n{body}", body.len());
                    let answer = ask(server, &format!("{head}{rest}")).await;
                    assert!(answer.contains(" 20") || answer.contains(" 204"), "{answer}");
                }
                ask(server, &request).await
            }
            Some(Trick::Say(status, headers, body)) => {
                format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n{headers}\r\n{body}", body.len())
            }
            Some(Trick::Rewrite(from, to)) => {
                let answer = ask(server, &request).await;
                let (head, body) = answer.split_once("\r\n\r\n").unwrap();
                let body = body.replace(from, to);
                let lines = head.lines().filter(|line| !line.to_lowercase().starts_with("content-length:"));
                format!("{}\r\ncontent-length: {}\r\n\r\n{body}", lines.collect::<Vec<_>>().join("\r\n"), body.len())
            }
        };
        // The connector may have hung up; then there is nobody to tell.
        let _ = client.write_all(answer.as_bytes()).await;
        let _ = client.shutdown().await;
    }

    fn trick(&self, request: &str) -> Option<Trick> {
        let (method, path) = request.split_once(' ')?;
        let path = path.split(' ').next()?;
        let mut rules = self.rules.lock().unwrap();
        let rule = rules.iter_mut().find(|rule| rule.times > 0 && rule.method == method && path.contains(rule.path))?;
        rule.times -= 1;
        Some(rule.trick.clone())
    }
}

/// One request to the server, and its whole answer.
async fn ask(server: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(server).await.unwrap();
    let closing = request.replacen("\r\n", "\r\nconnection: close\r\n", 1);
    stream.write_all(closing.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}

async fn read_request(client: &mut TcpStream) -> String {
    let mut request = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&request).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return text;
            }
        }
        let mut part = [0; 8192];
        match client.read(&mut part).await {
            Ok(0) | Err(_) => return String::new(),
            Ok(read) => request.extend_from_slice(&part[..read]),
        }
    }
}
