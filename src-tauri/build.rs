//! Builds the shell's permissions: only the commands named here exist for a window.

fn main() {
    let commands = tauri_build::AppManifest::new().commands(&[
        "call",
        "pick_file",
        "pick_folder",
        "pick_save",
    ]);
    let attributes = tauri_build::Attributes::new().app_manifest(commands);
    tauri_build::try_build(attributes).expect("tauri.conf.json and capabilities/ are valid");
}
