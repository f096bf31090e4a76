//! Whether git would take a file in, by git's own ignore rules (read by the
//! `ignore` crate). Does not run git.

use crate::api::{GitState, GitView};
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Looks at every `.gitignore` from the repository's root to the file, and at
/// `.git/info/exclude`.
pub(crate) fn look(file: &Path) -> GitView {
    let Some(root) = repository(file) else {
        return GitView {
            state: GitState::NoRepository,
            gitignore: None,
        };
    };
    let state = if is_ignored(&root, file) {
        GitState::Ignored
    } else {
        GitState::NotIgnored
    };
    let gitignore = root.join(".gitignore").display().to_string();
    GitView {
        state,
        gitignore: Some(gitignore),
    }
}

/// Adds a line for `file` to the `.gitignore` at the repository's root, which
/// keeps everything it had. Returns that `.gitignore`.
///
/// # Errors
/// What the system says, or that the folder is in no repository.
pub(crate) fn add_to_gitignore(file: &Path) -> io::Result<PathBuf> {
    let root = repository(file)
        .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "the folder is in no repository"))?;
    let gitignore = root.join(".gitignore");
    if is_ignored(&root, file) {
        return Ok(gitignore);
    }
    let mut text = match fs::read(&gitignore) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        other => other?,
    };
    let end: &[u8] = if text.windows(2).any(|w| w == b"\r\n") {
        b"\r\n"
    } else {
        b"\n"
    };
    if text.last().is_some_and(|byte| *byte != b'\n') {
        text.extend_from_slice(end);
    }
    let relative = file.strip_prefix(&root).unwrap_or(file);
    text.push(b'/');
    text.extend_from_slice(escaped(&relative.to_string_lossy()).as_bytes());
    text.extend_from_slice(end);
    let folder = gitignore.parent().unwrap_or(&root);
    let mut staged = tempfile::Builder::new()
        .prefix(".gitignore-")
        .tempfile_in(folder)?;
    io::Write::write_all(&mut staged, &text)?;
    let permissions = match fs::metadata(&gitignore) {
        Ok(metadata) => metadata.permissions(),
        Err(_) => std::os::unix::fs::PermissionsExt::from_mode(0o644),
    };
    staged.as_file().set_permissions(permissions)?;
    staged.as_file().sync_all()?;
    staged.persist(&gitignore)?;
    Ok(gitignore)
}

fn repository(file: &Path) -> Option<PathBuf> {
    let start = file.parent()?;
    let marked = start
        .ancestors()
        .find(|folder| folder.join(".git").exists());
    marked.map(Path::to_owned)
}

fn is_ignored(root: &Path, file: &Path) -> bool {
    let Some(folder) = file.parent() else {
        return false;
    };
    // The closest .gitignore that has a word on it decides; exclude comes last.
    let closest_first = folder.ancestors().take_while(|f| f.starts_with(root));
    let mut rules: Vec<Gitignore> = closest_first
        .map(|folder| rules_of(folder, &folder.join(".gitignore")))
        .collect();
    rules.push(rules_of(root, &root.join(".git/info/exclude")));
    for rule in &rules {
        match rule.matched_path_or_any_parents(file, false) {
            ignore::Match::None => {}
            ignore::Match::Ignore(_) => return true,
            ignore::Match::Whitelist(_) => return false,
        }
    }
    false
}

fn rules_of(folder: &Path, rules: &Path) -> Gitignore {
    let mut builder = GitignoreBuilder::new(folder);
    // A missing or broken rule file has no word; git sees it the same way.
    let _ = builder.add(rules);
    builder.build().unwrap_or_else(|_| Gitignore::empty())
}

fn escaped(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for c in path.chars() {
        if matches!(c, '\\' | '*' | '?' | '[' | ' ' | '!' | '#') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_read_and_added_to() {
        let temp = tempfile::tempdir().expect("temp");
        let root = temp.path().canonicalize().expect("path");
        let project = root.join("app");
        fs::create_dir_all(root.join("app/nested")).expect("folders");
        let file = project.join(".env");
        assert_eq!(look(&file).state, GitState::NoRepository);
        assert!(add_to_gitignore(&file).is_err());

        fs::create_dir(project.join(".git")).expect("folder");
        assert_eq!(look(&file).state, GitState::NotIgnored);
        fs::write(project.join(".gitignore"), "target").expect("write");
        let nested = project.join("nested/.env");
        add_to_gitignore(&nested).expect("added");
        assert_eq!(look(&nested).state, GitState::Ignored);
        assert_eq!(look(&file).state, GitState::NotIgnored, "only the one file");
        add_to_gitignore(&file).expect("added");
        add_to_gitignore(&file).expect("nothing to do");
        let text = fs::read_to_string(project.join(".gitignore")).expect("read");
        assert_eq!(text, "target\n/nested/.env\n/.env\n");

        fs::write(project.join("nested/.gitignore"), "!.env\n").expect("write");
        assert_eq!(
            look(&nested).state,
            GitState::NotIgnored,
            "the closest decides"
        );
    }
}
