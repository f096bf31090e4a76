//! The commands, by what they are about. Each takes the session and a request,
//! and gives a view.

mod attachments;
mod audit;
mod batch;
mod contacts;
mod copies;
mod credentials;
mod devices;
mod domain;
mod find;
mod history;
mod import;
pub(crate) mod links;
mod projects;
mod recognise;
mod sample;
mod secrets;
mod session;
mod settings;
pub(crate) mod slots;
pub(crate) mod team;
mod write_link;

use crate::{
    api::{ApiError, Code, Request, Response},
    session::Session,
};

/// Sends a request to its command.
pub(crate) fn dispatch(session: &mut Session, request: Request) -> Result<Response, ApiError> {
    Ok(match request {
        Request::Status(_) => Response::Status(session.status()),
        Request::Strength(r) => Response::Strength(session::strength(&r)),
        Request::CreateVault(r) => Response::CreateVault(session::create_vault(session, r)?),
        Request::OpenSample(r) => Response::OpenSample(sample::open_sample(session, &r)?),
        Request::OpenVault(r) => Response::OpenVault(session::open_vault(session, &r)?),
        Request::Unlock(r) => Response::Unlock(session::unlock(session, r)?),
        Request::ChangePassphrase(r) => {
            Response::ChangePassphrase(slots::change_passphrase(session, r)?)
        }
        Request::UnlockWithKeyring(_) => {
            Response::UnlockWithKeyring(slots::unlock_with_keyring(session)?)
        }
        Request::Recover(r) => Response::Recover(slots::recover(session, r)?),
        Request::AcceptRollback(_) => Response::AcceptRollback(session::accept_rollback(session)?),
        Request::Slots(_) => Response::Slots(slots::slots(session)?),
        Request::AddKeyring(r) => Response::AddKeyring(slots::add_keyring(session, &r)?),
        Request::NewRecoveryKit(r) => {
            Response::NewRecoveryKit(slots::new_recovery_kit(session, &r)?)
        }
        Request::ConfirmRecoveryKit(r) => {
            Response::ConfirmRecoveryKit(slots::confirm_recovery_kit(session, &r)?)
        }
        Request::RemoveSlot(r) => Response::RemoveSlot(slots::remove_slot(session, &r)?),
        Request::Card(_) => Response::Card(copies::card(session)?),
        Request::ReadCard(r) => Response::ReadCard(copies::read_card(&r)?),
        Request::RenameCard(r) => Response::RenameCard(copies::rename_card(session, &r)?),
        Request::SaveCard(r) => Response::SaveCard(copies::save_card(session, &r)?),
        Request::Contacts(_) => Response::Contacts(contacts::contacts(session)?),
        Request::PinCard(r) => Response::PinCard(contacts::pin_card(session, &r)?),
        Request::SafetyNumber(r) => Response::SafetyNumber(contacts::safety_number(session, &r)?),
        Request::VerifyContact(r) => {
            Response::VerifyContact(contacts::verify_contact(session, &r)?)
        }
        Request::ForgetContact(r) => {
            Response::ForgetContact(contacts::forget_contact(session, &r)?)
        }
        Request::SendCopy(r) => Response::SendCopy(copies::send_copy(session, &r)?),
        Request::OpenCopy(r) => Response::OpenCopy(copies::open_copy(session, r)?),
        Request::Settings(_) => Response::Settings(settings::settings(session)?),
        Request::ChangeSettings(r) => {
            Response::ChangeSettings(settings::change_settings(session, r)?)
        }
        Request::Backup(r) => Response::Backup(session::backup(session, &r)?),
        Request::RestoreBackup(r) => Response::RestoreBackup(session::restore_backup(session, &r)?),
        Request::Lock(_) => Response::Lock(session::lock(session)?),
        Request::Touch(_) => Response::Touch(session.lock_view()),
        Request::Projects(_) => Response::Projects(projects::projects(session)?),
        Request::CreateProject(r) => {
            Response::CreateProject(projects::create_project(session, &r)?)
        }
        Request::CreateEnvironment(r) => {
            Response::CreateEnvironment(projects::create_environment(session, &r)?)
        }
        Request::Matrix(r) => Response::Matrix(projects::matrix(session, &r)?),
        Request::Inspect(r) => Response::Inspect(secrets::inspect(session, &r)?),
        Request::Reveal(r) => Response::Reveal(secrets::reveal(session, &r)?),
        Request::Copy(r) => Response::Copy(secrets::copy(session, &r)?),
        Request::Read(r) => Response::Read(secrets::read(session, &r)?),
        Request::OneTimeCode(r) => Response::OneTimeCode(secrets::one_time_code(session, &r)?),
        Request::PublicHalf(r) => Response::PublicHalf(secrets::public_half(session, &r)?),
        Request::SetSecret(r) => Response::SetSecret(secrets::set_secret(session, r)?),
        Request::Rotate(r) => Response::Rotate(secrets::rotate(session, r)?),
        Request::Restore(r) => Response::Restore(secrets::restore(session, &r)?),
        Request::PreviewImport(r) => Response::PreviewImport(import::preview_import(session, r)?),
        Request::Import(r) => Response::Import(import::import(session, &r)?),
        Request::Export(r) => Response::Export(secrets::export(session, &r)?),
        Request::ExportFile(r) => Response::ExportFile(secrets::export_file(session, &r)?),
        Request::Inject(r) => Response::Inject(secrets::inject(session, &r)?),
        Request::Links(_) => Response::Links(links::links(session)?),
        Request::PreviewLink(r) => Response::PreviewLink(links::preview_link(session, &r)?),
        Request::Link(r) => Response::Link(links::link(session, &r)?),
        Request::WriteLink(r) => Response::WriteLink(links::write_link(session, &r)?),
        Request::TakeDrift(r) => Response::TakeDrift(links::take_drift(session, &r)?),
        Request::IgnoreInGit(r) => Response::IgnoreInGit(links::ignore_in_git(session, &r)?),
        Request::Unlink(r) => Response::Unlink(links::unlink(session, &r)?),
        Request::EditSecrets(r) => Response::EditSecrets(domain::edit_secrets(session, &r)?),
        Request::RemoveSecrets(r) => Response::RemoveSecrets(domain::remove_secrets(session, &r)?),
        Request::Fill(r) => Response::Fill(domain::fill(session, &r)?),
        Request::EditEnvironment(r) => {
            Response::EditEnvironment(domain::edit_environment(session, &r)?)
        }
        Request::EditProject(r) => Response::EditProject(domain::edit_project(session, &r)?),
        Request::MoveSecrets(r) => Response::MoveSecrets(batch::move_secrets(session, &r)?),
        Request::GenerateValues(r) => {
            Response::GenerateValues(batch::generate_values(session, &r)?)
        }
        Request::Filter(r) => Response::Filter(find::filter(session, &r)?),
        Request::Recognise(r) => Response::Recognise(recognise::recognise(&r)?),
        Request::Kinds(_) => Response::Kinds(recognise::kinds()),
        Request::Attachments(r) => Response::Attachments(attachments::attachments(session, &r)?),
        Request::Attach(r) => Response::Attach(attachments::attach(session, &r)?),
        Request::SaveAttachment(r) => {
            Response::SaveAttachment(attachments::save_attachment(session, &r)?)
        }
        Request::RemoveAttachment(r) => {
            Response::RemoveAttachment(attachments::remove_attachment(session, &r)?)
        }
        Request::Credentials(r) => Response::Credentials(credentials::credentials(session, &r)?),
        Request::EditCredential(r) => {
            Response::EditCredential(credentials::edit_credential(session, &r)?)
        }
        Request::RotateCredential(r) => {
            Response::RotateCredential(credentials::rotate_credential(session, r)?)
        }
        Request::RestoreCredential(r) => {
            Response::RestoreCredential(credentials::restore_credential(session, &r)?)
        }
        Request::Operations(r) => Response::Operations(domain::operations(session, &r)?),
        Request::Compact(r) => Response::Compact(domain::compact(session, &r)?),
        Request::History(r) => Response::History(history::history(session, &r)?),
        Request::Undo(r) => Response::Undo(domain::undo(session, &r)?),
        Request::Redo(_) => Response::Redo(domain::redo(session)?),
        Request::Search(r) => Response::Search(find::search(session, &r)?),
        Request::FindValue(r) => Response::FindValue(find::find_value(session, &r)?),
        Request::Audit(r) => Response::Audit(audit::audit(session, &r)?),
        Request::Spaces(_) => Response::Spaces(team::spaces(session)?),
        Request::CreateSpace(r) => Response::CreateSpace(team::create_space(session, &r)?),
        Request::EnterSpace(r) => Response::EnterSpace(team::enter_space(session, &r)?),
        Request::Members(_) => Response::Members(team::members(session)?),
        Request::Invite(r) => Response::Invite(team::invite(session, &r)?),
        Request::SaveInvite(r) => Response::SaveInvite(team::save_invite(session, &r)?),
        Request::ReadInvite(r) => Response::ReadInvite(team::read_invite(session, &r)?),
        Request::AcceptInvite(r) => Response::AcceptInvite(team::accept_invite(session, &r)?),
        Request::Grant(r) => Response::Grant(team::grant(session, &r)?),
        Request::TakeBack(r) => Response::TakeBack(team::take_back(session, &r)?),
        Request::PlanRemoval(r) => Response::PlanRemoval(team::plan_removal(session, &r)?),
        Request::RemoveMember(r) => Response::RemoveMember(team::remove_member(session, &r)?),
        Request::RevokeDevice(r) => Response::RevokeDevice(team::revoke_device(session, &r)?),
        Request::Devices(_) => Response::Devices(devices::devices(session)?),
        Request::RequestEnrolment(_) => {
            Response::RequestEnrolment(devices::request_enrolment(session)?)
        }
        Request::ReadEnrolment(r) => Response::ReadEnrolment(devices::read_enrolment(session, &r)?),
        Request::EnrolDevice(r) => Response::EnrolDevice(devices::enrol_device(session, &r)?),
        Request::ReadWelcome(r) => Response::ReadWelcome(devices::read_welcome(session, &r)?),
        Request::AcceptWelcome(r) => Response::AcceptWelcome(devices::accept_welcome(session, &r)?),
        Request::RevokeOwnDevice(r) => {
            Response::RevokeOwnDevice(devices::revoke_own_device(session, &r)?)
        }
        Request::SetRemote(r) => Response::SetRemote(team::set_remote(session, &r)?),
        Request::ForgetRemote(_) => Response::ForgetRemote(team::forget_remote(session)?),
        Request::Releases(_) => Response::Releases(team::releases(session)?),
        Request::SetRelease(r) => Response::SetRelease(team::set_release(session, &r)?),
        Request::Explain(r) => Response::Explain(team::explain(session, &r)?),
        Request::Conflicts(_) => Response::Conflicts(team::conflicts(session)?),
        Request::Settle(r) => Response::Settle(team::settle(session, &r)?),
        // It waits for a storage, so it is done before anybody holds the session.
        Request::Sync(_) => {
            return Err(ApiError::new(
                Code::Internal,
                "A sync was asked for while the vault was held.",
                "Report this, with the steps that led here.",
            ));
        }
        Request::VerifyAudit(_) => Response::VerifyAudit(audit::verify_audit(session)?),
    })
}
