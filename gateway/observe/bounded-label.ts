/**
 * Bounds the values of a label that others choose: the first `most` distinct ones keep their name, later ones become `other`. Every value is a
 * time series that a monitoring system keeps, so an unbounded label is a way to exhaust it.
 */
export function makeBoundedLabel(most: number): (value: string) => string {
  const known = new Set<string>();
  return (value) => {
    if (known.has(value)) return value;
    if (known.size >= most) return 'other';
    known.add(value);
    return value;
  };
}
