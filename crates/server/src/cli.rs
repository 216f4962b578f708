//! The command line. Every command takes `--data DIR` or the server's configuration, and `--json`; errors go to standard
//! error with exit code 1, wrong usage with 2.

#![expect(clippy::doc_markdown, reason = "clap prints these comments as they are")]

mod backup;
mod doctor;
mod verify;

use crate::config::{self, Config, Given, LogFormat};
use crate::{api, demo, server};
use anyhow::{Context, bail};
use clap::{Args, Parser, Subcommand};
use liaison_app::companies::CompanyDraft;
use liaison_app::{App, AppError};
use liaison_domain::{Clock, SystemClock};
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// A self-hosted messenger for talking with people outside your company.
#[derive(Parser)]
#[command(name = "liaison", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Machine-readable output
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

#[derive(Args, Clone)]
struct Place {
    /// The configuration file (or LIAISON_CONFIG)
    #[arg(long, global = true)]
    config: Option<PathBuf>,
    /// The data folder (default ./liaison-data, or LIAISON_DATA)
    #[arg(long, global = true)]
    data: Option<PathBuf>,
    /// A PostgreSQL address instead of SQLite in the data folder (or LIAISON_DATABASE)
    #[arg(long, global = true)]
    database: Option<String>,
}

#[derive(Args)]
struct Listening {
    /// Where to listen (default 127.0.0.1:8480, or LIAISON_LISTEN)
    #[arg(long)]
    listen: Option<String>,
    /// The address people use, where a proxy with TLS stands before the server (or LIAISON_PUBLIC_URL)
    #[arg(long)]
    public_url: Option<String>,
    /// A certificate and its chain as PEM (or LIAISON_TLS_CERT)
    #[arg(long, value_name = "FILE")]
    tls_cert: Option<PathBuf>,
    /// The certificate's key as PEM (or LIAISON_TLS_KEY)
    #[arg(long, value_name = "FILE")]
    tls_key: Option<PathBuf>,
    /// A reverse proxy, or its network, that is believed about where requests come from; may be repeated
    /// (or LIAISON_TRUSTED_PROXY, separated by commas)
    #[arg(long, value_name = "CIDR")]
    trusted_proxy: Vec<String>,
}

impl Listening {
    fn over(self, given: Given) -> Given {
        let Self { listen, public_url, tls_cert, tls_key, trusted_proxy } = self;
        Given { listen, public_url, tls_cert, tls_key, trusted_proxy, ..given }
    }
}

#[derive(Subcommand)]
enum Command {
    /// Run the server
    Serve {
        #[command(flatten)]
        listening: Listening,
    },
    /// Run a server with two companies, people and history, in a fresh folder of its own
    Demo {
        /// Where to listen
        #[arg(long, default_value = "127.0.0.1:8480")]
        listen: String,
        /// With permissions, contacts and rooms between the two companies in place
        #[arg(long)]
        connected: bool,
    },
    /// Companies
    #[command(subcommand)]
    Company(CompanyCommand),
    /// Members
    #[command(subcommand)]
    Member(MemberCommand),
    /// Bearer tokens
    #[command(subcommand)]
    Token(TokenCommand),
    /// The audit log
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Write database, keys and files into one sealed file; the server may run meanwhile
    #[command(group(clap::ArgGroup::new("passphrase").required(true).multiple(false)
        .args(["passphrase_stdin", "passphrase_file"])))]
    Backup {
        /// The file to write; it must not exist yet
        file: PathBuf,
        #[command(flatten)]
        passphrase: backup::Passphrase,
    },
    /// Restore a backup into an empty data folder (and, with PostgreSQL, an empty database)
    Restore {
        /// The file that `liaison backup` wrote, or the copy that an upgrade left
        file: PathBuf,
        #[command(flatten)]
        passphrase: backup::Passphrase,
    },
    /// Examine configuration, data folder, keys, database, audit logs, disk and certificate; changes nothing
    Doctor {
        #[command(flatten)]
        listening: Listening,
    },
    /// Print the description of the API (OpenAPI 3.1)
    Openapi,
}

#[derive(Subcommand)]
enum CompanyCommand {
    /// Make a company and its owner
    Create {
        /// Its domain: hana.example
        #[arg(long)]
        domain: String,
        /// Its name
        #[arg(long)]
        name: String,
        /// Its country, two letters
        #[arg(long)]
        country: String,
        /// Its time zone (default: the country's)
        #[arg(long)]
        time_zone: Option<String>,
        /// The owner's handle, in full or the part before the @
        #[arg(long)]
        owner: String,
        /// The owner's name
        #[arg(long)]
        owner_name: String,
        /// Read the owner's password from standard input
        #[arg(long, required = true)]
        password_stdin: bool,
    },
    /// List the companies
    List,
    /// Suspend a company: its people are signed out and its external rooms stand still
    Suspend {
        /// Its domain
        domain: String,
    },
    /// Let a suspended company take part again
    Resume {
        /// Its domain
        domain: String,
    },
    /// Entitle a company to external chat, or withdraw it
    Entitle {
        /// Its domain
        domain: String,
        /// on or off
        #[arg(value_parser = ["on", "off"])]
        state: String,
    },
}

#[derive(Subcommand)]
enum MemberCommand {
    /// Set a member's password (rescue); their sessions and tokens end
    SetPassword {
        /// The member's handle
        handle: String,
        /// Read the password from standard input
        #[arg(long, required = true)]
        password_stdin: bool,
    },
}

#[derive(Subcommand)]
enum TokenCommand {
    /// Make a bearer token for a member
    Create {
        /// The member's handle
        handle: String,
        /// What it is for
        #[arg(long)]
        label: String,
    },
}

#[derive(Subcommand)]
enum AuditCommand {
    /// Write a company's log to standard output, one JSON object a line
    Export {
        /// The company's domain
        domain: String,
    },
    /// Verify a company's log; exit code 1 and the first bad entry where it was altered
    Verify {
        /// The company's domain
        #[arg(required_unless_present = "file", conflicts_with = "file")]
        domain: Option<String>,
        /// Verify an export instead of the database
        #[arg(long)]
        file: Option<PathBuf>,
        /// A head that was kept outside the server, as GET /company/audit/head answers it
        #[arg(long)]
        head: Option<PathBuf>,
    },
}

/// Runs what the command line asks for.
pub(crate) fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "liaison: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(cli)) {
        Ok(code) => code,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "liaison: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn say(text: impl std::fmt::Display) {
    // A reader who went away (`| head`) is not an error.
    let _ = writeln!(std::io::stdout(), "{text}");
}

fn explain(error: AppError) -> anyhow::Error {
    match error {
        AppError::Store(error) => anyhow::Error::new(error),
        AppError::NotFound => anyhow::anyhow!("there is none of that name; `liaison company list` shows the companies"),
        other => anyhow::anyhow!(other.problem().detail),
    }
}

fn init_logs(config: &Config) {
    let filter = tracing_subscriber::EnvFilter::new(&config.log);
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(true);
    // In a test of the whole program logs are set up once; a second try is no error.
    let _ = match config.log_format {
        LogFormat::Json => builder.json().try_init(),
        LogFormat::Text => builder.with_ansi(false).try_init(),
    };
}

async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let Place { config, data, database } = cli.place.clone();
    let mut given = Given { config, data, database, ..Given::default() };
    match cli.command {
        Command::Openapi => {
            say(serde_json::to_string_pretty(&api::description())?);
            return Ok(ExitCode::SUCCESS);
        }
        Command::Serve { listening } => {
            let config = Config::load(listening.over(given))?;
            init_logs(&config);
            for name in config::unknown_variables() {
                tracing::warn!(name, "a variable of the environment looks like a setting and is none");
            }
            let app = server::open(&config, Arc::new(SystemClock)).await?;
            server::run(app, &config, |url| say(format!("Liaison is ready at {url}"))).await?;
            return Ok(ExitCode::SUCCESS);
        }
        Command::Doctor { listening } => return Ok(doctor::run(listening.over(given), cli.json).await),
        Command::Backup { file, passphrase } => {
            let config = Config::load(given)?;
            init_logs(&Config { log: "warn".into(), ..config.clone() });
            backup::write(&config, &file, &passphrase, cli.json).await?;
            return Ok(ExitCode::SUCCESS);
        }
        Command::Restore { file, passphrase } => {
            let config = Config::load(given)?;
            init_logs(&Config { log: "warn".into(), ..config.clone() });
            backup::restore(&config, &file, &passphrase, cli.json).await?;
            return Ok(ExitCode::SUCCESS);
        }
        Command::Demo { listen, connected } => {
            given.listen = Some(listen);
            return run_demo(given, connected, cli.json).await;
        }
        Command::Audit(AuditCommand::Verify { file: Some(file), head, .. }) => {
            return verify::verify_file(&file, head.as_deref(), cli.json);
        }
        _ => {}
    }
    let config = Config::load(given)?;
    init_logs(&Config { log: "warn".into(), ..config.clone() });
    let app = server::open(&config, Arc::new(SystemClock)).await?;
    let outcome = operate(&app, cli.command, cli.json).await;
    app.db.close().await;
    outcome
}

async fn operate(app: &App, command: Command, json: bool) -> anyhow::Result<ExitCode> {
    let answer = |value: serde_json::Value, text: String| {
        if json { say(value) } else { say(text) }
    };
    match command {
        Command::Company(CompanyCommand::Create {
            domain,
            name,
            country,
            time_zone,
            owner,
            owner_name,
            password_stdin: _,
        }) => {
            let password = read_password()?;
            let draft = CompanyDraft { domain, name, country, time_zone, owner, owner_name, password };
            let made = app.create_company(draft).await.map_err(explain)?;
            let text = format!(
                "Made {}. Its owner signs in as {}.\nNext: open the server's address in a browser (`liaison serve` \
                 prints it), sign in, and choose Admin. The first steps stand there: time zone, logo, members, and chat \
                 with external users, which is off until an administrator allows it.",
                made.company_id, made.handle
            );
            answer(serde_json::to_value(&made)?, text);
        }
        Command::Company(CompanyCommand::List) => {
            let companies = app.list_companies().await.map_err(explain)?;
            if json {
                say(serde_json::json!({ "items": companies }));
            }
            for c in companies.iter().filter(|_| !json) {
                let state =
                    if c.status == liaison_app::companies::CompanyStatus::Active { "active" } else { "suspended" };
                let entitled = if c.entitled { "external chat" } else { "no external chat" };
                say(format!("{}  {}  {state}, {entitled}", c.company.domain, c.company.name));
            }
        }
        Command::Company(CompanyCommand::Suspend { domain }) => {
            let company = app.set_standing(&domain, Some(false), None).await.map_err(explain)?;
            answer(serde_json::to_value(&company)?, format!("{domain} is suspended."));
        }
        Command::Company(CompanyCommand::Resume { domain }) => {
            let company = app.set_standing(&domain, Some(true), None).await.map_err(explain)?;
            answer(serde_json::to_value(&company)?, format!("{domain} takes part again."));
        }
        Command::Company(CompanyCommand::Entitle { domain, state }) => {
            let company = app.set_standing(&domain, None, Some(state == "on")).await.map_err(explain)?;
            let text =
                if state == "on" { "is entitled to external chat." } else { "is no longer entitled to external chat." };
            answer(serde_json::to_value(&company)?, format!("{domain} {text}"));
        }
        Command::Member(MemberCommand::SetPassword { handle, password_stdin: _ }) => {
            app.rescue_password(&handle, &read_password()?).await.map_err(explain)?;
            answer(
                serde_json::json!({ "handle": handle }),
                format!("{handle} has a new password and is signed out everywhere."),
            );
        }
        Command::Token(TokenCommand::Create { handle, label }) => {
            let token = app.create_token_for(&handle, &label).await.map_err(explain)?;
            answer(serde_json::to_value(&token)?, token.token.clone());
        }
        Command::Audit(AuditCommand::Export { domain }) => verify::export(app, &domain).await?,
        Command::Audit(AuditCommand::Verify { domain: Some(domain), head, .. }) => {
            let head = head.as_deref().map(verify::read_head).transpose()?;
            let company = app.company_by_domain(&domain).await.map_err(explain)?;
            return verify::verdict(&domain, app.verify_audit(company, head).await.map_err(explain)?, json);
        }
        Command::Audit(AuditCommand::Verify { domain: None, .. }) => {
            unreachable!("a file is verified without a database")
        }
        Command::Serve { .. }
        | Command::Demo { .. }
        | Command::Backup { .. }
        | Command::Restore { .. }
        | Command::Doctor { .. }
        | Command::Openapi => unreachable!("handled before"),
    }
    Ok(ExitCode::SUCCESS)
}

fn read_password() -> anyhow::Result<String> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).context("cannot read the password from standard input")?;
    Ok(text.trim_end_matches(['\n', '\r']).to_owned())
}

async fn run_demo(mut given: Given, connected: bool, json: bool) -> anyhow::Result<ExitCode> {
    let fresh = std::env::temp_dir().join(format!("liaison-demo-{:08x}", rand::random::<u32>()));
    let own_folder = given.data.is_none();
    let folder = given.data.get_or_insert(fresh).clone();
    if folder.join("liaison.db").exists() {
        bail!("{} holds data already: the demo wants a fresh folder", folder.display());
    }
    let named = given.database.is_some();
    let config = Config { log: "warn".into(), ..Config::load(given)? };
    // Everybody in it has one password, which is printed: nobody else may reach it, and it fills no database of others.
    if config.database.is_some() && !named {
        bail!(
            "the demo takes no database from the settings: name an empty one by --database, or unset LIAISON_DATABASE"
        );
    }
    if !config.listen.ip().is_loopback() || config.public_url.is_some() {
        bail!("the demo is for this machine alone: listen on 127.0.0.1, without public_url");
    }
    init_logs(&config);
    let now = SystemClock.now();
    let (shared, clock) = demo::clock_at(now);
    let app = server::open(&config, shared).await?;
    if !app.db.is_empty().await? {
        bail!("the database is not empty: the demo wants a new one");
    }
    let logins = demo::seed(&app, &clock, now, connected).await.context("the demo could not be written")?;
    app.db.close().await;
    drop(app);
    let app = server::open(&config, Arc::new(SystemClock)).await?;
    server::run(app, &config, |url| {
        if json {
            say(serde_json::json!({ "url": url, "password": demo::PASSWORD, "logins": logins, "data": folder }));
        } else {
            say("");
            say(format!("  Address   {url}"));
            say(format!("  Password: {}   (the same for everybody)", demo::PASSWORD));
            say("");
            for login in &logins {
                say(format!("  {:<28} {}, {}", login.handle, login.name, login.what));
            }
            say("");
            say(format!("  Mail is not sent: it becomes files in {}", folder.join("outbox").display()));
            let state = if connected { "on between the two companies" } else { "off: begin as one of the owners" };
            say(format!("  External chat is {state}. Ctrl+C ends the demo and removes its folder."));
            say("");
        }
        say(format!("Liaison is ready at {url}"));
    })
    .await?;
    if own_folder {
        let _ = std::fs::remove_dir_all(&config.data);
    }
    Ok(ExitCode::SUCCESS)
}
