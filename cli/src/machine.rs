//! The machine under the workbench, as a terminal command has it.

use crate::args::Global;
use keystead_workbench::{
    Platform, Settings, Workbench,
    api::{ApiError, Code, Millis, Notice, SecretText},
    default_vault, device_name, user_name,
};
use std::{
    env,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

struct Terminal {
    start: Instant,
}

impl Platform for Terminal {
    fn now(&self) -> Millis {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        since.map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX))
    }

    fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    fn set_clipboard(&self, _: &SecretText) -> Result<(), String> {
        Err("a terminal command has none".to_owned())
    }

    fn clear_own_clipboard(&self) {}

    fn notify(&self, _: Notice) {}
}

/// A workbench on the vault that the command line names.
pub(crate) fn workbench(global: &Global) -> Result<Arc<Workbench>, ApiError> {
    let vault = match &global.vault {
        Some(path) => path.clone(),
        None => default_vault(|name| env::var_os(name)).ok_or_else(|| {
            ApiError::new(
                Code::VaultNotFound,
                "There is no home folder to look for a vault in.",
                "Name the vault with --vault.",
            )
        })?,
    };
    let settings = Settings {
        vault,
        identity: user_name(),
        device: device_name(),
        // A command ends long before anybody could be idle.
        idle: Duration::MAX,
        watch: false,
        purpose: global.purpose.clone(),
    };
    let start = Instant::now();
    Ok(Workbench::new(settings, Arc::new(Terminal { start })))
}
