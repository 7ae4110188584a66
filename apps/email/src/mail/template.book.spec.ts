import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { TemplateBook } from './template.book.js';
import { type TemplateError } from './template.error.js';
import { type TemplateName } from './template.models.js';
import { SAMPLE_COMMON, TEMPLATE_SAMPLES } from './template.samples.js';

const NAMES = Object.keys(TEMPLATE_SAMPLES) as TemplateName[];

/** A site's own template folder with these files. */
function folderOf(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'posthorn-templates-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

function mistakesOf(files: Record<string, string>): string {
  try {
    new TemplateBook({ acme: { templates: folderOf(files) } });
  } catch (error) {
    return (error as TemplateError).message;
  }
  throw new Error('The templates were taken');
}

const common = { ...SAMPLE_COMMON.bare, locale: 'en' };

describe('the supplied templates', () => {
  const templates = new TemplateBook({}).of('acme');

  it.each(NAMES)('%s is there in English and German, with subject, text and HTML', (name) => {
    expect([...templates.languagesOf(name)].sort()).toEqual(['de', 'en']);
    for (const locale of ['en', 'de']) {
      for (const kind of ['full', 'bare'] as const) {
        const mail = templates.render(name, { ...SAMPLE_COMMON[kind], locale }, TEMPLATE_SAMPLES[name][kind]);
        expect(mail.subject.length).toBeGreaterThan(5);
        expect(mail.text).not.toMatch(/\{\{|undefined|null|\[object|\n{3,}/);
        expect(mail.html).not.toMatch(/\{\{|undefined|null|\[object/);
        expect(mail.html).toContain(`<html lang="${locale}"`);
        // Some programs cut mails at 102 kB.
        expect(mail.html.length).toBeLessThan(50_000);
      }
    }
  });

  it('pass what a site’s own templates have to pass at the start; they themselves are not tried out again there', () => {
    expect(() => new TemplateBook({ acme: { templates: folderOf({}) } })).not.toThrow();
  });

  it('say the same in both languages: the same values stand in text and HTML', () => {
    for (const name of NAMES) {
      const values = Object.values(TEMPLATE_SAMPLES[name].full).filter((value) => typeof value === 'string' && !value.startsWith('mailto:'));
      for (const locale of ['en', 'de']) {
        const { text, html } = templates.render(name, { ...SAMPLE_COMMON.full, locale }, TEMPLATE_SAMPLES[name].full);
        for (const value of values) {
          expect(text, `${locale}/${name}`).toContain(value);
          expect(html, `${locale}/${name}`).toContain(String(value).replaceAll('&', '&amp;'));
        }
      }
    }
  });

  it('escape what visitors wrote', () => {
    const model = { ...TEMPLATE_SAMPLES['lead-notice'].full, person: '<img src=x onerror=alert(1)>', messageLines: ['"><script>'] };
    const { html, subject } = templates.render('lead-notice', common, model);
    expect(html).not.toMatch(/<img src=x|<script>/);
    expect(subject).toBe('New enquiry from <img src=x onerror=alert(1)>');
  });

  it('keep a subject on one line', () => {
    const { subject } = templates.render('order-receipt', common, { ...TEMPLATE_SAMPLES['order-receipt'].full, orderId: '1\r\nBcc: x@y.example' });
    expect(subject).toBe('Your receipt for order 1 Bcc: x@y.example');
  });

  it('look as they did (one whole text as a sample)', () => {
    expect(templates.render('appointment-rescheduled', { ...SAMPLE_COMMON.full, locale: 'en' }, TEMPLATE_SAMPLES['appointment-rescheduled'].full)).toMatchObject({
      subject: 'New time: Wednesday, 25 March 2026',
      text: [
        'Hello Jane Roe,', '', 'Your appointment has been moved. This is the new time:', '',
        'Consultation in the garden', 'Wednesday, 25 March 2026, 10:00–11:00 (Central European Time)', '12 Garden Lane, Bath', '',
        'Before: Tuesday, 24 March 2026, 09:00–10:00', '',
        'The ground is still frozen.', '', 'Please bring the plan of the plot.', 'Parking is behind the house.', '',
        'The attached invitation updates the entry in your calendar. If the new time does not suit you, just reply to this mail.', '',
        '--', 'Acme Gardens', 'https://acme.example', 'Acme Gardens Ltd, 12 Garden Lane, Bath BA1 1AA', 'Registered in England, no. 01234567', '',
      ].join('\n'),
    });
  });
});

describe('a site’s own templates', () => {
  const txt = 'Subject: Merci, {{#if greeting}}{{greeting}}{{/if}}\n\nBonjour de {{site.name}}\n';
  const html = '{{#> layout}}{{#*inline "preheader"}}{{/inline}}{{#*inline "content"}}Bonjour{{/inline}}{{#*inline "why"}}{{/inline}}{{/layout}}';

  it('replace the supplied ones, add languages, and leave other sites alone', () => {
    const templates = folderOf({
      'fr/lead-confirmation.txt.hbs': txt,
      'fr/lead-confirmation.html.hbs': html,
      'en/lead-confirmation.txt.hbs': 'Subject: Ahoy\n\nAhoy.\n',
      'partials/brand.hbs': '<b>{{site.name}}, our own head</b>',
    });
    const book = new TemplateBook({ acme: { templates }, other: {} });
    expect(book.of('acme').languagesOf('lead-confirmation')).toEqual(new Set(['en', 'de', 'fr']));
    const render = (site: string, locale: string) => book.of(site).render('lead-confirmation', { ...common, locale }, { greeting: 'Jane' });
    expect(render('acme', 'fr')).toMatchObject({ subject: 'Merci, Jane', text: 'Bonjour de Acme\n' });
    expect(render('acme', 'en').subject).toBe('Ahoy');
    expect(render('acme', 'de').html).toContain('our own head');
    expect(render('other', 'en').subject).toBe('We have received your message');
  });

  it('may use one part in HTML and in text: what a visitor wrote is escaped in the one and left alone in the other', () => {
    const templates = folderOf({
      'partials/hello.hbs': 'Hello {{greeting}}',
      'en/lead-confirmation.txt.hbs': 'Subject: Hi\n\n{{> hello}}\n',
      'en/lead-confirmation.html.hbs': html.replace('Bonjour', '{{> hello}}'),
    });
    const mail = new TemplateBook({ acme: { templates } }).of('acme').render('lead-confirmation', common, { greeting: '<b>' });
    expect(mail.html).toContain('Hello &lt;b&gt;');
    expect(mail.text).toBe('Hello <b>\n');
  });

  it.each([
    ['a misspelt variable', { 'en/lead-confirmation.txt.hbs': 'Subject: Hi\n\n{{greting}}' }, /lead-confirmation.*greting/],
    ['a misspelt condition, which would just never be true', { 'en/lead-confirmation.txt.hbs': 'Subject: Hi\n\n{{#if greting}}x{{/if}}' }, /"greting" is not known here; known are .*greeting/],
    ['a misspelt name inside another', { 'en/lead-confirmation.txt.hbs': 'Subject: Hi\n\n{{#if site.nam}}x{{/if}}' }, /site\.nam/],
    ['unescaped output', { 'en/lead-confirmation.html.hbs': '\n<p>{{{greeting}}}</p>' }, /line 2 puts a value out unescaped/],
    ['unescaped output in its other spelling', { 'partials/brand.hbs': '{{&site.name}}' }, /unescaped/],
    ['a text without a subject', { 'en/lead-confirmation.txt.hbs': 'Hello' }, /must begin with a line "Subject: …"/],
    ['half a template', { 'fr/lead-confirmation.txt.hbs': txt }, /needs its other half lead-confirmation\.html\.hbs/],
    ['a template nobody sends', { 'en/lead-confirmaton.txt.hbs': txt }, /is no template; there are lead-confirmation/],
    ['a template that cannot be read', { 'en/lead-confirmation.html.hbs': '{{#if' }, /Parse error/],
  ])('stop the start with %s', (_what, files, message) => {
    expect(mistakesOf(files as Record<string, string>)).toMatch(message);
  });

  it('stop the start with all their mistakes at once', () => {
    const message = mistakesOf({ 'en/lead-confirmation.txt.hbs': 'Hello', 'de/lead-notice.html.hbs': '{{{person}}}' });
    expect(message.split('\n')).toHaveLength(3);
  });
});
