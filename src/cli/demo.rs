//! `courant demo`: see it work before anything is set up.

use std::path::PathBuf;

use clap::Args;

use super::Desk;
use super::exit::{self, Failure};
use crate::demo;
use crate::serve::{listen, preview, stop_on_signal};

#[derive(Debug, Args)]
pub(super) struct Demo {
    /// Serve the first edition on this machine afterwards, to look at
    #[arg(long)]
    open: bool,
    /// Folder to write into; a new one among the temporary files if not given
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

impl Demo {
    pub(super) async fn run(self, desk: &Desk) -> Result<u8, Failure> {
        let folder = match self.out {
            Some(folder) => folder,
            None => {
                let stamp = desk.clock.now().strftime("%Y%m%d-%H%M%S").to_string();
                std::env::temp_dir().join(format!("courant-demo-{stamp}-{}", std::process::id()))
            }
        };
        if folder.join("courant.db").exists() {
            let message = format!("{} holds a demonstration already", folder.display());
            return Err(Failure::new(exit::USAGE, message).hint("name a new folder with --out"));
        }
        let out = desk.output;
        let report = Box::pin(demo::run(&folder, &move |words: &str| out.line(words)))
            .await
            .map_err(|error| Failure::from_error(exit::UNEXPECTED, &error))?;
        desk.output.json(&report)?;
        desk.output.line("\nLook at it:");
        for edition in &report.editions {
            let files: Vec<_> = edition
                .files
                .iter()
                .map(|file| file.display().to_string())
                .collect();
            if let [mails, html, text] = files.as_slice() {
                desk.output
                    .line(format!("  {html}\n  {text}\n  {mails}/*.eml"));
            }
        }
        if self.open
            && let Some(page) = report.preview
        {
            let (listener, bound) = listen("127.0.0.1:0").await?;
            desk.output.line(format!(
                "\nhttp://{bound}/ shows the first edition; Ctrl-C ends it"
            ));
            preview(listener, page, stop_on_signal()?).await?;
        }
        Ok(exit::DONE)
    }
}
