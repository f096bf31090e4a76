//! What the system says of the memory: locked, not dumped, not inherited; and what happens where it refuses.
#![cfg(target_os = "linux")]

use keystead_memory::{KdfBlocks, Protection, SecretBytes, protection};
use std::process::Command;

/// The `VmFlags` of the mapping that holds `address` (proc_pid_smaps(5)).
fn flags(address: usize) -> Vec<String> {
    let smaps = std::fs::read_to_string("/proc/self/smaps").expect("Linux");
    let mut inside = false;
    for line in smaps.lines() {
        if let Some((range, _)) = line.split_once(' ')
            && let Some((start, end)) = range.split_once('-')
            && let (Ok(start), Ok(end)) = (
                usize::from_str_radix(start, 16),
                usize::from_str_radix(end, 16),
            )
        {
            inside = (start..end).contains(&address);
        }
        if inside && let Some(flags) = line.strip_prefix("VmFlags:") {
            return flags.split_whitespace().map(str::to_owned).collect();
        }
    }
    panic!("no mapping holds {address:x}")
}

fn has(flags: &[String], flag: &str) -> bool {
    flags.iter().any(|known| known == flag)
}

#[test]
fn small_and_large_secrets_are_locked_not_dumped_and_not_inherited() {
    for size in [32, 4096, 300_000, 3_000_000] {
        let secret = SecretBytes::zeroed(size);
        let flags = flags(secret.as_ptr() as usize);
        for flag in ["lo", "dd", "dc"] {
            assert!(has(&flags, flag), "{size} bytes lack {flag}: {flags:?}");
        }
    }
    let ordinary = vec![0u8; 300_000];
    let flags = flags(ordinary.as_ptr() as usize);
    assert!(
        !has(&flags, "lo") && !has(&flags, "dd"),
        "ordinary memory is neither, or this test shows nothing"
    );
}

#[test]
fn argon2_s_memory_is_not_dumped_and_asks_for_huge_pages() {
    let blocks = KdfBlocks::map(4096).expect("four megabytes");
    let flags = flags(blocks.as_ptr() as usize);
    assert!(has(&flags, "dd") && has(&flags, "hg"), "{flags:?}");
}

/// Where the limit is spent, secrets go on unlocked and the totals say so. Runs itself again as a user who may lock
/// 256 KiB, as root's own limit does not hold.
#[test]
fn where_the_system_refuses_to_lock_it_is_said() {
    const INSIDE: &str = "KEYSTEAD_UNDER_MEMLOCK";
    if std::env::var_os(INSIDE).is_some() {
        assert_eq!(
            protection(),
            Protection::Locked,
            "nothing was asked for yet"
        );
        let first = SecretBytes::copy_of(&[1; 1000]);
        assert_eq!(protection(), Protection::Locked, "64 KiB fit");
        let mut large = SecretBytes::zeroed(1024 * 1024);
        large.fill(7);
        assert!(
            large.iter().all(|&byte| byte == 7),
            "it is usable all the same"
        );
        assert_eq!(
            protection(),
            Protection::Partly {
                unlocked: 1024 * 1024
            }
        );
        assert_eq!(&first[..], [1; 1000]);
        return;
    }
    let program = std::env::current_exe().expect("a test has a file");
    // Where another user may run it from.
    let folder = std::env::temp_dir().join(format!("keystead-memory-{}", std::process::id()));
    std::fs::create_dir(&folder).expect("a folder");
    let copy = folder.join("protection");
    std::fs::copy(program, &copy).expect("copied");
    let mut command = if rustix::process::geteuid().is_root() {
        let mut command = Command::new("setpriv");
        command.args([
            "--reuid=65534",
            "--regid=65534",
            "--clear-groups",
            "prlimit",
        ]);
        command
    } else {
        Command::new("prlimit")
    };
    let output = command
        .arg("--memlock=262144:262144")
        .arg(&copy)
        .args(["--exact", "where_the_system_refuses_to_lock_it_is_said"])
        .env(INSIDE, "1")
        .output()
        .expect("util-linux is there");
    std::fs::remove_dir_all(&folder).expect("removed");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
