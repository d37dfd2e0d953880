//! The Python in the documentation, run.

use std::io::Write;
use std::process::{Command, Stdio};

const DOCUMENTATION: &str = include_str!("../../../docs/connectors/webhook.md");

/// The published vector of the specification's libraries, then what must not pass.
const QUESTIONS: &str = r#"
secret, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}'
good = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}
at = 1614265330
other = "whsec_" + base64.b64encode(bytes(32)).decode()
def without(name): return {key: value for key, value in good.items() if key != name}
print(
    verify(secret, good, body, at),
    verify(secret, {**good, "webhook-signature": "v1,AAAA " + good["webhook-signature"]}, body, at + 300),
    verify(secret, good, body, at + 301),
    verify(secret, good, body, at - 301),
    verify(secret, good, body),
    verify(secret, good, body + b" ", at),
    verify(other, good, body, at),
    verify(secret, {**good, "webhook-id": "a.b"}, body, at),
    verify(secret, {**good, "webhook-timestamp": "1614265331"}, body, at),
    verify(secret, {**good, "webhook-timestamp": "soon"}, body, at),
    verify(secret, {**good, "webhook-signature": "é"}, body, at),
    *[verify(secret, without(name), body, at) for name in good],
)
"#;

#[test]
fn the_documented_python_verifies_the_published_vector_and_refuses_the_rest() {
    let code = DOCUMENTATION.split("```python\n").nth(1).unwrap().split("```").next().unwrap();
    let lines = code.lines().filter(|line| !line.trim().is_empty()).count();
    assert!(lines <= 16, "{lines} lines");
    let mut python = Command::new("python3").args(["-I", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    python.stdin.take().unwrap().write_all(format!("{code}\n{QUESTIONS}").as_bytes()).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success());
    let said = String::from_utf8(output.stdout).unwrap();
    let (good, bad) = (["True"; 2].join(" "), ["False"; 12].join(" "));
    assert_eq!(said.trim(), format!("{good} {bad}"));
}
