//! A relay that does what a script says, once or as often as it says.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// When the script acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum At {
    Greeting,
    Hello,
    Sender,
    Recipient,
    Data,
    /// After some lines of the message.
    Body,
    /// At the final dot, before the message is taken.
    Dot,
    /// After the message was taken.
    Taken,
}

/// What it does then.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Act {
    Say(&'static str),
    SayAndClose(&'static str),
    Close,
    Stall,
    /// Lets so long pass, then goes on as usual.
    Pause(Duration),
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Script {
    pub(crate) at: At,
    pub(crate) act: Act,
    /// How often.
    pub(crate) times: u32,
    /// What EHLO answers.
    pub(crate) offers: &'static str,
}

#[derive(Default)]
pub(crate) struct Heard {
    /// Recipients of the messages that were taken, in order.
    pub(crate) taken: Vec<String>,
    /// Message-IDs of these.
    pub(crate) ids: Vec<String>,
    /// MAIL commands as they came.
    pub(crate) senders: Vec<String>,
    pub(crate) connections: usize,
    acted: u32,
}

pub(crate) struct Relay {
    pub(crate) port: u16,
    pub(crate) heard: Arc<Mutex<Heard>>,
}

pub(crate) const PIPELINED: &str = "250-relay.example\r\n250-PIPELINING\r\n250 SIZE 200000\r\n";
pub(crate) const PLAIN: &str = "250 relay.example\r\n";

impl Relay {
    pub(crate) async fn start(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::new(Mutex::new(Heard::default()));
        let told = Arc::clone(&heard);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let told = Arc::clone(&told);
                told.lock().unwrap().connections += 1;
                tokio::spawn(async move {
                    let _ended = talk(stream, script, &told).await;
                });
            }
        });
        Self { port, heard }
    }
}

/// Does what the script says, if it is its turn: nothing if the usual comes next, false if the
/// connection ends.
async fn act(
    stream: &mut BufReader<TcpStream>,
    script: &Script,
    at: At,
    heard: &Mutex<Heard>,
) -> std::io::Result<Option<bool>> {
    if script.at != at || heard.lock().unwrap().acted >= script.times {
        return Ok(None);
    }
    heard.lock().unwrap().acted += 1;
    match script.act {
        Act::Say(text) => stream.write_all(text.as_bytes()).await?,
        Act::SayAndClose(text) => {
            stream.write_all(text.as_bytes()).await?;
            return Ok(Some(false));
        }
        Act::Close => return Ok(Some(false)),
        Act::Stall => std::future::pending().await,
        Act::Pause(time) => {
            tokio::time::sleep(time).await;
            return Ok(None);
        }
    }
    Ok(Some(true))
}

macro_rules! say {
    ($stream:ident, $script:ident, $at:expr, $heard:ident, $usual:expr) => {
        match act(&mut $stream, &$script, $at, $heard).await? {
            Some(false) => return Ok(()),
            Some(true) => true,
            None => {
                $stream.write_all($usual.as_bytes()).await?;
                false
            }
        }
    };
}

async fn talk(stream: TcpStream, script: Script, heard: &Mutex<Heard>) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    say!(stream, script, At::Greeting, heard, "220 relay.example\r\n");
    let mut to = None;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let command = line.get(..4).unwrap_or("").to_ascii_uppercase();
        match command.as_str() {
            "EHLO" => {
                say!(stream, script, At::Hello, heard, script.offers);
            }
            "MAIL" => {
                heard.lock().unwrap().senders.push(line.trim().to_owned());
                say!(stream, script, At::Sender, heard, "250 2.1.0 ok\r\n");
            }
            "RCPT" => {
                let acted = say!(stream, script, At::Recipient, heard, "250 2.1.5 ok\r\n");
                to = (!acted).then(|| line.trim()[9..].trim_matches(['<', '>']).to_owned());
            }
            "DATA" => {
                let Some(to) = to.take() else {
                    stream.write_all(b"503 5.5.1 nobody\r\n").await?;
                    continue;
                };
                if !say!(stream, script, At::Data, heard, "354 go on\r\n") {
                    let Some(id) = message(&mut stream, script, heard).await? else {
                        return Ok(());
                    };
                    if say!(stream, script, At::Dot, heard, "") {
                        continue;
                    }
                    {
                        let mut heard = heard.lock().unwrap();
                        heard.taken.push(to);
                        heard.ids.push(id);
                    }
                    say!(stream, script, At::Taken, heard, "250 2.0.0 taken\r\n");
                }
            }
            "QUIT" => {
                stream.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            _ => stream.write_all(b"250 2.0.0 ok\r\n").await?,
        }
    }
}

/// Reads a message; its Message-ID, or nothing if the script ends it half-way.
async fn message(
    stream: &mut BufReader<TcpStream>,
    script: Script,
    heard: &Mutex<Heard>,
) -> std::io::Result<Option<String>> {
    let (mut id, mut lines) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(None);
        }
        if line == ".\r\n" {
            return Ok(Some(id));
        }
        if let Some(text) = line.strip_prefix("Message-ID: ") {
            text.trim().clone_into(&mut id);
        }
        lines += 1;
        if lines == 5 && act(stream, &script, At::Body, heard).await? == Some(false) {
            return Ok(None);
        }
    }
}
