//! A machine on 127.0.0.1 that says exactly what the test wants, byte by byte.

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::path::Path;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_rustls::TlsAcceptor;

pub struct Machine {
    scheme: &'static str,
    port: u16,
    heard: Arc<Mutex<Vec<String>>>,
    arrivals: UnboundedReceiver<()>,
}

impl Machine {
    /// Answers every request the same way and closes the connection.
    pub async fn answering(status: &str, headers: &str, body: &str) -> Self {
        Self::raw(&format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n{headers}\r\n{body}", body.len())).await
    }

    /// Sends these bytes after a request and closes the connection.
    pub async fn raw(answer: &str) -> Self {
        Self::start(answer, None, false).await
    }

    /// Sends these bytes after a request and then nothing more.
    pub async fn hanging(begun: &str) -> Self {
        Self::start(begun, None, true).await
    }

    /// Answers `{}` with TLS and one of the certificates in `tests/certificates`.
    pub async fn protected(certificate: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/certificates");
        let chain = vec![CertificateDer::from_pem_file(folder.join(format!("{certificate}.pem"))).unwrap()];
        let key = PrivateKeyDer::from_pem_file(folder.join(format!("{certificate}.key.pem"))).unwrap();
        let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        Self::start("HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}", Some(TlsAcceptor::from(Arc::new(config))), false)
            .await
    }

    /// An address at which nothing listens any more.
    pub async fn gone() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        format!("http://machine.example:{}/", listener.local_addr().unwrap().port())
    }

    async fn start(answer: &str, tls: Option<TlsAcceptor>, hangs: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let heard = Arc::new(Mutex::new(Vec::new()));
        let (arrived, arrivals) = unbounded_channel();
        let (answer, notes) = (answer.as_bytes().to_vec(), Arc::clone(&heard));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (answer, notes, arrived, tls) = (answer.clone(), Arc::clone(&notes), arrived.clone(), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => talk(stream, &answer, &notes, &arrived, hangs).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                talk(stream, &answer, &notes, &arrived, hangs).await;
                            }
                        }
                    }
                });
            }
        });
        Self { scheme, port, heard, arrivals }
    }

    /// Its address under a name.
    pub fn url(&self, host: &str) -> String {
        format!("{}://{host}:{}/", self.scheme, self.port)
    }

    /// The requests that came, whole.
    pub fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }

    /// Until the next request is here and what is to be said was said.
    pub async fn arrived(&mut self) {
        self.arrivals.recv().await.unwrap();
    }
}

async fn talk(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    answer: &[u8],
    notes: &Mutex<Vec<String>>,
    arrived: &UnboundedSender<()>,
    hangs: bool,
) {
    let mut request = Vec::new();
    while !is_whole(&request) {
        let mut part = [0; 4096];
        match stream.read(&mut part).await {
            Ok(0) | Err(_) => return,
            Ok(read) => request.extend_from_slice(&part[..read]),
        }
    }
    notes.lock().unwrap().push(String::from_utf8(request).unwrap());
    // The other side may have hung up already; then there is nobody to tell.
    let _ = stream.write_all(answer).await;
    let _ = stream.flush().await;
    let _ = arrived.send(());
    if hangs {
        std::future::pending::<()>().await;
    }
    let _ = stream.shutdown().await;
}

/// Whether the header and as much body as it announces are there.
fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_lowercase();
    let Some((header, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = header.lines().find_map(|line| line.strip_prefix("content-length: ")).map_or(0, |length| length.parse().unwrap());
    body.len() >= length
}
