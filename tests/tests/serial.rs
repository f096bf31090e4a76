//! One vault, one host, seven programs that read and rotate the same secret at once.
//!
//! `KEYSTEAD_OPERATIONS` says how many, 1,000 if it says nothing. Each is a process of its own. The same beside an open
//! window stands in `window.rs`.

use anyhow::{Result, ensure};
use keystead_tests::{
    agent::Agent,
    cli::Cli,
    machine::Machine,
    serial::{check, operations, work_at_once},
};

const WORKERS: usize = 7;
const START: [&str; 5] = ["init", "--kdf-memory", "64", "--kdf-passes", "3"];

#[test]
fn what_many_programs_saw_at_once_has_an_order() -> Result<()> {
    let machine = Machine::new()?;
    let cli = Cli::new(&machine)?;
    cli.ok(&START)?;
    cli.ok_with(&["set", "A", "-p", "p", "-e", "dev", "--yes"], b"first")?;
    let agent = Agent::start(&machine, &[])?;
    let each = operations(1_000)?.div_ceil(WORKERS);
    let done = work_at_once(&machine, WORKERS, each)?;
    check(&cli, &done, &[])?;
    drop(agent);
    ensure!(cli.ok(&["audit", "verify"])?.code == 0);
    Ok(())
}
