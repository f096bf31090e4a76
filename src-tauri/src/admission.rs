//! What a window may ask for. The page is not trusted with paths or with whole
//! environments: files and folders count only if a person chose them in a
//! native dialog, and bulk reads are for the command line.

use keystead_workbench::api::{
    ApiError, Code, ImportSource, KeyFileChoice, Present, Request, Response,
};
use std::{
    collections::HashSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// What a person chose a path for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Purpose {
    /// A file to read.
    Read,
    /// A folder to link, or a vault's.
    Folder,
    /// A file to write.
    Save,
}

/// Paths that a person chose in a native dialog, and for what. Forgotten on lock.
#[derive(Default)]
pub(crate) struct Granted(Mutex<HashSet<(Purpose, String)>>);

impl Granted {
    pub(crate) fn grant(&self, purpose: Purpose, path: &str) {
        self.paths().insert((purpose, path.to_owned()));
    }

    /// Forgets every choice.
    pub(crate) fn forget(&self) {
        self.paths().clear();
    }

    fn paths(&self) -> MutexGuard<'_, HashSet<(Purpose, String)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a request through, or says why not. Every command is named here;
    /// a new one does not compile until somebody has decided.
    pub(crate) fn admit(&self, request: &Request) -> Result<(), ApiError> {
        let path = match request {
            Request::Read(_) | Request::Export(_) | Request::Inject(_) | Request::OpenCopy(_) => {
                return Err(ApiError::new(
                    Code::NotAllowed,
                    format!("A window can't use {}.", request.name()),
                    "Use the keystead command in a terminal.",
                ));
            }
            Request::CreateVault(r) => r.path.as_ref().map(|path| (Purpose::Folder, path)),
            Request::OpenSample(r) => r.path.as_ref().map(|path| (Purpose::Folder, path)),
            Request::OpenVault(r) => Some((Purpose::Folder, &r.path)),
            Request::PreviewImport(r) => match &r.source {
                ImportSource::Path(path) => Some((Purpose::Read, path)),
                ImportSource::Text(_) => None,
            },
            Request::Attach(r) => Some((Purpose::Read, &r.path)),
            Request::SaveAttachment(r) => Some((Purpose::Save, &r.path)),
            Request::ExportFile(r) => Some((Purpose::Save, &r.path)),
            Request::SaveCard(r) => Some((Purpose::Save, &r.path)),
            Request::SaveInvite(r) => Some((Purpose::Save, &r.path)),
            Request::SendCopy(r) => r.path.as_ref().map(|path| (Purpose::Save, path)),
            Request::Backup(r) => Some((Purpose::Save, &r.path)),
            Request::ChangeSettings(r) => {
                let backups = r.choices.backups.as_ref();
                backups.map(|backups| (Purpose::Folder, &backups.folder))
            }
            Request::Unlock(r) => r.key_file.as_ref().map(|path| (Purpose::Read, path)),
            Request::AddKeyring(r) => key_file(&r.present),
            Request::EnrolDevice(r) => key_file(&r.present),
            Request::NewRecoveryKit(r) => key_file(&r.present),
            Request::RemoveSlot(r) => key_file(&r.present),
            Request::ChangePassphrase(r) => {
                if let KeyFileChoice::Make(path) = &r.key_file {
                    self.check((Purpose::Save, path))?;
                }
                key_file(&r.present)
            }
            Request::RestoreBackup(r) => Some((Purpose::Read, &r.file)),
            Request::PreviewLink(r) => Some((Purpose::Folder, &r.folder)),
            Request::Link(r) => Some((Purpose::Folder, &r.folder)),
            // A folder would be written to. What goes to a bucket is sealed, and its keys stay in the vault.
            Request::SetRemote(r) if r.place.starts_with("s3://") => None,
            Request::SetRemote(r) => Some((Purpose::Folder, &r.place)),
            Request::Status(_)
            | Request::Spaces(_)
            | Request::CreateSpace(_)
            | Request::EnterSpace(_)
            | Request::Members(_)
            | Request::Invite(_)
            | Request::ReadInvite(_)
            | Request::AcceptInvite(_)
            | Request::Grant(_)
            | Request::TakeBack(_)
            | Request::PlanRemoval(_)
            | Request::RemoveMember(_)
            | Request::RevokeDevice(_)
            | Request::Devices(_)
            | Request::RequestEnrolment(_)
            | Request::ReadEnrolment(_)
            | Request::ReadWelcome(_)
            | Request::AcceptWelcome(_)
            | Request::RevokeOwnDevice(_)
            | Request::ForgetRemote(_)
            | Request::Conflicts(_)
            | Request::Explain(_)
            | Request::Releases(_)
            | Request::SetRelease(_)
            | Request::Settle(_)
            | Request::Sync(_)
            | Request::Strength(_)
            | Request::UnlockWithKeyring(_)
            | Request::Recover(_)
            | Request::AcceptRollback(_)
            | Request::Slots(_)
            | Request::ConfirmRecoveryKit(_)
            | Request::Settings(_)
            | Request::Card(_)
            | Request::ReadCard(_)
            | Request::RenameCard(_)
            | Request::Contacts(_)
            | Request::PinCard(_)
            | Request::SafetyNumber(_)
            | Request::VerifyContact(_)
            | Request::ForgetContact(_)
            | Request::Lock(_)
            | Request::Touch(_)
            | Request::Projects(_)
            | Request::CreateProject(_)
            | Request::CreateEnvironment(_)
            | Request::Matrix(_)
            | Request::Inspect(_)
            | Request::Reveal(_)
            | Request::Copy(_)
            | Request::OneTimeCode(_)
            | Request::PublicHalf(_)
            | Request::SetSecret(_)
            | Request::Rotate(_)
            | Request::Restore(_)
            | Request::Import(_)
            | Request::Links(_)
            | Request::WriteLink(_)
            | Request::TakeDrift(_)
            | Request::IgnoreInGit(_)
            | Request::Unlink(_)
            | Request::EditSecrets(_)
            | Request::RemoveSecrets(_)
            | Request::Fill(_)
            | Request::Attachments(_)
            | Request::History(_)
            | Request::Compact(_)
            | Request::RemoveAttachment(_)
            | Request::Credentials(_)
            | Request::EditCredential(_)
            | Request::RotateCredential(_)
            | Request::RestoreCredential(_)
            | Request::MoveSecrets(_)
            | Request::GenerateValues(_)
            | Request::Filter(_)
            | Request::Recognise(_)
            | Request::Kinds(_)
            | Request::EditEnvironment(_)
            | Request::EditProject(_)
            | Request::Operations(_)
            | Request::Undo(_)
            | Request::Redo(_)
            | Request::Search(_)
            | Request::FindValue(_)
            | Request::Audit(_)
            | Request::VerifyAudit(_) => None,
        };
        path.map_or(Ok(()), |chosen| self.check(chosen))
    }

    fn check(&self, (purpose, path): (Purpose, &String)) -> Result<(), ApiError> {
        if self.paths().contains(&(purpose, path.clone())) {
            return Ok(());
        }
        Err(ApiError::new(
            Code::NotAllowed,
            "That place was not chosen in a dialog.",
            "Choose the file or folder with its button.",
        ))
    }

    /// Takes what an answer shows as chosen: the vault says so, not the page.
    pub(crate) fn learn(&self, response: &Response) {
        if let Response::Settings(view) | Response::ChangeSettings(view) = response
            && let Some(backups) = &view.chosen.backups
        {
            self.grant(Purpose::Folder, &backups.folder);
        }
    }
}

fn key_file(present: &Present) -> Option<(Purpose, &String)> {
    present.key_file.as_ref().map(|path| (Purpose::Read, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(json: &str) -> Request {
        serde_json::from_str(json).expect("a request")
    }

    #[test]
    fn paths_count_only_when_chosen_and_bulk_reads_never() {
        let granted = Granted::default();
        let with_path = [
            r#"{"command":"preview_import","request":{"source":{"path":"/p"},"project":"p","environment":"e","dialect":"dotenv"}}"#,
            r#"{"command":"open_vault","request":{"path":"/p"}}"#,
            r#"{"command":"create_vault","request":{"path":"/p","passphrase":"x","kdf":null}}"#,
            r#"{"command":"export_file","request":{"path":"/p","project":"p","environment":"e","dialect":"shell","overwrite":true}}"#,
            r#"{"command":"link","request":{"folder":"/p","file":null,"project":"p","environment":"e","dialect":"dotenv","add_to_gitignore":true,"create_missing":false}}"#,
            r#"{"command":"preview_link","request":{"folder":"/p","file":null,"project":"p","environment":"e","dialect":"dotenv"}}"#,
            r#"{"command":"set_remote","request":{"place":"/p","keys":null}}"#,
            r#"{"command":"save_invite","request":{"text":"x","path":"/p","overwrite":true}}"#,
        ];
        for json in with_path {
            let refused = granted.admit(&request(json)).expect_err("not chosen yet");
            assert_eq!(refused.code, Code::NotAllowed, "{json}");
        }
        let allowed = || with_path.map(|json| granted.admit(&request(json)).is_ok());
        granted.grant(Purpose::Read, "/p");
        assert_eq!(
            allowed(),
            [true, false, false, false, false, false, false, false]
        );
        granted.grant(Purpose::Save, "/p");
        assert_eq!(
            allowed(),
            [true, false, false, true, false, false, false, true]
        );
        granted.grant(Purpose::Folder, "/p");
        assert_eq!(allowed(), [true; 8]);
        granted.forget();
        assert_eq!(allowed(), [false; 8]);
        for json in [
            r#"{"command":"read","request":{"project":"p","environment":"e","name":"A","version":"current"}}"#,
            r#"{"command":"export","request":{"project":"p","environment":"e","dialect":"dotenv"}}"#,
        ] {
            assert!(granted.admit(&request(json)).is_err(), "{json}");
        }
        let bucket = request(
            r#"{"command":"set_remote","request":{"place":"s3://team","keys":"infra/bucket"}}"#,
        );
        assert!(granted.admit(&bucket).is_ok(), "a bucket is no path");
        let status = request(r#"{"command":"status","request":{}}"#);
        assert!(granted.admit(&status).is_ok());
    }
}
