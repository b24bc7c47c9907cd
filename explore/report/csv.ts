/**
 * A sweep as comma-separated values (RFC 4180, lines end in a line feed): all columns, full precision. Must not know how
 * points were measured.
 */
import { valuesOf } from '../quantities.ts';
import type { SweepResult } from '../sweep.ts';
import { columnsOf } from './columns.ts';

export function csvOf({ sweep, points }: SweepResult): string {
  const columns = columnsOf(sweep);
  const rows = points.map((result) => {
    const values = valuesOf(result);
    const [front, error] = 'error' in result ? ['', result.error] : [result.isOnFront ? '1' : '0', ''];
    return [result.point.name, ...columns.map(({ name }) => (values[name] === undefined || values[name] === null ? '' : String(values[name]))), front, error];
  });
  return [['name', ...columns.map((c) => c.name), 'onFront', 'error'], ...rows].map((row) => `${row.map(quoted).join(',')}\n`).join('');
}

/** A field that holds a comma, a quote or a line break stands in quotes, its own quotes doubled. */
export function quoted(field: string): string {
  return /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}
