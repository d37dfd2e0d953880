//! The HTTP room: routes, cookies, headers, limits. Everything that names a status, a header or a
//! cookie is here; everything that decides about records is behind the ports.
//!
//! A request passes, from the outside: request id and log line, security headers, body limit and
//! time limit, the cross-site guard, then a task of its own, in which the session is looked up and
//! the page or server function runs.
//!
//! To add a route: a line in [`own_routes`], and its row in `server/tests/endpoints/rows.rs`, which
//! fails until it is there.

mod answer;
mod approvals;
mod attachments;
mod changes;
mod client;
mod completions;
mod connections;
mod cookie;
mod csp_report;
mod detach;
mod evidence;
mod file_transfer;
mod files;
mod guard;
mod headers;
mod health;
mod metrics;
mod observe;
mod pages;
mod record;
mod refused;
mod return_to;
mod session;
mod set_up;
mod sign_in;
mod theme;

pub use client::Forwarding;
pub use detach::Tasks;
pub use files::Site;

use crate::state::AppState;
use axum::Router;
use axum::http::{Method, StatusCode};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{MethodRouter, get, post};
use leptos_axum::LeptosRoutes;
use std::time::Duration;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::timeout::TimeoutLayer;

/// Largest body of a form that is open to people who are not signed in, and of what machines send.
pub const LARGEST_BODY: usize = 64 * 1024;
/// Largest body of every other form; uploads aside. A form writes a Cyrillic letter in 6 bytes, a
/// Japanese one in 9 and a rare one in 12. The largest rule, a conflict with its reason, has 68,000
/// characters: at most 816,000 bytes. A basket of 25 items with two answers of 2,000 characters each
/// has 102,000 with its justification: 918,000 bytes in Japanese. Twelve such answers for each item
/// would be more; that is answered with a sentence.
pub const LARGEST_FORM: usize = 1024 * 1024;
/// What is read of a body at all. Up to here a body that is too large is read to its end and thrown
/// away, because browsers show an answer only once they have sent everything.
const MOST_READ: usize = 32 * 1024 * 1024;
/// After this long the client is answered; what it started runs on to its own end.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// An address that the server answers at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Endpoint {
    /// `GET` or `POST`.
    pub method: String,
    /// Path, with `{name}` for what varies.
    pub path: String,
}

/// Everything that the server answers at besides the files of the site: the routes of this room,
/// the pages, and the server functions as they are registered.
#[must_use]
pub fn endpoints() -> Vec<Endpoint> {
    let endpoint = |method: &str, path: &str| Endpoint { method: method.to_owned(), path: path.to_owned() };
    let own = own_routes().into_iter().chain(machine_routes()).map(|(method, path, _)| endpoint(method.as_str(), path));
    let pages = pages::list()
        .into_iter()
        .flat_map(|page| page.methods().map(|method| endpoint(method_name(method), page.path())).collect::<Vec<_>>());
    let functions = leptos::server_fn::axum::server_fn_paths().map(|(path, method)| endpoint(method.as_str(), path));
    let mut all: Vec<Endpoint> = own.chain(pages).chain(functions).collect();
    all.sort();
    all
}

fn method_name(method: leptos_router::Method) -> &'static str {
    match method {
        leptos_router::Method::Get => "GET",
        leptos_router::Method::Post => "POST",
        leptos_router::Method::Put => "PUT",
        leptos_router::Method::Delete => "DELETE",
        leptos_router::Method::Patch => "PATCH",
    }
}

/// Routes that are neither pages nor server functions.
fn own_routes() -> Vec<(Method, &'static str, MethodRouter<AppState>)> {
    vec![
        (Method::POST, sign_in::PATH, post(sign_in::sign_in)),
        (Method::POST, "/sign-out", post(sign_in::sign_out)),
        (Method::POST, set_up::PATH, post(set_up::set_up)),
        (Method::POST, attachments::PATH, attachments::upload_route()),
        (Method::GET, attachments::ONE, attachments::download_route()),
        (Method::POST, evidence::PATH, evidence::upload_route()),
        (Method::GET, evidence::ONE, evidence::download_route()),
        (Method::GET, record::PATH, record::route()),
        (Method::POST, "/theme", post(theme::choose)),
        (Method::POST, approvals::DELEGATE, post(approvals::delegate)),
        (Method::POST, approvals::REASSIGN, post(approvals::reassign)),
        (Method::POST, changes::RECORD, post(changes::propose)),
        (Method::POST, changes::CHANGE, post(changes::step)),
        (Method::POST, connections::CONNECTION, post(connections::act)),
        (Method::POST, "/csp-report", post(csp_report::receive)),
        (Method::GET, "/healthz", get(health::health)),
        (Method::GET, metrics::PATH, get(metrics::metrics)),
        (Method::GET, "/favicon.ico", get(files::icon)),
    ]
}

/// Routes for other machines, which bring a signature and no session: neither session nor cross-site
/// guard stand before them.
fn machine_routes() -> Vec<(Method, &'static str, MethodRouter<AppState>)> {
    vec![(Method::POST, completions::PATH, completions::route())]
}

/// The whole server as a service.
pub fn router(state: AppState) -> Router {
    let mut routes = Router::new();
    for (_, path, handlers) in own_routes() {
        routes = routes.route(path, handlers);
    }
    let dynamic = routes
        .leptos_routes_with_context(&state, pages::list(), pages::context(state.clone()), pages::shell(&state))
        .fallback(pages::not_found)
        .method_not_allowed_fallback(answer::method_not_allowed)
        .layer(from_fn(answer::tidy))
        .layer(from_fn_with_state(state.clone(), refused::bring_back))
        .layer(from_fn_with_state(state.clone(), session::attach))
        .layer(from_fn_with_state(state.clone(), detach::run))
        .layer(from_fn_with_state(state.clone(), guard::refuse_cross_site));
    let mut machines = Router::new();
    for (_, path, handlers) in machine_routes() {
        machines = machines.route(path, handlers);
    }
    Router::new()
        .nest_service("/pkg", files::package(&state))
        .merge(machines.layer(from_fn_with_state(state.clone(), completions::limit)).layer(from_fn_with_state(state.clone(), detach::run)))
        .merge(dynamic)
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, ANSWER_WITHIN))
        .layer(RequestBodyLimitLayer::new(MOST_READ))
        .layer(from_fn_with_state(state.clone(), headers::add))
        .layer(from_fn_with_state(state.clone(), observe::observe))
        .with_state(state)
}
