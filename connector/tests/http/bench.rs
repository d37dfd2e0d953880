//! A way out for tests, whose names lead where the test says.

use crate::support::RuntimeTime;
use async_trait::async_trait;
use connector::http::{Ask, Gate, HttpOut, Limits, Names, Networks, Reach, Roots, Throughput};
use connector::{Exchanges, Fault};
use reqwest::Method;
use std::collections::VecDeque;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use url::Url;

/// Names that lead where the test says, one answer after the other; the last one stays.
pub struct Scripted(Mutex<VecDeque<Vec<IpAddr>>>);

impl Scripted {
    pub fn new(answers: &[&[&str]]) -> Arc<Self> {
        let answers = answers.iter().map(|addresses| addresses.iter().map(|address| address.parse().unwrap()).collect()).collect();
        Arc::new(Self(Mutex::new(answers)))
    }
}

#[async_trait]
impl Names for Scripted {
    async fn addresses(&self, _: &str) -> std::io::Result<Vec<IpAddr>> {
        let mut answers = self.0.lock().unwrap();
        let next = answers.front().cloned().ok_or(std::io::ErrorKind::NotFound)?;
        if answers.len() > 1 {
            answers.pop_front();
        }
        Ok(next)
    }
}

pub fn house() -> Roots {
    Roots::none().and_pem(include_str!("../certificates/authority.pem")).unwrap()
}

pub fn reach(networks: &[&str]) -> Reach {
    Reach { networks: Networks::parse(networks).unwrap(), plain_http: true, roots: house() }
}

pub fn out_with(limits: Limits, reach: Reach, names: Arc<dyn Names>) -> HttpOut {
    // A gate that is in nobody's way.
    let gate = Gate::new(throughput(1000, 1000, 1000, 60), RuntimeTime::new());
    HttpOut::new(limits, reach, Arc::new(gate), RuntimeTime::new(), names).unwrap()
}

/// May speak to this machine; every name leads here.
pub fn out() -> HttpOut {
    out_with(Limits::default(), reach(&["127.0.0.1"]), Scripted::new(&[&["127.0.0.1"]]))
}

pub async fn get(out: &HttpOut, url: &str) -> Result<u16, Fault> {
    out.send(Ask::new("look", Method::GET, Url::parse(url).unwrap()), &mut Exchanges::default()).await.map(|answer| answer.status())
}

pub fn throughput(at_once: u32, per_second: u32, burst: u32, longest_wait: u64) -> Throughput {
    let number = |number| NonZeroU32::new(number).unwrap();
    Throughput {
        at_once: number(at_once),
        per_second: number(per_second),
        burst: number(burst),
        longest_wait: Duration::from_secs(longest_wait),
    }
}
