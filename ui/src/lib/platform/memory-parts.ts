import type { AttachmentView, CredentialView } from '../bindings';
import type { Handlers } from './memory-data';
import { refuse } from './memory-import';

type Names =
  | 'compact'
  | 'history'
  | 'attachments'
  | 'attach'
  | 'save_attachment'
  | 'remove_attachment'
  | 'credentials'
  | 'edit_credential'
  | 'rotate_credential'
  | 'restore_credential';

/** Files kept beside values, secrets that belong together, what one was before: enough to be listed. */
export function partHandlers(): Pick<Handlers, Names> {
  const files = new Map<string, AttachmentView[]>();
  const credentials = new Map<string, CredentialView[]>();
  const keyOf = (place: { project: string; environment: string; name: string }) =>
    [place.project, place.environment, place.name].join('\n');
  const filesOf = (key: string) => ({ attachments: files.get(key) ?? [] });
  return {
    compact: () => refuse('not_allowed', 'There is no store here.'),
    history: () => ({ rows: [] }),
    attachments: (place) => filesOf(keyOf(place)),
    attach: ({ path, ...place }) => {
      const key = keyOf(place);
      const name = path.split('/').at(-1) ?? path;
      const file = { name, size: 1_024, created_at: Date.now(), exposures: 0 };
      files.set(key, [...filesOf(key).attachments, file]);
      return filesOf(key);
    },
    save_attachment: () => refuse('not_allowed', 'There is no disk here.'),
    remove_attachment: ({ attachment, ...place }) => {
      const key = keyOf(place);
      files.set(
        key,
        filesOf(key).attachments.filter((each) => each.name !== attachment),
      );
      return filesOf(key);
    },
    credentials: ({ project }) => ({ credentials: credentials.get(project) ?? [] }),
    edit_credential: ({ project, name, parts, rename, remove }) => {
      const others = (credentials.get(project) ?? []).filter((each) => each.name !== name);
      const before = credentials.get(project)?.find((each) => each.name === name);
      const next = { name: rename ?? name, parts: parts ?? before?.parts ?? [] };
      credentials.set(project, remove ? others : [...others, next]);
      return { credentials: credentials.get(project) ?? [] };
    },
    rotate_credential: () => refuse('not_allowed', 'There is no provider here.'),
    restore_credential: () => refuse('not_allowed', 'There is no provider here.'),
  };
}
