//! The desktop shell: a window over the workbench. Forwards commands, opens
//! native dialogs, owns the clipboard; decides nothing about secrets.

mod admission;
mod arguments;
mod clipboard;
mod commands;
mod desktop;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod freed_memory;
mod web_process;
mod window;

use arguments::Arguments;
use desktop::Desktop;
use keystead_workbench::{WipingAllocator, Workbench};
use std::{process::ExitCode, sync::Arc, thread, time::Duration};
use tauri::{Manager, RunEvent};

/// What passes through the heap, through libraries too, is wiped when it goes back.
#[global_allocator]
static HEAP: WipingAllocator = WipingAllocator;

const TICK: Duration = Duration::from_millis(500);

fn main() -> ExitCode {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    freed_memory::overwrite();
    // Before anything secret is read: no core dumps, no tracing by others.
    let hardened = secmem_proc::harden_process();
    let arguments = match Arguments::parse(std::env::args_os().skip(1)) {
        Ok(arguments) => arguments,
        Err(words) => {
            complain(&words);
            return ExitCode::from(2);
        }
    };
    if hardened.is_err() {
        complain("warning: this system does not let Keystead keep its memory out of core dumps");
    }
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("the window could not be opened: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> tauri::Result<()> {
    let settings = arguments.settings();
    let app = tauri::Builder::default()
        .plugin(tauri_plugin_dialog::init())
        .invoke_handler(tauri::generate_handler![
            commands::call,
            commands::pick_file,
            commands::pick_folder,
            commands::pick_save,
        ])
        .setup(move |app| {
            let platform = Arc::new(Desktop::new(app.handle().clone()));
            let workbench = Workbench::new(settings, platform);
            app.manage(Arc::clone(&workbench));
            app.manage(admission::Granted::default());
            app.manage(window::Windows::default());
            window::open_first(app.handle())?;
            thread::spawn(move || {
                loop {
                    thread::sleep(TICK);
                    workbench.tick();
                }
            });
            Ok(())
        })
        .build(tauri::generate_context!())?;
    app.run(|app, event| match event {
        // Between an old window and its fresh successor there may be none.
        RunEvent::ExitRequested {
            api, code: None, ..
        } if window::is_replacing(app) => {
            api.prevent_exit();
        }
        RunEvent::Exit => app.state::<Arc<Workbench>>().quit(),
        _ => {}
    });
    Ok(())
}

#[allow(clippy::print_stderr, reason = "there is no window yet to say it in")]
fn complain(words: &str) {
    eprintln!("keystead-desktop: {words}");
}
