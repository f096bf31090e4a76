import type { EditEnvironmentRequest } from '$lib/bindings';

/** One thing that is to be otherwise about an environment. */
export type EnvironmentEdit = Partial<Omit<EditEnvironmentRequest, 'project' | 'environment'>>;

export function environmentEdit(
  project: string,
  environment: string,
  edit: EnvironmentEdit,
): EditEnvironmentRequest {
  return {
    project,
    environment,
    rename: null,
    protect: null,
    inherit: null,
    position: null,
    remove: false,
    ...edit,
  };
}

/** What the toast says of it. */
export function editWords(environment: string, edit: EnvironmentEdit): string {
  if (edit.rename) return `${environment} is ${edit.rename} now`;
  if (edit.protect) return `${environment} is protected: it asks before a value leaves`;
  if (edit.protect === false) return `${environment} is no longer protected`;
  if (edit.inherit) return `Where ${environment} has no value, it has that of ${edit.inherit}`;
  if (edit.inherit === '') return `${environment} has its own values only`;
  return edit.remove ? `Removed ${environment}` : `Moved ${environment}`;
}
