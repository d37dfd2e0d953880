//! The command line: `serve`, `demo`, `import`, `setup-link`, and what an operator does for an
//! installation before its pages can: `account`, `application`, `second-factor`.

use crate::config::{Config, LogFormat, SettingsError};
use crate::import::{ApplyOptions, CatalogueOptions, ImportError, ImportReport, PeopleOptions, import_catalogue, import_people, progress};
use crate::password::Hashing;
use crate::policy::PolicySet;
use crate::setup::{self, Database, Purpose, StartError};
use crate::system::System;
use crate::usecase::Base;
use crate::usecase::by_command::{self, CommandError};
use clap::{Args, Parser, Subcommand};
use domain::feed::columns::ColumnMap;
use domain::identity::Mfa;
use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use tracing_subscriber::EnvFilter;

/// Identity governance: ask for access, decide, carry out, and keep the record.
#[derive(Parser)]
#[command(name = "countersign", version, disable_help_subcommand = true)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    settings: Settings,
}

/// Flags that stand for settings; the rest is in the file or in variables.
#[derive(Args)]
struct Settings {
    /// Settings file [default: countersign.toml, if there is one]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Address to listen on
    #[arg(long, global = true, value_name = "ADDRESS:PORT")]
    bind: Option<String>,
    /// Where the embedded database keeps its data
    #[arg(long, global = true, value_name = "FOLDER")]
    data_dir: Option<String>,
    /// Where the built site lies
    #[arg(long, global = true, value_name = "FOLDER")]
    site_root: Option<String>,
    /// The address people type, for example https://access.example.org
    #[arg(long, global = true, value_name = "URL")]
    public_url: Option<String>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve
    Serve,
    /// Serve an invented organisation; anyone who reaches the page may sign in as its people
    Demo,
    /// Import a file; shows the plan, and carries it out with --apply
    #[command(subcommand)]
    Import(Import),
    /// Print a new one-time link for the first administrator
    SetupLink,
    /// Open an account for an imported person, or set a new password; it is read from standard input
    Account {
        /// Their number in the people feed
        number: String,
        /// Sign-in name of a new account
        #[arg(long, value_name = "NAME")]
        login: String,
    },
    /// Name who owns an application and who deputises
    Application {
        /// Code of the application, for example storage
        code: String,
        /// Number of the owner in the people feed
        #[arg(long, value_name = "NUMBER")]
        owner: String,
        /// Number of the deputy
        #[arg(long, value_name = "NUMBER")]
        deputy: Option<String>,
    },
    /// Record that an account belongs to the same person as another: neither decides for the other
    LinkAccounts {
        /// Number of the account in the people feed
        account: String,
        /// Number of the account that stands for the person
        person: String,
    },
    /// Take such a link away that was recorded by mistake
    UnlinkAccount {
        /// Number of the account in the people feed
        account: String,
    },
    /// Record which second factor a person has in force
    SecondFactor {
        /// Their number in the people feed
        number: String,
        /// passkey, one_time_code or absent
        factor: String,
    },
}

#[derive(Subcommand)]
enum Import {
    /// The people feed (CSV)
    People {
        /// The file
        file: PathBuf,
        #[command(flatten)]
        how: How,
        /// Title of a column in the file, for example employee_number=PersonalNr
        #[arg(long = "map", value_name = "COLUMN=TITLE")]
        columns: Vec<String>,
    },
    /// The entitlement catalogue (JSON)
    Catalogue {
        /// The file
        file: PathBuf,
        #[command(flatten)]
        how: How,
    },
}

#[derive(Args)]
struct How {
    /// Carry the plan out
    #[arg(long)]
    apply: bool,
    /// Leave bad rows out instead of refusing the file
    #[arg(long)]
    skip_bad: bool,
    /// Remove more records than the limit allows
    #[arg(long)]
    confirm_mass_change: bool,
}

/// Why a command failed, in a sentence.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Import(#[from] ImportError),
    #[error(transparent)]
    Command(#[from] CommandError),
    #[error("{0}")]
    Sentence(String),
}

impl Arguments {
    /// Runs the command; the exit code says whether it did what was asked.
    #[must_use]
    pub fn run(self) -> ExitCode {
        let outcome = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(|error| Failure::Sentence(format!("The runtime did not start: {error}.")));
        match outcome.and_then(|runtime| runtime.block_on(self.carry_out())) {
            Ok(code) => code,
            Err(failure) => {
                eprintln!("countersign: {failure}");
                ExitCode::FAILURE
            }
        }
    }

    async fn carry_out(self) -> Result<ExitCode, Failure> {
        let flags = [
            ("bind", self.settings.bind),
            ("data_dir", self.settings.data_dir),
            ("site_root", self.settings.site_root),
            ("public_url", self.settings.public_url),
        ];
        let mut config = Config::read(self.settings.config.as_deref(), std::env::vars().collect(), &flags)?;
        log(config.log_format);
        match self.command {
            Command::Serve => Box::pin(setup::serve(config)).await?,
            Command::Demo => {
                config.demonstration = true;
                Box::pin(setup::serve(config)).await?;
            }
            Command::SetupLink => setup::print_setup_link(config).await?,
            Command::Account { number, login } => {
                let mut password = String::new();
                std::io::stdin()
                    .read_line(&mut password)
                    .map_err(|error| Failure::Sentence(format!("The password could not be read from standard input: {error}.")))?;
                let password = password.trim_end_matches(['\r', '\n']).to_owned();
                let hashing = Hashing::new(&System::real(), &config).map_err(Failure::Sentence)?;
                let shortest = config.password_min_length;
                let name = on_database(&config, async |base: Base| {
                    by_command::open_account(&base, &hashing, shortest, &number, &login, password).await
                })
                .await?;
                println!("{name} can sign in with this password.");
            }
            Command::Application { code, owner, deputy } => {
                let name =
                    on_database(&config, async |base: Base| by_command::name_owners(&base, &code, &owner, deputy.as_deref()).await).await?;
                println!("{name}: owner and deputy are recorded.");
            }
            Command::LinkAccounts { account, person } => {
                let names = on_database(&config, async |base: Base| by_command::link_accounts(&base, &account, &person).await).await?;
                println!("{names} are accounts of one person.");
            }
            Command::UnlinkAccount { account } => {
                let name = on_database(&config, async |base: Base| by_command::unlink_account(&base, &account).await).await?;
                println!("{name} stands for itself again.");
            }
            Command::SecondFactor { number, factor } => {
                let mfa: Mfa =
                    factor.parse().map_err(|_| Failure::Sentence(format!("{factor:?} is none of passkey, one_time_code, absent.")))?;
                let name = on_database(&config, async |base: Base| by_command::record_second_factor(&base, &number, mfa).await).await?;
                println!("{name}: {}.", mfa.label());
            }
            Command::Import(import) => {
                let report = import.run(&config).await?;
                print!("{report}");
                if report.is_refused() {
                    return Ok(ExitCode::FAILURE);
                }
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Runs a command on the database, which is closed again whatever came of it.
async fn on_database(config: &Config, command: impl AsyncFnOnce(Base) -> Result<String, CommandError>) -> Result<String, Failure> {
    let database = Database::open(config, Purpose::Command).await?;
    let outcome = async {
        let policies = Arc::new(PolicySet::builtin().map_err(|error| Failure::Sentence(error.to_string()))?);
        let base = Base::new(database.pool.clone(), System::real(), policies, config.zone.clone())
            .await
            .map_err(|error| Failure::Sentence(CommandError::from(error).to_string()))?;
        Ok(command(base).await?)
    };
    let outcome = outcome.await;
    database.close().await?;
    outcome
}

impl Import {
    async fn run(self, config: &Config) -> Result<ImportReport, Failure> {
        let database = Database::open(config, Purpose::Command).await?;
        let outcome = self.import(config, &database).await;
        database.close().await?;
        outcome
    }

    async fn import(self, config: &Config, database: &Database) -> Result<ImportReport, Failure> {
        let (system, progress) = (System::real(), progress::for_this_terminal());
        Ok(match self {
            Self::People { file, how, columns } => {
                let columns = ColumnMap::parse(&columns).map_err(|problem| Failure::Sentence(format!("--map: {problem}")))?;
                let options = PeopleOptions { apply: how.options(config), columns, zone: config.zone.clone(), as_of: None };
                import_people(&database.pool, &system, &file, &options, progress.as_ref()).await?
            }
            Self::Catalogue { file, how } => {
                let options = CatalogueOptions { apply: how.options(config), zone: config.zone.clone(), sends_mail: config.smtp.is_some() };
                import_catalogue(&database.pool, &system, &file, &options, progress.as_ref()).await?
            }
        })
    }
}

impl How {
    fn options(&self, config: &Config) -> ApplyOptions {
        ApplyOptions {
            apply: self.apply,
            skip_bad: self.skip_bad,
            confirm_mass_change: self.confirm_mass_change,
            removal_limit: config.import_removal_limit,
        }
    }
}

/// Log lines go to standard error: standard output is for what was asked for.
fn log(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn"));
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(std::io::stderr().is_terminal()).with_writer(std::io::stderr);
    // Refused only when there is a log already.
    drop(match format {
        LogFormat::Text => lines.try_init(),
        LogFormat::Json => lines.json().try_init(),
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn flags_may_stand_behind_the_command() {
        assert!(Arguments::try_parse_from(["countersign", "demo", "--bind", "127.0.0.1:0", "--data-dir", "x"]).is_ok());
        assert!(Arguments::try_parse_from(["countersign", "import", "people", "x.csv", "--map", "a=b", "--apply"]).is_ok());
        assert!(Arguments::try_parse_from(["countersign", "serve", "--demonstration"]).is_err());
    }
}
