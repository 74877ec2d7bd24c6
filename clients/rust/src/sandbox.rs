//! A gateway with a sandbox in PortOne's place, for tests.
//!
//! ```no_run
//! # async fn f() -> Result<(), Box<dyn std::error::Error>> {
//! let sandbox = portone_gateway::sandbox::Sandbox::start()?;
//! let client = portone_gateway::Client::new(&sandbox.target)?;
//! # Ok(()) }
//! ```
//!
//! Its functions block for as long as a call on this machine takes.

use std::{
    collections::BTreeMap,
    env, fs,
    io::{self, BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

const MODULE: &str = "github.com/portone-gateway/portone-gateway";
const START_TIME: Duration = Duration::from_secs(60);
/// Metadata by which a call meets a fault: `error=ALREADY_PAID`, `pg=EXCEED_MAX_AMOUNT`,
/// `cut=after;times=1`, `latency=2s` and more.
pub const FAULT: &str = "x-portone-sandbox";

/// A running `gateway --sandbox`, on free ports of loopback. It ends when this is dropped.
#[derive(Debug)]
pub struct Sandbox {
    process: Child,
    /// Where gRPC is, `host:port`.
    pub target: String,
    /// Where REST is, a URL.
    pub rest: String,
    /// Where the sandbox's control API is, a URL that ends with `/sandbox/`.
    pub control: String,
}

impl Sandbox {
    /// Starts a sandbox. The program is `$PORTONE_GATEWAY`; else `gateway` on PATH, if it is
    /// ours; else it is built by Go, which takes a minute the first time.
    pub fn start() -> io::Result<Self> {
        Self::start_with::<&str>(&[])
    }

    /// As [`Sandbox::start`], with further arguments of the gateway, such as
    /// `--sandbox-webhook-url=http://127.0.0.1:3000/`.
    pub fn start_with<S: AsRef<str>>(arguments: &[S]) -> io::Result<Self> {
        let program = program()?;
        let mut process = Command::new(program)
            .args(["--sandbox", "--log-level=error"])
            .args(["grpc", "http", "admin", "sandbox"].map(|n| format!("--{n}-addr=127.0.0.1:0")))
            .args(arguments.iter().map(AsRef::as_ref))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        match places(process.stdout.take()) {
            Ok([target, rest, control]) => Ok(Self { process, target, rest, control }),
            Err(error) => {
                let _ = process.kill();
                let _ = process.wait();
                Err(error)
            }
        }
    }

    /// Begins anew, with the objects of the demo.
    pub fn reset(&self) -> io::Result<()> {
        self.post("reset", &json!({})).map(drop)
    }

    /// Moves the sandbox's clock; what falls due on the way happens.
    pub fn advance(&self, by: Duration) -> io::Result<()> {
        self.post("clock", &json!({"advance": format!("{}ms", by.as_millis())})).map(drop)
    }

    /// What was carried out, and how often: `payment.charged`, `payment.cancelled`, and more.
    /// Repeated answers do not count.
    pub fn counters(&self) -> io::Result<BTreeMap<String, i64>> {
        serde_json::from_value(self.get("counters")?).map_err(io::Error::other)
    }

    /// The latest webhooks, and what became of them.
    pub fn webhooks(&self) -> io::Result<Value> {
        self.get("webhooks")
    }

    /// Reads from the control API; `""` lists what there is.
    pub fn get(&self, path: &str) -> io::Result<Value> {
        let answer = ureq::get(format!("{}{path}", self.control)).call();
        answer.and_then(|mut a| a.body_mut().read_json()).map_err(ureq::Error::into_io)
    }

    /// Calls the control API: `post("deposits", &json!({"paymentId": "..."}))`.
    pub fn post(&self, path: &str, body: &Value) -> io::Result<Value> {
        let answer = ureq::post(format!("{}{path}", self.control)).send_json(body);
        answer.and_then(|mut a| a.body_mut().read_json()).map_err(ureq::Error::into_io)
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Reads where gRPC, REST and the control API are from what the gateway says when it starts.
fn places(stdout: Option<ChildStdout>) -> io::Result<[String; 3]> {
    let (send, receive) = mpsc::channel();
    let lines = BufReader::new(stdout.ok_or_else(|| io::Error::other("no standard output"))?);
    thread::spawn(move || {
        for line in lines.lines().map_while(Result::ok) {
            let _ = send.send(line); // read to the end, or the gateway would wait
        }
    });
    let (end, mut found) = (Instant::now() + START_TIME, BTreeMap::new());
    loop {
        match receive.recv_timeout(end.saturating_duration_since(Instant::now())) {
            Ok(line) => {
                let mut words = line.split_whitespace().map(str::to_owned);
                if let (Some(name), Some(place)) = (words.next(), words.next()) {
                    found.insert(name, place);
                }
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                let text = "the gateway did not start; its standard error says why";
                return Err(io::Error::other(text));
            }
        }
        if let (Some(grpc), Some(rest), Some(control)) =
            (found.get("gRPC"), found.get("REST"), found.get("sandbox"))
        {
            return Ok([grpc, rest, control].map(String::clone));
        }
    }
}

/// The gateway's program.
fn program() -> io::Result<PathBuf> {
    if let Some(named) = env::var_os("PORTONE_GATEWAY").filter(|named| !named.is_empty()) {
        return Ok(named.into());
    }
    let answer = Command::new("gateway").arg("version").output();
    if answer.is_ok_and(|a| a.stdout.starts_with(b"portone-gateway")) {
        return Ok("gateway".into());
    }
    build()
}

/// Builds the gateway: of the checkout that this folder is in, else the newest that there
/// is. Go has it in its cache the next time.
fn build() -> io::Result<PathBuf> {
    let folder = env::temp_dir().join(format!("portone-gateway-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let mut go = Command::new("go");
    match checkout(&env::current_dir()?) {
        Some(root) => go.current_dir(root).arg("build").arg("-o").arg(&folder).arg("./cmd/gateway"),
        None => go.env("GOBIN", &folder).arg("install").arg(format!("{MODULE}/cmd/gateway@latest")),
    };
    let missing = "there is no gateway: set PORTONE_GATEWAY to the program, put it on PATH, or install Go, which builds it";
    let status = go.status().map_err(|e| io::Error::new(e.kind(), missing))?;
    if !status.success() {
        return Err(io::Error::other("Go could not build the gateway"));
    }
    Ok(folder.join("gateway"))
}

fn checkout(folder: &Path) -> Option<&Path> {
    folder.ancestors().find(|parent| {
        let module = fs::read_to_string(parent.join("go.mod")).unwrap_or_default();
        module.lines().next() == Some(&format!("module {MODULE}"))
    })
}
