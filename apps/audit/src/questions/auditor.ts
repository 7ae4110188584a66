import type { PipeTransform } from '@nestjs/common';
import { type ApiKey, type Grant, Problem } from '@posthorn/http';

/** Sees personal values; others see that there was one, but not what it said. */
export const SEES_PERSONAL_DATA = 'audit:personal-data';

/** Takes the log away as a whole: bundles and exports. */
export const EXPORTS = 'audit:export';

/** What the configuration lets an auditor do, and at which sites; without sites, everywhere. */
export interface Rights {
  sites?: readonly string[];
  personalData: boolean;
  export: boolean;
}

export function grantOf({ sites, personalData, export: exports }: Rights): Grant {
  return { sites, scopes: [...(personalData ? [SEES_PERSONAL_DATA] : []), ...(exports ? [EXPORTS] : [])] };
}

/**
 * Who asks, and what they may see. Whatever reads the log for somebody takes an Auditor, so that no question can forget
 * to ask for the sites.
 */
export class Auditor {
  readonly id: string;
  /** Whose entries they see. Undefined: every site's, and those of none. */
  readonly sites: readonly string[] | undefined;
  private readonly grants: readonly Grant[];

  constructor({ id, grants = [] }: ApiKey) {
    this.id = id;
    this.grants = grants;
    this.sites = grants.some(({ sites }) => sites === undefined) ? undefined : [...new Set(grants.flatMap(({ sites = [] }) => sites))];
  }

  /** The sites that an answer is taken from: the one asked about, or all they see. Throws a Problem (403) for another's. */
  sitesFor(asked: string | undefined): readonly string[] | undefined {
    if (asked === undefined) return this.sites;
    if (this.sites !== undefined && !this.sites.includes(asked)) throw siteNotGranted();
    return [asked];
  }

  /** What has no site counts as everybody's. */
  seesPersonalDataOf(site: string | undefined): boolean {
    return this.may(SEES_PERSONAL_DATA, site);
  }

  /** Of some site at least. */
  get seesPersonalData(): boolean {
    return this.grants.some(({ scopes }) => scopes.includes(SEES_PERSONAL_DATA));
  }

  /** Throws a Problem (403) unless they see this site, and its personal values. */
  mustSeePersonalDataOf(site: string): void {
    this.sitesFor(site);
    if (!this.seesPersonalDataOf(site)) throw personalDataNotGranted();
  }

  /** Throws a Problem (403) unless they may take away what a site has; without a site, all there is. */
  mustExport(site?: string): void {
    this.sitesFor(site);
    if (!this.may(EXPORTS, site)) throw exportNotGranted();
  }

  private may(scope: string, site: string | undefined): boolean {
    return this.grants.some(({ sites, scopes }) => scopes.includes(scope) && (sites === undefined || (site !== undefined && sites.includes(site))));
  }
}

/** For handlers: `@Caller(AsAuditor) auditor: Auditor`. */
export const AsAuditor: PipeTransform<ApiKey, Auditor> = { transform: (caller) => new Auditor(caller) };

const siteNotGranted = (): Problem =>
  new Problem({ status: 403, code: 'site-not-granted', title: 'This site is not yours to look at', detail: 'Ask about one of your own sites, or leave the site out: then all of yours are meant.' });

const personalDataNotGranted = (): Problem =>
  new Problem({ status: 403, code: 'personal-data-not-granted', title: 'The personal data of this site are not yours to see' });

const exportNotGranted = (): Problem =>
  new Problem({ status: 403, code: 'export-not-granted', title: 'This is not yours to take away', detail: 'It takes the right to export; for the whole log, that of every site.' });
