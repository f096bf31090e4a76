//! Everything that a person can do with a vault, as commands.
//!
//! [`Workbench::call`] takes a [`api::Request`] and gives an [`api::Response`]
//! or an [`api::ApiError`]. Hosts (the desktop shell, the CLI) only forward.
//! Knows no window, no terminal, no home folder and no environment: what it
//! needs of the machine comes through [`Platform`] and [`Settings`].

mod anchor_store;
pub mod api;

mod atomic_file;
mod backups;
mod bindings;
mod clock;
mod commands;
mod errors;
mod generate;
mod git;
mod host;
mod key_file;
mod key_pair;
mod logind;
mod one_time_code;
mod passphrase;
mod places;
mod platform;
mod process;
mod session;
mod sync;
mod system_keyring;
mod watch;
mod workbench;

pub use bindings::typescript;
pub use clock::{boot_clock, wall_clock};
pub use host::{Connection, HostError, connect};
pub use keystead_crypto::{WipingAllocator, remove_variable};
pub use keystead_sample::PASSPHRASE as SAMPLE_PASSPHRASE;
pub use keystead_vault::Cancel;
pub use places::{DEFAULT_VAULT_NAME, anchor_folder, default_vault, socket_folder};
pub use platform::{Platform, Settings};
pub use process::{device_name, this_process, user_name};
pub use workbench::Workbench;
