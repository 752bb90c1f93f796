//! Processes measured from outside, and peers.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::Value;

/// Clock ticks a second, as `/proc` counts them on every Linux of today.
const TICKS: f64 = 100.0;

/// One run of one sender.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measured {
    pub(crate) messages: f64,
    pub(crate) seconds: f64,
    pub(crate) cpu_seconds: f64,
    pub(crate) peak_mb: f64,
    pub(crate) bytes: f64,
    pub(crate) trips: f64,
}

impl Measured {
    pub(crate) fn cpu_of(row: &Row) -> f64 {
        let mut all: Vec<f64> = row.runs.iter().map(Self::cpu).collect();
        median(&mut all)
    }

    fn cpu(&self) -> f64 {
        self.cpu_seconds * 1e6 / self.messages
    }
}

/// A sender's runs.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    runs: Vec<Measured>,
}

impl Row {
    pub(crate) fn new(name: &'static str) -> Self {
        Self {
            name,
            runs: Vec::new(),
        }
    }

    pub(crate) fn add(&mut self, run: Measured, shown: bool) {
        if shown {
            println!(
                "  {}: {:.0} messages/s, {:.1} µs CPU a message, {:.0} MB",
                self.name,
                run.messages / run.seconds,
                run.cpu(),
                run.peak_mb
            );
        }
        self.runs.push(run);
    }

    pub(crate) fn extend(&mut self, run: Option<Measured>) {
        if let Some(run) = run {
            self.add(run, true);
        }
    }

    pub(crate) fn has_run(&self) -> bool {
        !self.runs.is_empty()
    }

    pub(crate) fn bytes_per_message(&self) -> usize {
        let run = self.runs[0];
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "kilobytes"
        )]
        let bytes = (run.bytes / run.messages) as usize;
        bytes
    }

    pub(crate) fn rate(&self) -> f64 {
        let mut all: Vec<f64> = self.runs.iter().map(|r| r.messages / r.seconds).collect();
        median(&mut all)
    }

    pub(crate) fn line(&self) -> String {
        let mut cpu: Vec<f64> = self.runs.iter().map(Measured::cpu).collect();
        cpu.sort_by(f64::total_cmp);
        let trips = self.runs.iter().map(|run| run.trips / run.messages);
        let peak = self.runs.iter().map(|run| run.peak_mb);
        format!(
            "| {} | {:.0} | {:.1} / {:.1} / {:.1} | {:.2} | {:.0} |",
            self.name,
            self.rate(),
            cpu[0],
            median(&mut cpu.clone()),
            cpu[cpu.len() - 1],
            trips.fold(0.0, f64::max),
            peak.fold(0.0, f64::max),
        )
    }
}

pub(crate) fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// A sink process.
pub(crate) struct Sink {
    child: Child,
    pub(crate) port: u16,
}

impl Sink {
    pub(crate) fn start(delay_ms: u32, folder: Option<&Path>) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--sink", &delay_ms.to_string()]).args(folder);
        let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = pipes.spawn().unwrap();
        // Byte by byte: what follows the line is for later.
        let (mut line, mut byte) = (String::new(), [0_u8]);
        let output = child.stdout.as_mut().unwrap();
        while output.read(&mut byte).unwrap() == 1 && byte[0] != b'\n' {
            line.push(char::from(byte[0]));
        }
        Self {
            child,
            port: line.trim().parse().unwrap(),
        }
    }

    /// What it counted.
    pub(crate) fn stop(mut self) -> Value {
        drop(self.child.stdin.take());
        let mut text = String::new();
        let output = self.child.stdout.take().unwrap();
        BufReader::new(output).read_line(&mut text).unwrap();
        self.child.wait().unwrap();
        serde_json::from_str(&text).unwrap()
    }
}

/// Runs a sender to its end beside a sink.
pub(crate) fn run(mut command: Command, sink: Sink) -> Measured {
    let watch = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut peak, mut said) = (0.0_f64, Vec::new());
    let status = format!("/proc/{}/status", child.id());
    // A dead child that was not waited for still has its times.
    let cpu_seconds = loop {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap();
        let fields: Vec<&str> = stat
            .rsplit(')')
            .next()
            .unwrap()
            .split_whitespace()
            .collect();
        if fields[0] == "Z" {
            let ticks: f64 = fields[11..13]
                .iter()
                .map(|t| t.parse::<f64>().unwrap())
                .sum();
            break ticks / TICKS;
        }
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let high = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = high.and_then(|high| high.split_whitespace().next()?.parse().ok());
        peak = peak.max(kilobytes.unwrap_or(0.0));
        std::thread::sleep(Duration::from_millis(2));
    };
    let seconds = watch.elapsed().as_secs_f64();
    child.stderr.take().unwrap().read_to_end(&mut said).unwrap();
    let ended = child.wait().unwrap();
    assert!(ended.success(), "{}", String::from_utf8_lossy(&said));
    let counted = sink.stop();
    let number = |key: &str| counted[key].as_f64().unwrap();
    assert!(counted["broken"] == 0, "messages came broken: {counted}");
    Measured {
        messages: number("messages"),
        seconds,
        cpu_seconds,
        peak_mb: peak / 1024.0,
        bytes: number("bytes"),
        trips: number("round_trips"),
    }
}

/// Postfix's sender of test mail; nothing where it is not installed.
pub(crate) fn smtp_source(messages: u32, bytes: usize) -> Option<Measured> {
    let found = ["/usr/sbin/smtp-source", "/usr/lib/postfix/sbin/smtp-source"];
    let program = found.iter().find(|path| Path::new(path).exists())?;
    let sink = Sink::start(0, None);
    let mut command = Command::new(program);
    command.args(["-s", "8", "-m", &messages.to_string()]);
    command.args(["-l", &bytes.to_string(), "-f", "a@tarn.example"]);
    command.args([
        "-t",
        "reader@example.org",
        &format!("127.0.0.1:{}", sink.port),
    ]);
    Some(run(command, sink))
}

/// nodemailer with a pool; nothing where it is not installed.
pub(crate) fn nodemailer(signed: bool, bytes: usize) -> Option<Measured> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers");
    if !folder.join("node_modules/nodemailer").exists() {
        return None;
    }
    let sink = Sink::start(0, None);
    let mut command = Command::new("node");
    command.current_dir(folder).arg("nodemailer.mjs").args([
        sink.port.to_string(),
        bytes.to_string(),
        if signed { "1000" } else { "2000" }.to_owned(),
        if signed { "signed" } else { "plain" }.to_owned(),
    ]);
    Some(run(command, sink))
}

/// Microseconds of one signature and one hash, by the fastest library there is here; on all cores at once, as
/// the sender signs: what a core does costs more while the others work.
pub(crate) fn bare_crypto(bytes: usize) -> f64 {
    let key = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let body = vec![b'x'; bytes];
    let own_ticks = || {
        let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
        let fields: Vec<&str> = stat
            .rsplit(')')
            .next()
            .unwrap()
            .split_whitespace()
            .collect();
        fields[11..13]
            .iter()
            .map(|t| t.parse::<f64>().unwrap())
            .sum::<f64>()
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let (before, count) = (own_ticks(), 5_000);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                let random = SystemRandom::new();
                let mut signature = vec![0; key.public_modulus_len()];
                for _ in 0..count {
                    let hash = digest(&SHA256, &body);
                    key.sign(&RSA_PKCS1_SHA256, &random, hash.as_ref(), &mut signature)
                        .unwrap();
                }
            });
        }
    });
    let seconds = (own_ticks() - before) / TICKS;
    let signatures = count * u32::try_from(cores).unwrap();
    seconds * 1e6 / f64::from(signatures)
}

/// The processor's name.
pub(crate) fn machine() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = text
        .lines()
        .find_map(|line| line.strip_prefix("model name"));
    let name = name.unwrap_or("").trim_start_matches(['\t', ' ', ':']);
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!("{cores} cores, {name}")
}

pub(crate) fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or_default().to_owned()
}

/// Runs a command that has to succeed.
pub(crate) fn must(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

/// Writes a file line by line.
pub(crate) fn write_lines(path: &Path, lines: impl Iterator<Item = String>) {
    let file = std::fs::File::create(path).unwrap();
    let mut file = std::io::BufWriter::new(file);
    for line in lines {
        writeln!(file, "{line}").unwrap();
    }
    file.flush().unwrap();
}
