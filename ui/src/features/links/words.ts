import type { LinkWriteView } from '$lib/bindings';

/** What is said where linked files were left alone after a change; empty if none was. */
export function leftAlone(links: LinkWriteView[]): string {
  const left = links.filter((link) => link.problem).length;
  return left > 0 ? `${left} linked files could not follow; see On disk.` : '';
}
