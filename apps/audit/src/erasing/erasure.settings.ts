import type { AuditSection } from '../config.js';

/** What certificates say of things that only the operator knows. */
export const ERASURE_SETTINGS = Symbol('erasure settings');
export type ErasureSettings = AuditSection['erasure'] & Pick<AuditSection, 'streams'>;

/** Whom a site's personal values are streamed to. */
export function streamsOf({ streams }: ErasureSettings, site: string): string[] {
  return streams.filter(({ personalData, sites, kinds }) => personalData && sites?.includes(site) !== false && kinds?.includes('event') !== false).map(({ id }) => id);
}
