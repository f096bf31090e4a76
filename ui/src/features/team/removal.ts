import type { KnownValueView } from '$lib/bindings';

/** How many values of each environment, in the order in which they come. */
export function perPlace(values: KnownValueView[]): { place: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const { project, environment } of values) {
    const place = `${project} · ${environment}`;
    counts.set(place, (counts.get(place) ?? 0) + 1);
  }
  return [...counts].map(([place, count]) => ({ place, count }));
}

/** "churn-model dev, prod · rag-api dev". */
export function placesInWords(values: KnownValueView[]): string {
  const projects = new Map<string, Set<string>>();
  for (const { project, environment } of values)
    projects.set(project, (projects.get(project) ?? new Set()).add(environment));
  return [...projects]
    .map(([project, environments]) => `${project} ${[...environments].join(', ')}`)
    .join(' · ');
}
