//! `courant serve`, `courant preview`.

use clap::Args;

use super::bounce;
use super::edition_commands::sender;
use super::exit::{self, Failure};
use super::send::transport;
use super::{Desk, find_edition, open_links};
use crate::config::Config;
use crate::database::Database;
use crate::feedback::apply::{self, Applied};
use crate::http::{self, State};
use crate::links::Links;
use crate::serve::{listen, serve, stop_on_signal};
use crate::signup::leaving;
use crate::signup::post::Post;
use crate::telemetry::with_causes;

#[derive(Debug, Args)]
pub(super) struct Serve {
    /// Address and port, instead of server.listen
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
}

impl Serve {
    pub(super) async fn run(self, desk: &Desk) -> Result<u8, Failure> {
        let (config, database) = desk.open().await?;
        let links = open_links(&config)?;
        let address = self.listen.unwrap_or_else(|| config.server.listen.clone());
        let (listener, bound) = listen(&address).await.map_err(|error| {
            Failure::new(
                exit::CONFIGURATION,
                format!("cannot listen on {address}: {error}"),
            )
        })?;
        let stop = stop_on_signal()?;
        desk.output
            .json(&serde_json::json!({ "listening": bound.to_string() }))?;
        desk.output
            .line(format!("listening on http://{bound} for {}", links.base()));
        // Nobody writes letters where nobody can sign up or is asked.
        let post = match config.signup.open || config.signup.quiet.is_some() {
            true => Some(post(desk, &config, &database, &links)?),
            false => None,
        };
        let mailbox = bounce::mailbox(&config)?;
        let door = bounce::listener(&config).await?;
        let signup = config.signup.clone();
        let state = State::new(database.clone(), config, links, desk.clock.clone())
            .map_err(|error| Failure::new(exit::CONFIGURATION, with_causes(&error)))?;
        let news = state.news();
        let grounds = state.grounds();
        let letters = async {
            if let Some(post) = post {
                Box::pin(post.run(&news, &stop)).await;
            }
        };
        // Letters leave beside the requests; both end with the signal, or when nobody is served.
        let served = async {
            serve(listener, state, stop.clone()).await;
            stop.cancel();
        };
        let leavers = leaving::watch(&database, &signup, &stop);
        let notices = async {
            let act = async |raw: Vec<u8>| {
                let applied = apply::apply(&database, &raw, &grounds, &desk.clock).await?;
                applied.iter().for_each(Applied::log);
                Ok(())
            };
            let polled = async {
                if let Some(mailbox) = &mailbox {
                    mailbox.watch(&act, &stop).await;
                }
            };
            let handed_over = async {
                if let Some(door) = &door {
                    door.watch(&act, &stop).await;
                }
            };
            tokio::join!(polled, handed_over);
        };
        tokio::join!(served, letters, leavers, notices);
        database.close().await;
        Ok(exit::DONE)
    }
}

/// What sends the letters about subscriptions.
fn post(desk: &Desk, config: &Config, database: &Database, links: &Links) -> Result<Post, Failure> {
    let (sender, signer) = sender(config)?;
    Ok(Post {
        database: database.clone(),
        config: config.signup.clone(),
        publication: config.publication.clone(),
        digests: config.digest.clone(),
        theme: config.theme.clone(),
        links: links.clone(),
        sender,
        signer,
        transport: transport(config)?,
        clock: desk.clock.clone(),
    })
}

#[derive(Debug, Args)]
pub(super) struct Preview {
    /// The edition's id; the latest if not given
    id: Option<String>,
    /// Address and port on this machine
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    listen: String,
}

impl Preview {
    pub(super) async fn run(self, desk: &Desk) -> Result<u8, Failure> {
        let (config, database) = desk.open().await?;
        let edition = find_edition(&database, self.id.as_deref()).await?;
        let (listener, bound) = listen(&self.listen).await.map_err(|error| {
            Failure::new(
                exit::USAGE,
                format!("cannot listen on {}: {error}", self.listen),
            )
        })?;
        if !bound.ip().is_loopback() {
            return Err(Failure::new(
                exit::USAGE,
                "a preview is for this machine only: 127.0.0.1",
            ));
        }
        let links = open_links(&config)?;
        let state = State::new(database.clone(), config, links, desk.clock.clone())
            .map_err(|error| Failure::new(exit::CONFIGURATION, with_causes(&error)))?;
        let open = http::desk::Desk::open(state)?;
        let url = format!("http://{bound}/desk/editions/{}", edition.id);
        desk.output.json(&serde_json::json!({ "url": url }))?;
        desk.output.line(url);
        desk.output.note("Ctrl-C ends the preview");
        crate::serve::desk(listener, open, stop_on_signal()?).await?;
        database.close().await;
        Ok(exit::DONE)
    }
}
