/**
 * An array parameter of values without a character that Postgres would want quoted: to look for one takes longer than all
 * the rest. For ids, times, numbers and our own words; never for a text from outside.
 */
export const plainArray = (plain: readonly (string | number | boolean | undefined)[]): string => `{${plain.map((value) => value ?? 'NULL').join(',')}}`;
