export type ListColumn = 'kind' | 'tags' | 'owner' | 'expires';

interface Column {
  id: ListColumn;
  title: string;
  width: string;
}

const COLUMNS: Column[] = [
  { id: 'kind', title: 'Kind', width: 'minmax(132px, 0.9fr)' },
  { id: 'tags', title: 'Tags', width: 'minmax(112px, 1fr)' },
  { id: 'owner', title: 'Owner', width: 'minmax(72px, 0.5fr)' },
  { id: 'expires', title: 'Expires', width: 'minmax(136px, 0.8fr)' },
];

/** Below this the least needed columns give way. */
const ROOMY = 820;

/** The columns beside the value's in so many pixels. */
export function listColumns(room: number): Column[] {
  if (room >= ROOMY) return COLUMNS;
  return COLUMNS.filter(({ id }) => id === 'tags' || id === 'expires');
}
