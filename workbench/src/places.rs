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

#[cfg(test)]
mod tests {
    use super::*;

    fn of(set: &[(&str, &str)]) -> Option<PathBuf> {
        default_vault(|name| {
            let found = set.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| value.into())
        })
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
}
