//! A browser as far as the server can tell: cookies, an address, fetch metadata.

use super::TestApp;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, Response, header};
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use tower::ServiceExt as _;

/// The host that requests are sent to.
pub const HOST: &str = "127.0.0.1:3000";

/// A client of the server under test.
#[derive(Clone)]
pub struct Client {
    app: TestApp,
    address: IpAddr,
    cookies: Arc<Mutex<BTreeMap<String, String>>>,
}

/// An answer, whole.
#[derive(Debug)]
pub struct Reply {
    /// Status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: Vec<u8>,
}

impl Reply {
    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// A header, or nothing.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Where a redirect leads; empty when it is none.
    pub fn location(&self) -> &str {
        self.header("location").unwrap_or_default()
    }

    /// The code of an error of a server function.
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }
}

/// A form as browsers write it.
pub fn encoded(fields: &[(&str, &str)]) -> String {
    let encode = |text: &str| {
        text.bytes().map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") }).collect::<String>()
    };
    fields.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect::<Vec<_>>().join("&")
}

impl Client {
    pub(super) fn new(app: TestApp, address: IpAddr) -> Self {
        Self { app, address, cookies: Arc::default() }
    }

    /// The same browser behind another address.
    pub fn at_address(&self, address: &str) -> Self {
        Self { address: address.parse().unwrap(), ..self.clone() }
    }

    /// Another browser that got hold of this one's cookies.
    pub fn copy(&self) -> Self {
        Self { cookies: Arc::new(Mutex::new(self.cookies.lock().unwrap().clone())), ..self.clone() }
    }

    /// Sets a cookie.
    pub fn set_cookie(&self, name: &str, value: &str) {
        self.cookies.lock().unwrap().insert(name.to_owned(), value.to_owned());
    }

    /// A cookie's value.
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().unwrap().get(name).cloned()
    }

    /// Asks for a page.
    pub async fn get(&self, path: &str) -> Reply {
        self.send(Request::get(path).header(header::ACCEPT, "text/html"), Body::empty()).await
    }

    /// Sends a plain form from a page of ours.
    pub async fn post_form(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let request = Request::post(path)
            .header(header::ACCEPT, "text/html")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::REFERER, format!("http://{HOST}/"))
            .header("sec-fetch-site", "same-origin");
        self.send(request, Body::from(encoded(fields))).await
    }

    /// Calls a server function by its endpoint (`requests/submit`) as our own script does.
    pub async fn server_fn(&self, endpoint: &str, fields: &[(&str, &str)]) -> Reply {
        self.call(endpoint, fields, "same-origin").await
    }

    /// The same from another site.
    pub async fn server_fn_from_another_site(&self, endpoint: &str, fields: &[(&str, &str)]) -> Reply {
        self.call(endpoint, fields, "cross-site").await
    }

    async fn call(&self, endpoint: &str, fields: &[(&str, &str)], site: &str) -> Reply {
        let request = Request::post(format!("/api/{endpoint}"))
            .header(header::ACCEPT, "application/json")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("sec-fetch-site", site);
        self.send(request, Body::from(encoded(fields))).await
    }

    /// Sends any request with the cookies and from the address of this client.
    pub async fn send(&self, request: axum::http::request::Builder, body: Body) -> Reply {
        let response = self.app.router.clone().oneshot(self.prepare(request, body)).await.unwrap();
        self.receive(response).await
    }

    /// The request as it would arrive.
    pub fn prepare(&self, request: axum::http::request::Builder, body: Body) -> Request<Body> {
        let cookies = self.cookies.lock().unwrap().iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
        let mut request = request.header(header::HOST, HOST).body(body).unwrap();
        if !cookies.is_empty() {
            request.headers_mut().insert(header::COOKIE, cookies.parse().unwrap());
        }
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(self.address, 40_000)));
        request
    }

    async fn receive(&self, response: Response<Body>) -> Reply {
        let (parts, body) = response.into_parts();
        for value in parts.headers.get_all(header::SET_COOKIE) {
            let text = value.to_str().unwrap();
            let (name, rest) = text.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap_or_default();
            let mut cookies = self.cookies.lock().unwrap();
            if text.contains("Max-Age=0") {
                cookies.remove(name)
            } else {
                cookies.insert(name.to_owned(), value.to_owned())
            };
        }
        let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
        Reply { status: parts.status.as_u16(), headers: parts.headers, body }
    }
}
