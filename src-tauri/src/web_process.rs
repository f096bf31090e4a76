//! The processes that pages run in. WebKitGTK up to 2.50 ends one with its last
//! page; 2.54 keeps it, with all that the page had in memory, for as long as the
//! window lives. After a lock it has to go either way.

#[cfg(target_os = "linux")]
pub(crate) use linux::WebProcesses;
#[cfg(not(target_os = "linux"))]
pub(crate) use other::WebProcesses;

#[cfg(target_os = "linux")]
mod linux {
    use rustix::{
        event::{PollFd, PollFlags, Timespec, poll},
        process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal},
    };
    use std::{fs, os::fd::OwnedFd, thread};

    /// One that ends by itself is done well within this.
    const GRACE: Timespec = Timespec {
        tv_sec: 0,
        tv_nsec: 400_000_000,
    };

    /// Processes of pages that are about to be closed, by handles that no later
    /// process can come to have.
    pub(crate) struct WebProcesses(Vec<OwnedFd>);

    impl WebProcesses {
        /// Those that run now.
        pub(crate) fn running() -> Self {
            // A child stands under the thread that started it.
            let threads = fs::read_dir("/proc/self/task").into_iter().flatten();
            let children = threads.flatten().flat_map(|thread| {
                let text = fs::read_to_string(thread.path().join("children"));
                let pids = text.unwrap_or_default();
                pids.split_whitespace()
                    .filter_map(|pid| pid.parse().ok())
                    .collect::<Vec<i32>>()
            });
            let pages = children.filter(|pid| {
                let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
                name.starts_with("WebKitWebProces")
            });
            let handles = pages
                .filter_map(Pid::from_raw)
                .filter_map(|pid| pidfd_open(pid, PidfdFlags::empty()).ok());
            Self(handles.collect())
        }

        /// Ends those that do not end by themselves, once their pages are closed.
        pub(crate) fn end(self) {
            thread::spawn(move || {
                for process in &self.0 {
                    let mut ended = [PollFd::new(process, PollFlags::IN)];
                    if matches!(poll(&mut ended, Some(&GRACE)), Ok(0)) {
                        // One that has ended meanwhile is what we want.
                        let _ = pidfd_send_signal(process, Signal::KILL);
                    }
                }
            });
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod other {
    /// Elsewhere the system's web view ends its processes.
    pub(crate) struct WebProcesses;

    impl WebProcesses {
        pub(crate) fn running() -> Self {
            Self
        }

        pub(crate) fn end(self) {}
    }
}
