/** Each of them once, in the order in which they came. */
export function unique<T>(items: Iterable<T>): T[] {
  return [...new Set(items)];
}
