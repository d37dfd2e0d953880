//! A mail server for tests: real SMTP on a port of this machine, with the ways in which real ones
//! misbehave. What it took over can be read back.

use server::config::{Smtp, SmtpTls};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What the server does with mails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Takes them over.
    Accept,
    /// Says that there is no such mailbox.
    Refuse,
    /// Asks to come back later.
    Defer,
    /// Wants a password that nobody gave it.
    AskForPassword,
    /// Ends the connection in the middle of a mail.
    HangUp,
    /// Takes a mail over, and ends the connection before saying so.
    AcceptAndHangUp,
    /// Says nothing any more after its greeting.
    Hang,
}

/// A mail that was taken over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Address of the sender, from the envelope.
    pub from: String,
    /// Addresses of the recipients, from the envelope.
    pub to: Vec<String>,
    /// The mail as it was sent.
    pub raw: Vec<u8>,
}

struct Inner {
    manner: Manner,
    taken: Vec<Taken>,
    greeted: Vec<String>,
}

/// The server.
#[derive(Clone)]
pub struct Sink {
    port: u16,
    inner: Arc<Mutex<Inner>>,
}

impl Sink {
    /// Starts one; it lives as long as the test.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let inner = Arc::new(Mutex::new(Inner { manner: Manner::Accept, taken: vec![], greeted: vec![] }));
        let sink = Self { port, inner };
        let server = sink.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let server = server.clone();
                // A client that goes away ends its conversation, nothing else.
                tokio::spawn(async move { server.converse(stream).await.ok() });
            }
        });
        sink
    }

    /// Settings that lead here.
    pub fn settings(&self) -> Smtp {
        Smtp {
            host: "127.0.0.1".to_owned(),
            port: self.port,
            tls: SmtpTls::None,
            credentials: None,
            from: "Countersign <countersign@example.org>".parse().unwrap(),
            timeout: Duration::from_secs(10),
        }
    }

    /// Behaves in this manner from now on.
    pub fn behave(&self, manner: Manner) {
        self.inner.lock().unwrap().manner = manner;
    }

    /// What was taken over, in order.
    pub fn taken(&self) -> Vec<Taken> {
        self.inner.lock().unwrap().taken.clone()
    }

    /// How clients introduced themselves, in order.
    pub fn greeted(&self) -> Vec<String> {
        self.inner.lock().unwrap().greeted.clone()
    }

    async fn converse(&self, stream: TcpStream) -> std::io::Result<()> {
        let (read, mut write) = stream.into_split();
        let mut lines = BufReader::new(read);
        write.write_all(b"220 sink.example ESMTP\r\n").await?;
        let (mut from, mut to) = (String::new(), vec![]);
        loop {
            let mut line = String::new();
            if lines.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            let manner = self.inner.lock().unwrap().manner;
            if manner == Manner::Hang {
                return std::future::pending().await;
            }
            let (verb, rest) = line.trim_end().split_once([' ', ':']).unwrap_or((line.trim_end(), ""));
            let answer: &[u8] = match verb.to_ascii_uppercase().as_str() {
                "EHLO" => {
                    self.inner.lock().unwrap().greeted.push(rest.to_owned());
                    b"250-sink.example\r\n250 8BITMIME\r\n"
                }
                "MAIL" if manner == Manner::AskForPassword => b"530 5.7.0 Authentication required\r\n",
                "MAIL" => {
                    from = address(rest);
                    to.clear();
                    b"250 OK\r\n"
                }
                "RCPT" if manner == Manner::Refuse => b"550 5.1.1 No such mailbox here\r\n",
                "RCPT" => {
                    to.push(address(rest));
                    b"250 OK\r\n"
                }
                "DATA" if manner == Manner::Defer => b"451 4.3.0 Come back later\r\n",
                "DATA" if manner == Manner::HangUp => return Ok(()),
                "DATA" => {
                    write.write_all(b"354 Go on\r\n").await?;
                    let raw = data(&mut lines).await?;
                    self.inner.lock().unwrap().taken.push(Taken { from: from.clone(), to: to.clone(), raw });
                    if manner == Manner::AcceptAndHangUp {
                        return Ok(());
                    }
                    b"250 Taken over\r\n"
                }
                "RSET" | "NOOP" => b"250 OK\r\n",
                "QUIT" => {
                    write.write_all(b"221 Bye\r\n").await?;
                    return Ok(());
                }
                _ => b"502 Not here\r\n",
            };
            write.write_all(answer).await?;
        }
    }
}

/// `FROM:<a@example.org> BODY=8BITMIME` without what stands around the address.
fn address(rest: &str) -> String {
    rest.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map(|(address, _)| address.to_owned()).unwrap_or_default()
}

/// The lines up to the one with a single dot, without the dots that were put before others.
async fn data(lines: &mut BufReader<tokio::net::tcp::OwnedReadHalf>) -> std::io::Result<Vec<u8>> {
    let mut raw = vec![];
    loop {
        let mut line = vec![];
        if lines.read_until(b'\n', &mut line).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if line == b".\r\n" {
            return Ok(raw);
        }
        raw.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
    }
}
