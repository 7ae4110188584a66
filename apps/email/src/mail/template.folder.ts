import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface TemplateSource {
  file: string;
  content: string;
}

/** The files of a template folder: `partials/<name>.hbs` and `<locale>/<name>.{html,txt}.hbs`. */
export interface TemplateFolder {
  partials: Map<string, TemplateSource>;
  /** By `<locale>/<name>.<html|txt>`. */
  templates: Map<string, TemplateSource>;
}

const SUFFIX = '.hbs';

/** Reads a folder; a later folder's files go before those of an earlier one. */
export function readTemplateFolders(folders: readonly string[]): TemplateFolder {
  const merged: TemplateFolder = { partials: new Map(), templates: new Map() };
  for (const folder of folders) {
    for (const group of readdirSync(folder, { withFileTypes: true })) {
      if (!group.isDirectory()) continue;
      for (const entry of readdirSync(join(folder, group.name))) {
        if (!entry.endsWith(SUFFIX)) continue;
        const file = join(folder, group.name, entry);
        const name = entry.slice(0, -SUFFIX.length);
        const source = { file, content: readFileSync(file, 'utf8') };
        if (group.name === 'partials') merged.partials.set(name, source);
        else merged.templates.set(`${group.name.toLowerCase()}/${name}`, source);
      }
    }
  }
  return merged;
}
