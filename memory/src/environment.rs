use std::ffi::OsStr;

/// Takes a variable out of this process's environment, so that programs it starts do not get it.
///
/// Call it first thing in `main`: another thread that reads the environment at that moment would read what is being
/// changed. With more than one thread it does nothing and says `false`.
pub fn remove_variable(name: impl AsRef<OsStr>) -> bool {
    let threads = std::fs::read_dir("/proc/self/task").map_or(usize::MAX, Iterator::count);
    if threads != 1 {
        return false;
    }
    // SAFETY: this is the only thread, so nobody reads or writes the environment meanwhile.
    unsafe { std::env::remove_var(name) };
    true
}

#[cfg(test)]
mod tests {
    #[test]
    fn beside_another_thread_nothing_is_removed() {
        // A test has a thread of its own beside the harness's.
        assert!(!super::remove_variable("PATH"));
        assert!(std::env::var_os("PATH").is_some());
    }
}
