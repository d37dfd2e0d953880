//! `/metrics`: figures for monitoring, in the text format of Prometheus 0.0.4. Not for everybody (ASVS
//! 5.0, 13.4.5): with a token in the settings whoever brings it, without one only who asks from this
//! machine and not through a proxy. Everybody else is told that there is nothing here.

use crate::measures::BOUNDS;
use crate::state::AppState;
use crate::usecase::figures::Figures;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::net::SocketAddr;

/// Address.
pub const PATH: &str = "/metrics";

/// The figures, or 404.
pub async fn metrics(State(state): State<AppState>, request: Request) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0);
    let token = state.config.metrics_token.as_ref().map(|token| token.expose());
    if !may_read(token, peer, request.headers()) {
        return StatusCode::NOT_FOUND.into_response();
    }
    match state.figures().await {
        Ok(figures) => ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text(&figures)).into_response(),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n").into_response(),
    }
}

fn may_read(token: Option<&str>, peer: Option<SocketAddr>, headers: &HeaderMap) -> bool {
    match token {
        Some(token) => {
            let brought =
                headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(|value| value.strip_prefix("Bearer "));
            // Digests, so that the time of the comparison says nothing about the token.
            brought.is_some_and(|brought| Sha256::digest(brought) == Sha256::digest(token))
        }
        // A proxy on this machine asks for others.
        None => {
            peer.is_some_and(|peer| peer.ip().to_canonical().is_loopback())
                && ["forwarded", "x-forwarded-for", "x-real-ip", "via"].iter().all(|name| !headers.contains_key(*name))
        }
    }
}

/// Writes the figures. Names of kinds and jobs are ours and need no escaping.
fn text(figures: &Figures) -> String {
    let mut out = Lines::default();
    out.metric("countersign_queue_tasks", "gauge", "Tasks in the work queue by kind and state.");
    for c in &figures.tasks {
        for (state, count) in [("waiting", c.waiting), ("due", c.due), ("running", c.running), ("failed", c.failed)] {
            out.line(&format!("{{task=\"{}\",state=\"{state}\"}} {count}", c.name));
        }
    }
    out.metric("countersign_queue_oldest_due_seconds", "gauge", "How long the oldest task that is due has been due.");
    for c in &figures.tasks {
        out.line(&format!("{{task=\"{}\"}} {}", c.name, c.oldest_due_seconds.unwrap_or(0)));
    }
    out.metric("countersign_queue_workers", "gauge", "Workers that said within three heartbeats that they live.");
    out.line(&format!(" {}", figures.workers));
    out.metric("countersign_work_late", "gauge", "Things that are late; the page /admin/jobs names them.");
    out.line(&format!(" {}", figures.late));
    out.metric("countersign_job_runs_total", "counter", "Runs of a recurring job.");
    for job in &figures.jobs {
        out.line(&format!("{{job=\"{}\"}} {}", job.name, job.runs.0));
    }
    out.metric("countersign_job_failures_total", "counter", "Runs of a recurring job that failed.");
    for job in &figures.jobs {
        out.line(&format!("{{job=\"{}\"}} {}", job.name, job.runs.1));
    }
    out.metric("countersign_job_last_run_failed", "gauge", "Whether the last run of a recurring job failed.");
    for job in &figures.jobs {
        out.line(&format!("{{job=\"{}\"}} {}", job.name, i32::from(job.failed)));
    }
    out.metric("countersign_job_overdue_seconds", "gauge", "How long a recurring job has been due.");
    for job in &figures.jobs {
        out.line(&format!("{{job=\"{}\"}} {}", job.name, job.overdue_seconds));
    }
    out.metric("countersign_task_duration_seconds", "histogram", "How long tasks took on this server.");
    for ((task, done), durations) in &figures.durations {
        let labels = format!("task=\"{task}\",outcome=\"{}\"", if *done { "done" } else { "failed" });
        for (bound, within) in BOUNDS.iter().zip(durations.within) {
            out.part("_bucket", &format!("{{{labels},le=\"{}\"}} {within}", *bound as f64 / 1e6));
        }
        out.part("_bucket", &format!("{{{labels},le=\"+Inf\"}} {}", durations.count));
        out.part("_sum", &format!("{{{labels}}} {}", durations.micros as f64 / 1e6));
        out.part("_count", &format!("{{{labels}}} {}", durations.count));
    }
    out.text
}

#[derive(Default)]
struct Lines {
    name: &'static str,
    text: String,
}

impl Lines {
    fn metric(&mut self, name: &'static str, kind: &str, help: &str) {
        self.name = name;
        // Writing to a string cannot fail.
        let _ = write!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
    }

    fn line(&mut self, rest: &str) {
        self.part("", rest);
    }

    fn part(&mut self, suffix: &str, rest: &str) {
        let _ = writeln!(self.text, "{}{suffix}{rest}", self.name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(token: Option<&str>, peer: &str, headers: &[(&'static str, &str)]) -> bool {
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        may_read(token, Some(SocketAddr::new(peer.parse().unwrap(), 9)), &headers)
    }

    #[test]
    fn without_a_token_only_this_machine_reads_and_never_through_a_proxy() {
        for here in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
            assert!(asked(None, here, &[]), "{here}");
            assert!(!asked(None, here, &[("x-forwarded-for", "127.0.0.1")]), "{here}");
        }
        assert!(!asked(None, "192.0.2.1", &[]));
        assert!(!may_read(None, None, &HeaderMap::new()));
    }

    #[test]
    fn with_a_token_only_who_brings_it_reads() {
        let token = Some("blue-tram-at-noon");
        assert!(asked(token, "192.0.2.1", &[("authorization", "Bearer blue-tram-at-noon")]));
        for wrong in ["Bearer blue-tram-at-noo", "Bearer ", "Basic blue-tram-at-noon", "blue-tram-at-noon"] {
            assert!(!asked(token, "127.0.0.1", &[("authorization", wrong)]), "{wrong}");
        }
        assert!(!asked(token, "127.0.0.1", &[]));
    }
}
