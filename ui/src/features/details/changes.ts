import type { EditSecretsRequest, SecretView } from '$lib/bindings';
import { dayOf, endOfDay } from '../workbench/expiry';

/** What a secret says of itself, as it stands in the fields of a form. */
export interface Draft {
  name: string;
  kind: string;
  owner: string;
  tags: string[];
  /** `2027-03-31`, or empty for never. */
  expires: string;
  lead: number;
  notes: string;
}

export function draftOf(view: SecretView): Draft {
  return {
    name: view.name,
    kind: view.kind.kind,
    owner: view.owner,
    tags: [...view.tags],
    expires: view.expires_at === null ? '' : dayOf(view.expires_at),
    lead: view.lead_days,
    notes: view.notes,
  };
}

/** An edit of these secrets that changes nothing yet. */
export function noEdit(project: string, names: string[]): EditSecretsRequest {
  return {
    project,
    names,
    rename: null,
    kind: null,
    notes: null,
    owner: null,
    add_tags: [],
    remove_tags: [],
    expires: null,
    lead_days: null,
  };
}

function changesNothing(edit: EditSecretsRequest): boolean {
  const { rename, kind, notes, owner, expires, lead_days } = edit;
  return (
    edit.add_tags.length + edit.remove_tags.length === 0 &&
    [rename, kind, notes, owner, expires, lead_days].every((each) => each === null)
  );
}

/** The edit that makes of a secret what the form says: only what differs. `null` where nothing does. */
export function editOf(project: string, view: SecretView, draft: Draft): EditSecretsRequest | null {
  const before = draftOf(view);
  const differs = <T>(from: T, to: T): T | null => (from === to ? null : to);
  const at = endOfDay(draft.expires);
  const edit: EditSecretsRequest = {
    ...noEdit(project, [view.name]),
    rename: differs(before.name, draft.name.trim()),
    kind: differs(before.kind, draft.kind),
    notes: differs(before.notes, draft.notes),
    owner: differs(before.owner, draft.owner.trim()),
    add_tags: draft.tags.filter((tag) => !before.tags.includes(tag)),
    remove_tags: before.tags.filter((tag) => !draft.tags.includes(tag)),
    expires: before.expires === draft.expires ? null : at === null ? 'never' : { at },
    lead_days: at === null ? null : differs(before.lead, draft.lead),
  };
  return changesNothing(edit) ? null : edit;
}
