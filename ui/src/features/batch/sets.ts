/** A set with more in it; the one given stays as it is. */
export function grown(set: ReadonlySet<string>, more: string[]): ReadonlySet<string> {
  const next = new Set(set);
  for (const each of more) next.add(each);
  return next;
}

/** A set without one of its members; an empty one if none is given. */
export function without(set?: ReadonlySet<string>, gone?: string): ReadonlySet<string> {
  const next = new Set(set);
  if (gone !== undefined) next.delete(gone);
  return next;
}
