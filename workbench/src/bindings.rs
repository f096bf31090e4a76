//! The TypeScript face of the command surface, generated from the types.

use crate::api;
use std::fmt::Write as _;
use ts_rs::{Config, TS};

macro_rules! declarations {
    ($config:ident, $($name:ident),* $(,)?) => {
        vec![$(<api::$name as TS>::decl($config)),*]
    };
}

/// The whole module, as `ui/src/lib/bindings/index.ts` holds it.
pub fn typescript() -> String {
    let config = &Config::default();
    let mut types = declarations![
        config,
        CompactRequest,
        CompactedView,
        EditEnvironmentRequest,
        EditProjectRequest,
        EditSecretsRequest,
        EditedView,
        ExpiryChoice,
        FillRequest,
        FilterRequest,
        FilterView,
        FindValueRequest,
        FindValueView,
        GenerateValuesRequest,
        HistoryFieldView,
        HistoryPartView,
        HistoryRequest,
        HistoryRowView,
        HistoryValueView,
        HistoryView,
        PartChange,
        HitView,
        KindsRequest,
        KindsView,
        MoveSecretsRequest,
        OneTimeCodeRequest,
        OneTimeCodeView,
        PlaceView,
        PublicHalfRequest,
        PublicHalfView,
        RecogniseRequest,
        RecognisedFileView,
        RecognisedView,
        OperationView,
        OperationsRequest,
        OperationsView,
        RedoRequest,
        RemoveSecretsRequest,
        SearchRequest,
        SearchView,
        UndoRequest,
        UndoneView,
        ValueHitView,
        AddKeyringRequest,
        ApiError,
        CardRequest,
        CardView,
        ContactView,
        ContactsRequest,
        ContactsView,
        CopyRecipient,
        CopySource,
        ForgetContactRequest,
        PinCardRequest,
        SafetyNumberRequest,
        SafetyNumberView,
        VerifyContactRequest,
        OpenCopyRequest,
        OpenedCopyView,
        ReadCardRequest,
        RenameCardRequest,
        SaveCardRequest,
        SendCopyRequest,
        SentCopyView,
        AttachRequest,
        AttachmentView,
        AttachmentsRequest,
        AttachmentsView,
        CredentialView,
        CredentialsRequest,
        CredentialsView,
        EditCredentialRequest,
        NewPartValue,
        PartView,
        RemoveAttachmentRequest,
        RestoreCredentialRequest,
        RotateCredentialRequest,
        RotatedCredentialView,
        SaveAttachmentRequest,
        SavedAttachmentView,
        AuditRequest,
        AuditView,
        BackupChoices,
        BackupRequest,
        BackupView,
        CellView,
        ChangePassphraseRequest,
        ChangeSettingsRequest,
        Choices,
        Code,
        ConfirmRecoveryKitRequest,
        CopiedView,
        CopyRequest,
        CostsView,
        CreateEnvironmentRequest,
        CreateProjectRequest,
        CreateVaultRequest,
        CreatedView,
        Dialect,
        DriftChange,
        DriftRowView,
        DriftView,
        EnvironmentView,
        EventView,
        ExportFileRequest,
        ExportRequest,
        ExportView,
        ExportedFileView,
        ExposureView,
        GitState,
        GitView,
        IgnoreInGitRequest,
        ImportEntryState,
        ImportEntryView,
        ImportPreviewView,
        ImportRequest,
        ImportSource,
        ImportedView,
        InjectRequest,
        InjectView,
        InspectRequest,
        KdfRequest,
        KdfView,
        KeyFileChoice,
        KindView,
        LinkPreviewView,
        LinkRequest,
        LinkState,
        LinkView,
        LinkWriteView,
        LinksRequest,
        LinksView,
        LockReason,
        LockRequest,
        LockView,
        LogCoverageView,
        MatrixRequest,
        MatrixRowView,
        MatrixView,
        NewRecoveryKitRequest,
        NewValue,
        Notice,
        OpenSampleRequest,
        OpenVaultRequest,
        Present,
        PresetView,
        PreviewImportRequest,
        PreviewLinkRequest,
        ProcessView,
        ProjectView,
        ProjectsRequest,
        ProjectsView,
        ReadRequest,
        ReadView,
        RecoverRequest,
        RecoveryKitView,
        RemoveSlotRequest,
        RestoreBackupRequest,
        RestoreRequest,
        RevealRequest,
        RevealedView,
        RotateRequest,
        SecretView,
        SessionState,
        SetSecretRequest,
        SettingsRequest,
        SettingsView,
        SlotKind,
        SlotView,
        SlotsRequest,
        SlotsView,
        Stage,
        StatusRequest,
        StatusView,
        RollbackView,
        AcceptRollbackRequest,
        StrengthRequest,
        StrengthView,
        TakeDriftRequest,
        TouchRequest,
        UnlinkRequest,
        UnlockRequest,
        UnlockWaysView,
        UnlockWithKeyringRequest,
        ValueShape,
        VaultView,
        VerifyAuditRequest,
        VerifyAuditView,
        VariableView,
        VersionSelector,
        VersionView,
        WriteLinkRequest,
        WrittenView,
    ];
    types.sort();
    let mut out = String::from(
        "// Generated from the workbench crate by `cargo xtask bindings`. Do not edit.\n",
    );
    for declaration in types {
        write!(out, "\nexport {}\n", declaration.trim()).expect("writing to a string");
    }
    out.push_str("\n/** Every command: what it takes and what it answers. */\n");
    out.push_str("export interface Commands {\n");
    for (name, request, view) in api::command_types(config) {
        writeln!(out, "  {name}: {{ request: {request}; view: {view} }};")
            .expect("writing to a string");
    }
    out.push_str("}\n");
    out
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    /// Drift check; with `KEYSTEAD_WRITE_BINDINGS` set it writes the file instead.
    #[test]
    fn bindings_are_those_of_this_source() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/src/lib/bindings/index.ts");
        let generated = super::typescript();
        if std::env::var_os("KEYSTEAD_WRITE_BINDINGS").is_some() {
            fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            fs::write(&path, &generated).expect("written");
        }
        let there = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            there == generated,
            "the bindings are out of date: run `cargo xtask bindings`"
        );
    }
}
