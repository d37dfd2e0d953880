//! Makes an empty cluster.

use std::fs;

use crate::account::Account;
use crate::binaries::Binaries;
use crate::error::{At, ClusterError};
use crate::output::succeeded;
use crate::place::Place;
use crate::settings::Settings;

/// The database user of the cluster, its owner.
pub(crate) const USER: &str = "countersign";

/// Initialises beside the final place and moves the result there whole: a start that is killed
/// half-way leaves no half data directory.
pub(crate) fn initialise(place: &Place, binaries: &Binaries, account: &Account, settings: Settings) -> Result<(), ClusterError> {
    let unfinished = place.unfinished();
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished).at("remove", &unfinished)?;
    }
    account.own_folder(&unfinished)?;
    let mut command = account.command(&binaries.program("initdb"));
    command.current_dir(&unfinished).arg("--pgdata").arg(&unfinished);
    // `trust` among those who can open the socket, and only our user can enter its folder.
    command.args(["--auth-local=trust", "--auth-host=reject", "--username", USER]);
    command.args(["--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums"]);
    if !settings.durable {
        command.arg("--no-sync");
    }
    succeeded("initdb", command.output())?;
    fs::rename(&unfinished, &place.data).at("move the new cluster to", &place.data)
}
