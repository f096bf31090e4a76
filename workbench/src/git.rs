//! Whether git would take a file in, by git's own ignore rules (read by the
//! `ignore` crate). Does not run git.

use crate::{
    api::{ApiError, Code, GitState, GitView},
    atomic_file::read_regular,
    errors::io_error,
};
use ignore::{
    Match,
    gitignore::{Gitignore, GitignoreBuilder},
};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Far above any list of rules.
const FILE_LIMIT: u64 = 16 * 1024 * 1024;

/// Looks at every `.gitignore` from the repository's root to the file, and at
/// `.git/info/exclude`.
pub(crate) fn look(file: &Path) -> GitView {
    let Some(root) = repository(file) else {
        return GitView {
            state: GitState::NoRepository,
            gitignore: None,
        };
    };
    let state = if ruling(&root, file).is_ignore() {
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
/// keeps everything it had. Returns that `.gitignore`. Whether git ignores the
/// file now is [`check_ignored`]'s to say.
///
/// # Errors
/// What the system says about the `.gitignore`, by its own path; or that the
/// folder is in no repository.
pub(crate) fn add_to_gitignore(file: &Path) -> Result<PathBuf, ApiError> {
    let root = repository(file).ok_or_else(|| {
        let error = io::Error::new(io::ErrorKind::NotFound, "the folder is in no repository");
        io_error(file, &error)
    })?;
    let gitignore = root.join(".gitignore");
    if is_symlink(&gitignore) {
        return Err(ApiError::new(
            Code::InvalidFile,
            format!(
                "{} is a symbolic link, and git reads none.",
                gitignore.display()
            ),
            "Put an ordinary file in its place, then try again.",
        ));
    }
    // A rule that only another file overrides is not written twice.
    if ruling(&root, file).is_ignore() || word(&root, &gitignore, file).is_ignore() {
        return Ok(gitignore);
    }
    let line = line_for(&root, file).ok_or_else(|| {
        ApiError::new(
            Code::InvalidInput,
            format!("{} can't be named in a .gitignore.", file.display()),
            "Choose a folder whose name is UTF-8 text without control characters.",
        )
    })?;
    append(&gitignore, &line).map_err(|error| io_error(&gitignore, &error))?;
    Ok(gitignore)
}

/// Sees whether git ignores a file to which a line was added.
///
/// # Errors
/// Names the file whose rule takes it in all the same.
pub(crate) fn check_ignored(file: &Path) -> Result<(), ApiError> {
    let Some(root) = repository(file) else {
        return Ok(());
    };
    let by = match ruling(&root, file) {
        Match::Ignore(_) => return Ok(()),
        Match::Whitelist(Some(by)) => format!(": {} takes it in", by.display()),
        Match::Whitelist(None) | Match::None => String::new(),
    };
    Err(ApiError::new(
        Code::InvalidFile,
        format!("git still does not ignore {}{by}.", file.display()),
        "Take the rule out that starts with an exclamation mark, then try again.",
    ))
}

fn append(gitignore: &Path, line: &str) -> io::Result<()> {
    let (mut text, permissions) = match read_regular(gitignore, FILE_LIMIT) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => (
            Vec::new(),
            std::os::unix::fs::PermissionsExt::from_mode(0o644),
        ),
        Ok(bytes) if bytes.len() as u64 > FILE_LIMIT => {
            return Err(io::Error::other("it is larger than 16 MiB"));
        }
        other => (other?.to_vec(), fs::metadata(gitignore)?.permissions()),
    };
    let end: &[u8] = if text.windows(2).any(|w| w == b"\r\n") {
        b"\r\n"
    } else {
        b"\n"
    };
    if text.last().is_some_and(|byte| *byte != b'\n') {
        text.extend_from_slice(end);
    }
    text.extend_from_slice(line.as_bytes());
    text.extend_from_slice(end);
    let folder = gitignore.parent().unwrap_or(gitignore);
    let mut staged = tempfile::Builder::new()
        .prefix(".gitignore-")
        .tempfile_in(folder)?;
    io::Write::write_all(&mut staged, &text)?;
    staged.as_file().set_permissions(permissions)?;
    staged.as_file().sync_all()?;
    staged.persist(gitignore)?;
    Ok(())
}

/// The rule for exactly this file; `None` where no line can say its path.
fn line_for(root: &Path, file: &Path) -> Option<String> {
    let relative = file.strip_prefix(root).unwrap_or(file).to_str()?;
    let plain = !relative.chars().any(char::is_control);
    plain.then(|| format!("/{}", escaped(relative)))
}

fn repository(file: &Path) -> Option<PathBuf> {
    let start = file.parent()?;
    let marked = start
        .ancestors()
        .find(|folder| folder.join(".git").exists());
    marked.map(Path::to_owned)
}

/// What git does with the file, and which file of rules says so.
fn ruling(root: &Path, file: &Path) -> Match<Option<PathBuf>> {
    let Some(folder) = file.parent() else {
        return Match::None;
    };
    // The closest .gitignore that has a word on it decides; exclude comes last.
    let closest_first = folder.ancestors().take_while(|f| f.starts_with(root));
    closest_first
        .map(|folder| (folder, folder.join(".gitignore")))
        // git opens no .gitignore through a symbolic link; exclude it does.
        .filter(|(_, rules)| !is_symlink(rules))
        .chain([(root, root.join(".git/info/exclude"))])
        .map(|(folder, rules)| word(folder, &rules, file))
        .find(|word| !word.is_none())
        .unwrap_or(Match::None)
}

/// What one file of rules says.
fn word(folder: &Path, rules: &Path, file: &Path) -> Match<Option<PathBuf>> {
    rules_of(folder, rules)
        .matched_path_or_any_parents(file, false)
        .map(|glob| glob.from().map(Path::to_owned))
}

fn is_symlink(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink())
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

    #[test]
    fn a_rule_that_overrides_the_added_line_is_named() {
        let temp = tempfile::tempdir().expect("temp");
        let root = temp.path().canonicalize().expect("path");
        fs::create_dir_all(root.join(".git")).expect("folder");
        fs::create_dir_all(root.join("sub")).expect("folder");
        let closer = root.join("sub/.gitignore");
        fs::write(&closer, "!.env\n").expect("write");
        let file = root.join("sub/.env");
        for _ in 0..2 {
            add_to_gitignore(&file).expect("added");
            let error = check_ignored(&file).expect_err("taken in");
            assert!(
                error.message.contains(&closer.display().to_string()),
                "{}",
                error.message
            );
        }
        let text = fs::read_to_string(root.join(".gitignore")).expect("read");
        assert_eq!(text, "/sub/.env\n", "once");
        fs::remove_file(&closer).expect("removed");
        check_ignored(&file).expect("ignored now");
    }

    #[test]
    fn a_gitignore_that_is_a_symbolic_link_has_no_word() {
        let temp = tempfile::tempdir().expect("temp");
        let root = temp.path().canonicalize().expect("path");
        fs::create_dir_all(root.join(".git/info")).expect("folder");
        let rules = root.join("rules");
        fs::write(&rules, ".env\n").expect("write");
        let gitignore = root.join(".gitignore");
        std::os::unix::fs::symlink(&rules, &gitignore).expect("link");
        let file = root.join(".env");
        assert_eq!(look(&file).state, GitState::NotIgnored);
        let error = add_to_gitignore(&file).expect_err("refused");
        assert!(
            error.message.contains(&gitignore.display().to_string())
                && error.message.contains("symbolic link"),
            "{}",
            error.message
        );
        assert_eq!(fs::read_to_string(&rules).expect("read"), ".env\n");

        std::os::unix::fs::symlink(&rules, root.join(".git/info/exclude")).expect("link");
        assert_eq!(look(&file).state, GitState::Ignored, "git follows that one");
    }

    #[test]
    fn a_folder_with_a_line_break_adds_no_other_rule() {
        let temp = tempfile::tempdir().expect("temp");
        let root = temp.path().canonicalize().expect("path");
        fs::create_dir_all(root.join(".git")).expect("folder");
        let folder = root.join("a\n!b");
        fs::create_dir_all(&folder).expect("folder");
        assert!(add_to_gitignore(&folder.join(".env")).is_err());
        assert!(!root.join(".gitignore").exists());
    }
}
