//! Default places, by the XDG base directory rules (0.8).

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

/// The name of a vault that nobody named.
pub const DEFAULT_VAULT_NAME: &str = "personal";

/// `$KEYSTEAD_VAULT`, else `$XDG_DATA_HOME/keystead/personal.keystead`, else
/// the same under `~/.local/share`. `None` without a home.
pub fn default_vault(environment: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let set = |name| environment(name).filter(|value| !value.is_empty());
    if let Some(vault) = set("KEYSTEAD_VAULT") {
        return Some(vault.into());
    }
    let data = set("XDG_DATA_HOME")
        .map(PathBuf::from)
        // The rules say that a relative path is to be ignored.
        .filter(|path| path.is_absolute())
        .or_else(|| set("HOME").map(|home| Path::new(&home).join(".local/share")))?;
    let name = format!("{DEFAULT_VAULT_NAME}.keystead");
    Some(data.join("keystead").join(name))
}

/// Where hosts are found: `$XDG_RUNTIME_DIR/keystead`; where a login gave none
/// (over SSH, in a container) `$XDG_STATE_HOME/keystead/run`, else the same under
/// `~/.local/state`. Never `/tmp`, where anybody could be first. `None` without a home.
pub fn socket_folder(environment: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let set = |name: &str| {
        let path = environment(name).filter(|value| !value.is_empty())?;
        Some(PathBuf::from(path)).filter(|path| path.is_absolute())
    };
    if let Some(runtime) = set("XDG_RUNTIME_DIR") {
        return Some(runtime.join("keystead"));
    }
    Some(state(set)?.join("run"))
}

/// Where it is kept how far each vault got on this machine: `$XDG_STATE_HOME/keystead/anchors`, else the same under
/// `~/.local/state`. `None` without a home.
pub fn anchor_folder(environment: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let set = |name: &str| {
        let path = environment(name).filter(|value| !value.is_empty())?;
        Some(PathBuf::from(path)).filter(|path| path.is_absolute())
    };
    Some(state(set)?.join("anchors"))
}

fn state(set: impl Fn(&str) -> Option<PathBuf>) -> Option<PathBuf> {
    let state = set("XDG_STATE_HOME").or_else(|| Some(set("HOME")?.join(".local/state")))?;
    Some(state.join("keystead"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(set: &[(&str, &str)]) -> Option<PathBuf> {
        default_vault(|name| find(set, name))
    }

    fn find(set: &[(&str, &str)], name: &str) -> Option<OsString> {
        let found = set.iter().find(|(key, _)| *key == name);
        found.map(|(_, value)| value.into())
    }

    #[test]
    fn the_rules_are_followed() {
        let home = ("HOME", "/h");
        assert_eq!(
            of(&[home]),
            Some("/h/.local/share/keystead/personal.keystead".into())
        );
        assert_eq!(
            of(&[home, ("XDG_DATA_HOME", "/d")]),
            Some("/d/keystead/personal.keystead".into())
        );
        assert_eq!(
            of(&[home, ("XDG_DATA_HOME", "relative")]),
            of(&[home]),
            "a relative path is ignored"
        );
        assert_eq!(of(&[home, ("KEYSTEAD_VAULT", "/v")]), Some("/v".into()));
        assert_eq!(of(&[]), None);
    }

    #[test]
    fn anchors_are_state() {
        let of = |set: &[(&str, &str)]| anchor_folder(|name| find(set, name));
        let home = ("HOME", "/h");
        assert_eq!(of(&[home]), Some("/h/.local/state/keystead/anchors".into()));
        assert_eq!(
            of(&[home, ("XDG_STATE_HOME", "/s")]),
            Some("/s/keystead/anchors".into())
        );
        assert_eq!(of(&[]), None);
    }

    #[test]
    fn sockets_stand_where_only_we_can_be_first() {
        let of = |set: &[(&str, &str)]| socket_folder(|name| find(set, name));
        let home = ("HOME", "/h");
        assert_eq!(
            of(&[home, ("XDG_RUNTIME_DIR", "/run/user/7")]),
            Some("/run/user/7/keystead".into())
        );
        assert_eq!(of(&[home]), Some("/h/.local/state/keystead/run".into()));
        assert_eq!(
            of(&[home, ("XDG_RUNTIME_DIR", "tmp"), ("XDG_STATE_HOME", "/s")]),
            Some("/s/keystead/run".into()),
            "a relative path is ignored"
        );
        assert_eq!(of(&[]), None);
    }
}
