import { fileURLToPath } from 'node:url';
import { readTemplateFolders } from './template.folder.js';
import { TemplateSet } from './template.set.js';

const SUPPLIED = fileURLToPath(new URL('../templates', import.meta.url));

/** Every site's templates: the supplied ones, over which a site may lay a folder of its own. */
export class TemplateBook {
  private readonly supplied = new TemplateSet(readTemplateFolders([SUPPLIED]), { triedOut: true });
  private readonly own = new Map<string, TemplateSet>();

  constructor(sites: Readonly<Record<string, { templates?: string | undefined }>>) {
    for (const [site, { templates }] of Object.entries(sites)) {
      if (templates !== undefined) this.own.set(site, new TemplateSet(readTemplateFolders([SUPPLIED, templates])));
    }
  }

  of(site: string): TemplateSet {
    return this.own.get(site) ?? this.supplied;
  }
}
