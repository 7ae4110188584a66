import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { siteColours } from './mail/site.colours.js';
import { TemplateBook } from './mail/template.book.js';
import { type TemplateName } from './mail/template.models.js';
import { SAMPLE_COMMON, TEMPLATE_SAMPLES } from './mail/template.samples.js';

// For whoever writes templates: every mail in every language as a page to look at.
// preview.js <output folder> [<own templates folder>] [<accent colour>]
const [output = 'mail-preview', templates, accent = '#1f6f54'] = process.argv.slice(2);
const set = new TemplateBook({ preview: { templates } }).of('preview');
mkdirSync(output, { recursive: true });

for (const name of Object.keys(TEMPLATE_SAMPLES) as TemplateName[]) {
  for (const locale of set.languagesOf(name)) {
    for (const kind of ['full', 'bare'] as const) {
      const common = { ...SAMPLE_COMMON[kind], locale };
      const site = { ...common.site, logoUrl: null, ...siteColours(accent) };
      const { html, text, subject } = set.render(name, { ...common, site }, TEMPLATE_SAMPLES[name][kind]);
      const file = join(output, `${name}.${locale}.${kind}`);
      writeFileSync(`${file}.html`, html);
      writeFileSync(`${file}.txt`, `Subject: ${subject}\n\n${text}`);
    }
  }
}
process.stdout.write(`Open the pages in ${output}\n`);
