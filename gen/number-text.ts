/**
 * How numbers are written for people: in every table, report and page of Systole the same way. Must not know what is counted.
 */

/** `share`: 0 to 1, as per cent; `ratio`: of two numbers of one size, such as instructions per cycle; `frequency`: Hz, as MHz. */
export type Look = 'count' | 'bytes' | 'share' | 'decimal' | 'ratio' | 'frequency' | 'seconds';

export const ABSENT = '–';

/** A number for people; without one, a dash. */
export function numberText(value: number | null | undefined, look: Look): string {
  if (value === null || value === undefined) return ABSENT;
  switch (look) {
    case 'count':
      return grouped(value);
    case 'bytes':
      return value >= 1024 && value % 1024 === 0 ? `${grouped(value / 1024)} KiB` : `${grouped(value)} B`;
    case 'share':
      return `${(100 * value).toFixed(2)} %`;
    case 'frequency':
      return `${decimal(value / 1e6)} MHz`;
    case 'seconds':
      return `${decimal(value)} s`;
    case 'ratio':
      return value.toFixed(3);
    case 'decimal':
      return decimal(value);
  }
}

/** Four digits that count, of large numbers all before the point. */
function decimal(value: number): string {
  return Math.abs(value) >= 1000 ? grouped(Math.round(value)) : String(Number(value.toPrecision(4)));
}

/** `12,345.5`: digits in groups of three. */
function grouped(value: number): string {
  const [whole, fraction] = String(value).split('.');
  return /^-?\d+$/.test(whole) ? `${whole.replace(/\B(?=(\d{3})+$)/g, ',')}${fraction === undefined ? '' : `.${fraction}`}` : String(value);
}
